// Makes rows of events. Pure: who looks and the row's number are arguments.
import { bothReadings } from './colour.ts';
import { loginOf, timeOf, type MessageEvent, type ModEntry } from './protocol.ts';
import type { Badge, BadgeName, Entry, Message } from './rows.ts';
import { names, pieces } from './text.ts';

const BADGES = new Set<string>(['broadcaster', 'staff', 'moderator', 'vip', 'subscriber', 'partner', 'bot']);

/** `moderator,subscriber/12/1` as badges, in the order told; unknown ones are left out. */
export function badgesOf(text: string): Badge[] {
	return text.split(',').flatMap((part) => {
		const [name = '', months, tier] = part.split('/');
		return BADGES.has(name) ? [{ name: name as BadgeName, months: Number(months ?? 0), tier: Number(tier ?? 0) }] : [];
	});
}

/** The message of an event, as `me` (a login, or empty) sees it. */
export function messageFrom(event: MessageEvent, me: string): Message {
	const [, id, at, user, display, badges, colour, text, extra = {}] = event;
	const login = extra.l ?? display.toLowerCase();
	const reply = extra.r
		? { id: extra.r.id, login: extra.r.login, display: extra.r.display, text: extra.r.text, top: extra.r.top }
		: null;
	const mine = me !== '' && login === me;
	return {
		id,
		at,
		user,
		login,
		display,
		badges: badgesOf(badges),
		...bothReadings(colour),
		text,
		pieces: pieces(text, extra.e),
		action: extra.a === 1,
		first: extra.f === 1,
		suspicion: extra.s ?? null,
		reply,
		history: extra.h === 1,
		forMe: !mine && me !== '' && (reply?.login === me || names(text, me)),
		mine,
		deleted: false
	};
}

export const entryFrom = (entry: ModEntry): Entry => ({
	id: String(entry.id),
	at: timeOf(entry.at),
	by: loginOf(entry.by),
	action: entry.action,
	target: loginOf(entry.target),
	detail: entry.detail ?? '',
	seconds: entry.seconds ?? null
});
