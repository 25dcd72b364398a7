// What the worker hands to the page: rows that only need to be drawn, and what became of the room.
import type { HeldReason, Modes, Pinned, You } from './protocol.ts';

export type BadgeName = 'broadcaster' | 'staff' | 'moderator' | 'vip' | 'subscriber' | 'partner' | 'bot';

export interface Badge {
	name: BadgeName;
	/** Months of a subscription. */
	months: number;
	tier: number;
}

/** Part of a text: plain, or an emote, a link, somebody's name. */
export type Piece =
	| string
	| { k: 'emote'; id: string; code: string }
	| { k: 'link'; href: string; text: string }
	| { k: 'name'; login: string; text: string };

export interface Message {
	id: string;
	/** When, ms. */
	at: number;
	user: string;
	login: string;
	display: string;
	badges: readonly Badge[];
	/** The name's colour, readable on the dark and on the light theme. */
	dark: string;
	light: string;
	text: string;
	pieces: readonly Piece[];
	action: boolean;
	first: boolean;
	suspicion: 'monitored' | 'restricted' | null;
	/** What it answers; its text is empty once it is deleted. */
	reply: { id: string; user: string; login: string; display: string; text: string; top: string } | null;
	history: boolean;
	/** Mentions the viewer, or answers one of their messages. */
	forMe: boolean;
	mine: boolean;
	deleted: boolean;
}

/** What one person says to another alone, by the viewer or to them. */
export interface Whisper {
	at: number;
	/** The other one. */
	login: string;
	display: string;
	text: string;
	pieces: readonly Piece[];
	/** By the viewer. */
	sent: boolean;
}

/** A moderator's act, as the log tells it. */
export interface Entry {
	id: string;
	at: number;
	by: string;
	action: string;
	target: string;
	detail: string;
	seconds: number | null;
}

export type Row =
	| { kind: 'message'; key: number; message: Message }
	| { kind: 'announcement'; key: number; colour: string; message: Message }
	| { kind: 'event'; key: number; what: string; sentence: string; message: Message | null }
	| { kind: 'whisper'; key: number; whisper: Whisper }
	/** `by` recommends the channel of `login`. */
	| { kind: 'shoutout'; key: number; by: string; login: string }
	| { kind: 'words'; key: number; at: number; text: string }
	| { kind: 'gap'; key: number; at: number; count: number | null }
	| { kind: 'cleared'; key: number; at: number }
	| { kind: 'entry'; key: number; entry: Entry };

/** A row before it has its number. `Omit` would merge the kinds into one. */
export type Unnumbered = Row extends infer R ? (R extends Row ? Omit<R, 'key'> : never) : never;

export type Change =
	| { t: 'add'; row: Row }
	| { t: 'delete'; id: string }
	/** Everything that this user said. */
	| { t: 'clearUser'; user: string }
	| { t: 'clearAll' };

export interface Held extends HeldReason {
	message: Message;
}

export type HeldChange = { t: 'held'; held: Held } | { t: 'decided'; id: string; fate: string; by: string | null };

/** What became of something that the page asked for. */
export type Answer =
	| { ok: true; nonce: string; id: string | null }
	| { ok: false; nonce: string; id: string; text: string; retryMs: number | null };

/** How the connection stands. `waiting` tells when the next try begins (ms); after `failed` none begins by itself. */
export type Link =
	| { phase: 'connecting' }
	| { phase: 'open' }
	| { phase: 'waiting'; until: number; tries: number }
	| { phase: 'failed' };

export interface Update {
	changes: Change[];
	held: HeldChange[];
	entries: Entry[];
	answers: Answer[];
	/** Sentences for this viewer alone (NOTICE). */
	told: { id: string; text: string }[];
	link?: Link;
	channel?: { id: string; name: string; display: string };
	modes?: Modes;
	you?: You | null;
	pinned?: Pinned | null;
	/** Messages that the sampled view left out since the last update. */
	leftOut: number;
}

export const emptyUpdate = (): Update => ({
	changes: [],
	held: [],
	entries: [],
	answers: [],
	told: [],
	leftOut: 0
});

/** The message in a row, if it holds one. */
export const messageOf = (row: Row): Message | null => ('message' in row ? row.message : null);
