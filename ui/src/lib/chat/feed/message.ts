// Makes rows of events. Pure: who looks and the row's number are arguments.
import type { HeldView, MessageView } from '../http.ts';
import { bothReadings } from './colour.ts';
import { loginOf, timeOf, type MessageEvent, type ModEntry, type WhisperEvent } from './protocol.ts';
import type { Badge, BadgeName, Entry, Held, Message, Unnumbered, Whisper } from './rows.ts';
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
		? {
				id: extra.r.id,
				user: extra.r.user,
				login: extra.r.login,
				display: extra.r.display,
				text: extra.r.text,
				top: extra.r.top
			}
		: null;
	const mine = me !== '' && login === me;
	const worn = badgesOf(badges);
	return {
		id,
		at,
		user,
		login,
		display,
		badges: worn,
		...bothReadings(colour),
		text,
		pieces: pieces(text, extra.e),
		action: extra.a === 1,
		// Nobody needs to be told who is new to their own channel.
		first: extra.f === 1 && !worn.some((badge) => badge.name === 'broadcaster'),
		suspicion: extra.s ?? null,
		reply,
		history: extra.h === 1,
		forMe: !mine && me !== '' && (reply?.login === me || names(text, me)),
		mine,
		deleted: false
	};
}

/** A whisper as `me` sees it: one's own is told by whom it is for. */
export function whisperFrom({ at, from, to, text, e }: WhisperEvent, me: string): Whisper {
	const sent = me !== '' && from.login === me;
	const { login, display } = sent ? to : from;
	return { at, login, display, text, pieces: pieces(text, e), sent };
}

/** What the platform tells, as a row: a shoutout by its parts, anything else by the sentence that came with it. */
export function eventRow(what: string, sentence: string, params: Record<string, string>, message: Message): Unnumbered {
	const { login } = params;
	if (what === 'shoutout' && login) return { kind: 'shoutout', by: message.display, login };
	return { kind: 'event', what, sentence, message: message.text ? message : null };
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

/** Ranges of code points, the last included, as ranges of UTF-16 units, the end excluded. */
export function unitsOf(text: string, ranges: readonly (readonly [number, number])[]): [number, number][] {
	const starts: number[] = [];
	let at = 0;
	for (const point of text) {
		starts.push(at);
		at += point.length;
	}
	starts.push(at);
	return ranges.map(([first, last]) => [starts[first] ?? at, starts[last + 1] ?? at]);
}

/** A message as HTTP tells it, as the socket would have told it to nobody in particular. */
export function messageFromView(view: MessageView): Message {
	const ranges = unitsOf(
		view.text,
		view.emotes.map(([, first, last]) => [first, last])
	);
	const e = view.emotes.map(([id], i): [string, number, number] => [id, ...(ranges[i] ?? [0, 0])]);
	const extra = { l: view.author.login, e, ...(view.action ? { a: 1 as const } : {}) };
	const { id, at, author, display, badges, color, text } = view;
	return messageFrom(['m', id, timeOf(at), author.id, display, badges.join(','), color, text, extra], '');
}

export const heldFromView = ({ message, category, level, spans }: HeldView): Held => ({
	message: messageFromView(message),
	category,
	level,
	spans: unitsOf(message.text, spans)
});
