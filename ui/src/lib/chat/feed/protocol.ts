// The native chat protocol (docs/api/chat.md) as types: what comes off the socket, before anything is made of it.

/** The room's modes. Times in the unit that the name says; `null` and 0 are off. */
export interface Modes {
	slow_s: number;
	followers_min: number | null;
	subscribers_only: boolean;
	emote_only: boolean;
	unique: boolean;
	delay_s: number;
	block_links: boolean;
	automod: number;
	verified_only: boolean;
	account_age_min: number;
	history: boolean;
	log: boolean;
	shield_on: boolean;
}

/** What keeps somebody from writing, as they are told themselves. */
export interface OwnBan {
	/** In the moderators' words; may be empty. */
	reason: string;
	/** When it began, ms. */
	at: number;
	/** When it ends, ms; null for a ban. */
	until: number | null;
}

/** Who this connection is in the room. */
export interface You {
	id: string;
	login: string;
	display: string;
	/** `#rrggbb`. */
	colour: string;
	/** As in a message: `moderator,subscriber/12/1`. */
	badges: string;
	moderates: boolean;
	/** A warning that must be acknowledged before writing again. */
	warning: string | null;
	/** Milliseconds of the timeout left, 0 for a ban, null when free to write. */
	timeout_ms: number | null;
	/** The ban or timeout itself; null when free to write. */
	ban: OwnBan | null;
}

export interface Person {
	id: string;
	login: string;
}

export interface Pinned {
	message: string;
	author: Person;
	text: string;
	by: Person;
	/** RFC 3339 or milliseconds; null until it is unpinned. */
	until: string | number | null;
}

export interface Hi {
	channel: { id: string; name: string; display: string };
	epoch: number | string;
	seq: number;
	settings: Modes;
	pinned: Pinned | null;
	you: You | null;
	resumed: boolean;
	budget: number;
	ping_s: number;
}

export interface MessageExtra {
	/** Login where it is not the display name in lower case. */
	l?: string;
	/** Said with `/me`. */
	a?: 1;
	/** Emotes: id and UTF-16 range, end exclusive. */
	e?: [string, number, number][];
	r?: { id: string; user: string; login: string; display: string; text: string; top: string };
	n?: string;
	f?: 1;
	s?: 'monitored' | 'restricted';
	h?: 1;
}

/** `["m", id, ms, user, display, badges, colour, text, extra?]` */
export type MessageEvent = ['m', string, number, string, string, string, string, string, MessageExtra?];

export interface ModEntry {
	id: string;
	at: string | number;
	by: Person | string;
	action: string;
	target: Person | string | null;
	detail: string;
	seconds: number | null;
}

export interface HeldReason {
	category: string;
	level: number;
	spans: [number, number][];
}

/** What somebody says to the viewer alone, or the viewer to somebody. */
export interface WhisperEvent {
	id: string;
	at: number;
	from: Person & { display: string; colour: string };
	to: Person & { display: string };
	text: string;
	/** Emotes, as in a message. */
	e?: [string, number, number][];
}

export interface Bye {
	after_ms: number;
	target: string | null;
}

export type ServerEvent =
	| ['hi', Hi]
	| ['you', You | null]
	| MessageEvent
	| ['d', string, string]
	| ['c']
	| ['c', string, string, number | null]
	| ['s', Modes, [string, string][]]
	| ['p', Pinned | null]
	| ['a', string, MessageEvent]
	| ['u', string, string, Record<string, string>, MessageEvent]
	| ['g', number]
	| ['v', number]
	| ['ok', string | null, string | null]
	| ['no', string | null, string, string, number | null]
	| ['n', string, string]
	| ['whisper', WhisperEvent]
	| ['w', string | null]
	| ['pong', string | null]
	| ['bye', Bye]
	| ['h', HeldReason, MessageEvent]
	| ['hd', string, 'allowed' | 'denied' | 'expired', string | null]
	| ['l', ModEntry]
	| ['at', number | string, number];

export type ClientMessage =
	| { t: 'say'; text: string; nonce: string; reply?: string }
	| { t: 'view'; full: boolean }
	| { t: 'ack' }
	| { t: 'ping'; nonce?: string };

/** A time that the server tells as RFC 3339 or as milliseconds, in milliseconds. */
export const timeOf = (at: string | number): number => (typeof at === 'number' ? at : Date.parse(at));

/** The login of somebody told as a person or as a login. */
export const loginOf = (who: Person | string | null | undefined): string =>
	typeof who === 'string' ? who : (who?.login ?? '');
