// Chat over HTTP: one function per address, for what moderators do by buttons and for lists. Refusals are Problems.
import { ask } from '#lib/api/client.ts';
import type { Modes, Person } from './feed/protocol.ts';

export interface Shield {
	slow_s: number;
	followers_min: number | null;
	subscribers_only: boolean;
	emote_only: boolean;
	verified_only: boolean;
	account_age_min: number;
	block_links: boolean;
	automod: number;
}
export type Settings = Modes & { shield: Shield };

export interface Emote {
	id: string;
	code: string;
	animated: boolean;
	images: Record<'28' | '56' | '112', string>;
}

export interface Ban {
	who: Person;
	/** Null is for good. */
	until: string | null;
	reason: string;
	by: Person;
	at: string;
}

export type TermKind = 'blocked' | 'blocked_regex' | 'permitted';
export interface Term {
	id: string;
	kind: TermKind;
	text: string;
	public: boolean;
	by: Person;
	at: string;
}

export interface LogEntry {
	id: string;
	at: string;
	by: Person;
	action: string;
	target: Person | null;
	detail: string;
	seconds: number | null;
}

/** A message as HTTP tells it: positions are code points, the last included. */
export interface MessageView {
	id: string;
	author: Person;
	display: string;
	/** `#rrggbb`. */
	colour: string;
	badges: string[];
	text: string;
	action: boolean;
	emotes: [string, number, number][];
	reply_to: string | null;
	at: string;
}

export interface HeldView {
	message: MessageView;
	category: string;
	level: number;
	spans: [number, number][];
}

/** Everybody is told the account and its badges, moderators the rest too. */
export interface Card {
	account: { id: string; login: string; display: string; verified?: boolean; bot?: boolean; created_at: string } | null;
	badges: string[];
	messages?: MessageView[];
	ban?: Ban | null;
	warning?: { reason: string; by: Person; at: string } | null;
	suspicion?: 'monitored' | 'restricted' | null;
	/** Newest first. */
	log?: LogEntry[];
}

export interface SweepOrder {
	login?: string;
	text?: string;
	younger_than_min?: number;
	/** Seconds; 0 bans. */
	timeout_s?: number;
}

/** What somebody who is banned says to be let in again. */
export interface UnbanRequest {
	who: Person;
	text: string;
	at: string;
	/** `acknowledged`: the ban was lifted otherwise. */
	status: 'pending' | 'approved' | 'denied' | 'acknowledged' | 'canceled';
	/** What the moderators said to it. */
	resolution_text: string;
}

type List<T> = Promise<{ data: T[] }>;

const seg = encodeURIComponent;

/** The chat interface of one channel. */
export function chatOf(channel: string) {
	const at = `/api/v1/channels/${seg(channel)}/chat`;
	return {
		settings: () => ask<Settings>('GET', `${at}/settings`),
		change: (modes: Partial<Settings>) => ask<Settings>('PATCH', `${at}/settings`, modes),
		held: () => ask<{ data: HeldView[] }>('GET', `${at}/held`),
		decide: (id: string, allow: boolean) => ask<undefined>('POST', `${at}/held/${seg(id)}`, { allow }),
		remove: (id: string) => ask<undefined>('DELETE', `${at}/messages/${seg(id)}`),
		clear: () => ask<undefined>('DELETE', `${at}/messages`),
		bans: (): List<Ban> => ask('GET', `${at}/bans`),
		/** Without seconds for good. */
		ban: (login: string, seconds: number | null, reason = '') =>
			ask<undefined>('POST', `${at}/bans`, { login, seconds, reason }),
		unban: (login: string) => ask<undefined>('DELETE', `${at}/bans/${seg(login)}`),
		/** All for moderators, one's own for everybody else; newest first. */
		unbanRequests: (status?: UnbanRequest['status']): List<UnbanRequest> =>
			ask('GET', `${at}/unban-requests${status ? `?${new URLSearchParams({ status })}` : ''}`),
		requestUnban: (text: string) => ask<undefined>('POST', `${at}/unban-requests`, { text }),
		cancelRequest: () => ask<undefined>('DELETE', `${at}/unban-requests`),
		resolveRequest: (login: string, approve: boolean, answer: string) =>
			ask<undefined>('PATCH', `${at}/unban-requests/${seg(login)}`, {
				status: approve ? 'approved' : 'denied',
				resolution_text: answer
			}),
		warn: (login: string, reason: string) => ask<undefined>('POST', `${at}/warnings`, { login, reason }),
		acknowledge: () => ask<undefined>('POST', `${at}/warnings/acknowledge`),
		terms: (): List<Term> => ask('GET', `${at}/terms`),
		addTerm: (kind: TermKind, text: string, isPublic: boolean) =>
			ask<undefined>('POST', `${at}/terms`, { kind, text, public: isPublic }),
		removeTerm: (id: string) => ask<undefined>('DELETE', `${at}/terms/${seg(id)}`),
		people: (role: 'moderators' | 'vips'): List<Person> => ask('GET', `${at}/${role}`),
		grant: (role: 'moderators' | 'vips', login: string) => ask<undefined>('PUT', `${at}/${role}/${seg(login)}`),
		revoke: (role: 'moderators' | 'vips', login: string) => ask<undefined>('DELETE', `${at}/${role}/${seg(login)}`),
		chatters: (): List<Person> => ask('GET', `${at}/chatters`),
		card: (login: string) => ask<Card>('GET', `${at}/users/${seg(login)}`),
		announce: (text: string, colour: string) => ask<undefined>('POST', `${at}/announcements`, { text, colour }),
		pin: (message: string, seconds: number | null) => ask<undefined>('PUT', `${at}/pin`, { message, seconds }),
		unpin: () => ask<undefined>('DELETE', `${at}/pin`),
		shield: (on: boolean) => ask<undefined>('PUT', `${at}/shield`, { on }),
		suspect: (login: string, how: 'monitored' | 'restricted' | null) =>
			ask<undefined>('POST', `${at}/suspects`, { login, how }),
		sweep: (order: SweepOrder) => ask<undefined>('POST', `${at}/sweep`, order),
		log: (query: { target?: string; before?: string } = {}) =>
			ask<{ data: LogEntry[]; next: string | null }>(
				'GET',
				`${at}/log?${new URLSearchParams(query as Record<string, string>)}`
			),
		/** Of this user only, or all. */
		eraseLog: (login: string) =>
			ask<unknown>('DELETE', `${at}/logs${login ? `?${new URLSearchParams({ user: login })}` : ''}`),
		exportAddress: `${at}/logs/export`,
		emotes: (): List<Emote> => ask('GET', `/api/v1/channels/${seg(channel)}/emotes`)
	};
}

export type ChatHttp = ReturnType<typeof chatOf>;
export const globalEmotes = (): List<Emote> => ask('GET', '/api/v1/emotes/global');
export const blockList = (): List<Person> => ask('GET', '/api/v1/me/blocks');
export const block = (login: string) => ask<undefined>('PUT', `/api/v1/me/blocks/${seg(login)}`);
export const unblock = (login: string) => ask<undefined>('DELETE', `/api/v1/me/blocks/${seg(login)}`);
export const setColour = (colour: string) => ask<unknown>('PUT', '/api/v1/me/colour', { colour });
