// Chat over HTTP: one function per address, for what moderators do by buttons and for lists. Refusals are Problems.
import { ask } from '#lib/api/client.ts';
import type { Person } from './feed/protocol.ts';
import { changeTo, settingsFrom, type Settings, type SettingsChange, type SettingsWire } from './settings-wire.ts';
import { placeOf, termsFrom, type ByModerator, type Term, type TermKind, type TermWire } from './terms-wire.ts';

export interface User {
	user_id: string;
	user_login: string;
	user_name: string;
}

export interface Emote {
	id: string;
	code: string;
	animated: boolean;
	images: Record<'28' | '56' | '112', string>;
}

export interface Ban extends User, ByModerator {
	/** Null is for good. */
	expires_at: string | null;
	created_at: string;
	reason: string;
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
	color: string;
	badges: string[];
	text: string;
	action: boolean;
	emotes: [string, number, number][];
	reply_to: string | null;
	deleted: boolean;
	at: string;
}

/** A message that the channel keeps. */
export interface LoggedView {
	id: string;
	author: Person;
	text: string;
	action: boolean;
	reply_to: string | null;
	deleted: boolean;
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
	/** Since when they follow the channel; null if they do not. */
	followed_at?: string | null;
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
export interface UnbanRequest extends User, ByModerator {
	id: string;
	text: string;
	/** `acknowledged`: the ban was lifted otherwise. */
	status: 'pending' | 'approved' | 'denied' | 'acknowledged' | 'canceled';
	created_at: string;
	resolved_at: string | null;
	/** What the moderators said to it. */
	resolution_text: string;
}

export const ANNOUNCEMENT_COLOURS = ['primary', 'blue', 'green', 'orange', 'purple'] as const;
export type AnnouncementColour = (typeof ANNOUNCEMENT_COLOURS)[number];
export type Role = 'moderators' | 'vips';

type List<T> = Promise<{ data: T[] }>;
/** An answer of one, in a list like those of many. */
type One<T> = Promise<{ data: [T] }>;

const seg = encodeURIComponent;

const queryOf = (query: Record<string, string>) => String(new URLSearchParams(query));

/** The chat interface of one channel. */
export function chatOf(channel: string) {
	const at = `/api/v1/channels/${seg(channel)}/chat`;
	const settings = async (answer: One<SettingsWire>): Promise<Settings> => settingsFrom((await answer).data[0]);
	const terms = (kind: TermKind): List<TermWire> => ask('GET', `${at}/${placeOf(kind)}?first=1000`);
	const ofLogin = (login: string) => queryOf({ user_login: login });
	return {
		settings: () => settings(ask('GET', `${at}/settings`)),
		change: (change: SettingsChange) => settings(ask('PATCH', `${at}/settings`, changeTo(change))),
		held: (): List<HeldView> => ask('GET', `${at}/held`),
		decide: (id: string, allow: boolean) =>
			ask<undefined>('POST', `${at}/held`, { msg_id: id, action: allow ? 'ALLOW' : 'DENY' }),
		remove: (id: string) => ask<undefined>('DELETE', `${at}/messages?${queryOf({ message_id: id })}`),
		clear: () => ask<undefined>('DELETE', `${at}/messages`),
		bans: (): List<Ban> => ask('GET', `${at}/bans?first=1000`),
		/** Without seconds for good. */
		ban: (login: string, seconds: number | null, reason = '') =>
			ask<unknown>('POST', `${at}/bans`, {
				data: { user_login: login, ...(seconds !== null && { duration: seconds }), ...(reason && { reason }) }
			}),
		unban: (login: string) => ask<undefined>('DELETE', `${at}/bans?${ofLogin(login)}`),
		/** All for moderators, one's own for everybody else; newest first. */
		unbanRequests: (status?: UnbanRequest['status']): List<UnbanRequest> =>
			ask('GET', `${at}/unban-requests${status ? `?${queryOf({ status })}` : ''}`),
		requestUnban: (text: string) => ask<undefined>('POST', `${at}/unban-requests`, { text }),
		cancelRequest: () => ask<undefined>('DELETE', `${at}/unban-requests`),
		resolveRequest: (id: string, approve: boolean, answer: string) => {
			const status = approve ? 'approved' : 'denied';
			const query = queryOf({ unban_request_id: id, status, ...(answer && { resolution_text: answer }) });
			return ask<unknown>('PATCH', `${at}/unban-requests?${query}`);
		},
		warn: (login: string, reason: string) =>
			ask<unknown>('POST', `${at}/warnings`, { data: { user_login: login, reason } }),
		acknowledge: () => ask<undefined>('POST', `${at}/warnings/acknowledge`),
		terms: async (): Promise<Term[]> => {
			const [blocked, permitted] = await Promise.all([terms('blocked'), terms('permitted')]);
			return termsFrom(blocked.data, permitted.data);
		},
		addTerm: (kind: TermKind, text: string, isPublic: boolean) =>
			ask<unknown>('POST', `${at}/${placeOf(kind)}`, {
				text,
				public: isPublic,
				...(kind === 'blocked_regex' && { regex: true })
			}),
		removeTerm: ({ id, kind }: Term) => ask<undefined>('DELETE', `${at}/${placeOf(kind)}?${queryOf({ id })}`),
		people: (role: Role): List<User> => ask('GET', `${at}/${role}?first=1000`),
		grant: (role: Role, login: string) => ask<undefined>('POST', `${at}/${role}?${ofLogin(login)}`),
		revoke: (role: Role, login: string) => ask<undefined>('DELETE', `${at}/${role}?${ofLogin(login)}`),
		chatters: (): List<User> => ask('GET', `${at}/chatters?first=1000`),
		card: (login: string) => ask<Card>('GET', `${at}/users/${seg(login)}`),
		announce: (message: string, color: AnnouncementColour) =>
			ask<undefined>('POST', `${at}/announcements`, { message, color }),
		pin: (message: string, seconds: number | null) =>
			ask<undefined>('PUT', `${at}/pin`, { message_id: message, seconds }),
		unpin: () => ask<undefined>('DELETE', `${at}/pin`),
		shield: (on: boolean) => ask<unknown>('PUT', `${at}/shield-mode`, { is_active: on }),
		suspect: (login: string, how: 'monitored' | 'restricted' | null) =>
			ask<undefined>('POST', `${at}/suspects`, { user_login: login, how }),
		sweep: (order: SweepOrder) => ask<undefined>('POST', `${at}/sweep`, order),
		log: (query: { target?: string; before?: string } = {}) =>
			ask<{ data: LogEntry[]; next: string | null }>('GET', `${at}/log?${queryOf(query)}`),
		/** Of this user only, or all. */
		eraseLog: (login: string) => ask<unknown>('DELETE', `${at}/logs${login ? `?${queryOf({ user: login })}` : ''}`),
		/** Kept messages, the newest first; none where none are kept. */
		logs: (query: { user?: string; before?: string } = {}) =>
			ask<{ data: LoggedView[]; next: string | null }>('GET', `${at}/logs?${queryOf(query)}`),
		/** Of this user only, or all. */
		exportAddress: (login = '') => `${at}/logs/export${login ? `?${queryOf({ user: login })}` : ''}`,
		emotes: (): List<Emote> => ask('GET', `/api/v1/channels/${seg(channel)}/emotes`)
	};
}

export type ChatHttp = ReturnType<typeof chatOf>;
export const globalEmotes = (): List<Emote> => ask('GET', '/api/v1/emotes/global');
export const blockList = (): List<User> => ask('GET', '/api/v1/me/blocks');
export const block = (login: string) => ask<undefined>('PUT', `/api/v1/me/blocks/${seg(login)}`);
export const unblock = (login: string) => ask<undefined>('DELETE', `/api/v1/me/blocks/${seg(login)}`);
export const setColour = (color: string) => ask<undefined>('PUT', '/api/v1/me/color', { color });
