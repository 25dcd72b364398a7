// Why a message was refused, and when that is past: what the room asked for then may not hold any more. Pure.
import type { Modes } from './feed/protocol.ts';
import type { Answer } from './feed/rows.ts';

export type Refused = Extract<Answer, { ok: false }>;

const MODES: Record<string, (modes: Modes) => boolean> = {
	msg_slowmode: (m) => m.slow_s > 0,
	msg_followersonly: (m) => m.followers_min !== null,
	msg_followersonly_zero: (m) => m.followers_min !== null,
	msg_followersonly_followed: (m) => m.followers_min !== null,
	msg_subsonly: (m) => m.subscribers_only,
	msg_emoteonly: (m) => m.emote_only,
	msg_r9k: (m) => m.unique,
	msg_verified_email: (m) => m.verified_only,
	account_age: (m) => m.account_age_min > 0,
	links: (m) => m.block_links
};

/** A term that the moderators let the writer know. */
const TERM = /this channel blocks "(.+)"\.$/s;

export interface Reason {
	/** The server's name; where it has one for several reasons, ours for each. */
	id: string;
	/** What our words of it say with it. */
	values: Record<string, string>;
}

/** Where the server's name leaves it open, its words tell, and whether waiting helps: an account grows older by itself. */
export function reasonOf({ id, text, retryMs }: Refused): Reason {
	if (id === 'msg_verified_email' && retryMs) return { id: 'account_age', values: {} };
	if (id !== 'msg_rejected_mandatory') return { id, values: {} };
	const term = TERM.exec(text)?.[1];
	if (term) return { id: 'term', values: { term } };
	return { id: text.includes('links are not allowed') ? 'links' : id, values: {} };
}

/** Whether following the channel is what was missing. */
export const asksToFollow = (id: string): boolean => id === 'msg_followersonly' || id === 'msg_followersonly_zero';

/** Whether what was refused by `id` would be refused still, as far as can be told. `silentUntil`: as the room's. */
export function stillHolds(id: string, modes: Modes | undefined, silentUntil: number | null): boolean {
	if (id === 'msg_timedout') return silentUntil !== null;
	const mode = MODES[id];
	return !mode || !modes || mode(modes);
}
