// Speaks the HTTP interface: one function per address, each answering the body or throwing a Problem.
// Sign-in is the HttpOnly cookie, so no secret passes through here.
import { tMaybe, t } from '#lib/i18n/index.ts';
import type {
	Channel,
	ChannelChange,
	Follow,
	Followers,
	Health,
	Me,
	NewStreamKey,
	NewToken,
	ProblemBody,
	Site,
	Stream,
	StreamKeys,
	Token,
	TokenScope
} from './types.ts';

/** What the server (or the missing network) said no with. `code` is stable; `status` 0 means that no answer came. */
export class Problem extends Error {
	override readonly name = 'Problem';
	readonly status: number;
	readonly code: string;
	readonly fields: Readonly<Record<string, string>>;
	readonly retryAfter: number;

	constructor(body: Partial<ProblemBody>, status: number, retryAfter = 0) {
		super(body.detail ?? body.title ?? String(status));
		this.status = status;
		this.code = body.code ?? (status === 0 ? 'unreachable' : 'other');
		this.retryAfter = retryAfter;
		this.fields = Object.fromEntries((body.errors ?? []).map((e) => [e.field, e.detail]));
	}

	/** The refusal in the viewer's words. */
	get words(): string {
		return tMaybe(`problem.${this.code}`, { seconds: Math.max(1, this.retryAfter) }, () =>
			t('problem.other', { detail: this.message })
		);
	}
}

/** Any thrown thing as a Problem, so that callers show one kind of words. */
export const asProblem = (e: unknown): Problem =>
	e instanceof Problem ? e : new Problem({ detail: e instanceof Error ? e.message : String(e) }, 0);

/** How a body travels: a picture as it is, anything else as JSON. */
function sent(body: unknown): Pick<RequestInit, 'headers' | 'body'> {
	if (body === undefined) return {};
	if (body instanceof Blob) return { body };
	return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** Asks and answers the body, or throws a Problem. An answer without a body is undefined. */
export async function ask<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
	let answer: Response;
	try {
		answer = await fetch(path, {
			method,
			credentials: 'same-origin',
			...sent(body),
			...(signal ? { signal } : {})
		});
	} catch (cause) {
		if (signal?.aborted) throw cause;
		throw new Problem({ code: 'unreachable' }, 0);
	}
	const text = await answer.text();
	let parsed: unknown = null;
	try {
		parsed = text ? JSON.parse(text) : undefined;
	} catch {
		// Told as a problem without words of its own.
	}
	if (answer.ok && parsed !== null) return parsed as T;
	const problem = (parsed ?? {}) as Partial<ProblemBody>;
	throw new Problem(problem, answer.status, Number(answer.headers.get('retry-after') ?? 0));
}

const seg = encodeURIComponent;

interface Streams {
	streams: Stream[];
	next: string | null;
}

export const api = {
	site: () => ask<Site>('GET', '/api/v1/site'),
	me: () => ask<Me>('GET', '/api/v1/me'),
	signUp: (form: { name: string; email: string; password: string; invite?: string }) =>
		ask<unknown>('POST', '/api/v1/accounts', form),
	signIn: (form: { name: string; password: string }) => ask<unknown>('POST', '/api/v1/sessions', form),
	signOut: () => ask<undefined>('DELETE', '/api/v1/sessions/current'),
	keys: () => ask<StreamKeys>('GET', '/api/v1/me/stream-keys'),
	createKey: (label: string) => ask<Omit<NewStreamKey, 'last_used_at'>>('POST', '/api/v1/me/stream-keys', { label }),
	revokeKey: (id: string) => ask<undefined>('DELETE', `/api/v1/me/stream-keys/${seg(id)}`),
	tokens: () => ask<{ tokens: Token[] }>('GET', '/api/v1/me/tokens'),
	createToken: (label: string, scope: TokenScope) => ask<NewToken>('POST', '/api/v1/me/tokens', { label, scope }),
	revokeToken: (id: string) => ask<undefined>('DELETE', `/api/v1/me/tokens/${seg(id)}`),
	changePassword: (password: string, wanted: string) =>
		ask<undefined>('PUT', '/api/v1/me/password', { password, new_password: wanted }),
	/** Deletes the account for good. */
	leave: (password: string) => ask<undefined>('DELETE', '/api/v1/me', { password }),
	addEmote: (channel: string, code: string, picture: Blob) =>
		ask<{ id: string; code: string }>('POST', `/api/v1/channels/${seg(channel)}/emotes?code=${seg(code)}`, picture),
	removeEmote: (channel: string, id: string) =>
		ask<undefined>('DELETE', `/api/v1/channels/${seg(channel)}/emotes/${seg(id)}`),
	health: (signal?: AbortSignal) => ask<Health>('GET', '/api/v1/me/health', undefined, signal),
	channel: (name: string, signal?: AbortSignal) =>
		ask<Channel>('GET', `/api/v1/channels/${seg(name)}`, undefined, signal),
	changeChannel: (name: string, change: ChannelChange) =>
		ask<Channel>('PATCH', `/api/v1/channels/${seg(name)}`, change),
	streams: (signal?: AbortSignal) => ask<Streams>('GET', '/api/v1/streams?limit=60', undefined, signal),
	/** Of the streams those of channels that the viewer follows. */
	followedStreams: (signal?: AbortSignal) =>
		ask<Streams>('GET', '/api/v1/streams?followed=true&limit=60', undefined, signal),
	/** Whether and since when the viewer follows a channel. */
	follow: (name: string) => ask<Follow>('GET', `/api/v1/me/follows/${seg(name)}`),
	startFollow: (name: string) => ask<Follow>('PUT', `/api/v1/me/follows/${seg(name)}`),
	endFollow: (name: string) => ask<undefined>('DELETE', `/api/v1/me/follows/${seg(name)}`),
	followers: (name: string, limit: number, after: string | null) =>
		ask<Followers>(
			'GET',
			`/api/v1/channels/${seg(name)}/followers?limit=${limit}${after === null ? '' : `&after=${seg(after)}`}`
		),
	time: () => ask<{ now: string }>('GET', '/api/v1/time')
};
