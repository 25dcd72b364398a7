// When a refusal of a message is past: what the room asked for then may not hold any more. Pure.
import type { Modes } from './feed/protocol.ts';

const MODES: Record<string, (modes: Modes) => boolean> = {
	msg_slowmode: (m) => m.slow_s > 0,
	msg_followersonly: (m) => m.followers_min !== null,
	msg_followersonly_zero: (m) => m.followers_min !== null,
	msg_followersonly_followed: (m) => m.followers_min !== null,
	msg_subsonly: (m) => m.subscribers_only,
	msg_emoteonly: (m) => m.emote_only,
	msg_r9k: (m) => m.unique
};

/** Whether following the channel is what was missing. */
export const asksToFollow = (id: string): boolean => id === 'msg_followersonly' || id === 'msg_followersonly_zero';

/** Whether what was refused by `id` would be refused still, as far as can be told. `silentUntil`: as the room's. */
export function stillHolds(id: string, modes: Modes | undefined, silentUntil: number | null): boolean {
	if (id === 'msg_timedout') return silentUntil !== null;
	const mode = MODES[id];
	return !mode || !modes || mode(modes);
}
