// Requests to be unbanned, from both sides.
import { describe, expect, test } from 'vitest';
import { Problem } from '#lib/api/client.ts';
import { Appeal } from './appeal.svelte.ts';
import type { Desk } from './desk.svelte.ts';
import { entryDetail, entryWords } from './entry-words.ts';
import type { ChatHttp, UnbanRequest } from './http.ts';
import { Requests } from './mod/requests.svelte.ts';

const asked = (login: string, status: UnbanRequest['status'] = 'pending'): UnbanRequest => ({
	id: `request of ${login}`,
	user_id: login,
	user_login: login,
	user_name: login,
	text: 'sorry',
	status,
	created_at: '2026-11-28T12:00:00Z',
	resolved_at: null,
	resolution_text: '',
	moderator_id: null,
	moderator_login: null,
	moderator_name: null
});

/** A server that holds `list` and refuses everything with `code`, if there is one. */
function served(list: UnbanRequest[], code = ''): ChatHttp {
	const act = () => (code ? Promise.reject(new Problem({ code }, 409)) : Promise.resolve());
	const unbanRequests = () => Promise.resolve({ data: list });
	return { unbanRequests, requestUnban: act, cancelRequest: act, resolveRequest: act } as unknown as ChatHttp;
}

describe('who asks', () => {
	test('knows that there is no request, and the last one where there is', async () => {
		const none = new Appeal(served([]));
		expect(none.request).toBeUndefined();
		await none.load();
		expect(none.request).toBeNull();
		const one = new Appeal(served([asked('bea', 'denied')]));
		await one.load();
		expect(one.request?.status).toBe('denied');
	});

	test('reads why it was refused, and what holds then', async () => {
		const appeal = new Appeal(served([asked('bea', 'denied')], 'bad_unban_request_denied'));
		expect(await appeal.send('please')).toBe(false);
		expect(appeal.failed).toContain('once for each ban');
		expect(appeal.request?.status).toBe('denied');
		await appeal.load();
		expect(appeal.failed).toBe('');
	});
});

describe('who answers', () => {
	const entry = { at: 0, by: 'bea', target: 'bea', detail: 'sorry', seconds: null };
	const desk = (http: ChatHttp, actions: string[] = []) =>
		({
			room: { http, entries: actions.map((action, i) => ({ ...entry, id: String(i), action })) },
			act: (act: () => Promise<unknown>) =>
				act().then(
					() => true,
					() => false
				)
		}) as unknown as Desk;

	test('sees the first to ask first, also after being too late', async () => {
		const requests = new Requests(desk(served([asked('cato'), asked('bea')], 'bad_unban_request')));
		await requests.resolve(asked('dimitri'), true, '');
		expect(requests.pending?.map((r) => r.user_login)).toEqual(['bea', 'cato']);
	});

	test('looks again after acts that may change who waits', () => {
		const changed = (...actions: string[]) => new Requests(desk(served([]), actions)).changed;
		expect(changed('timeout', 'delete')).toBeUndefined();
		expect(changed('create_unban_request', 'slow')).toBe('0');
		expect(changed('create_unban_request', 'unban')).toBe('1');
	});

	test('reads it in the log', () => {
		const asks = { ...entry, id: '1', action: 'create_unban_request' };
		expect([entryWords(asks), entryDetail(asks)]).toEqual(['bea asks to be unbanned', 'sorry']);
	});
});
