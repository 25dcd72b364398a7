// The messages that a channel keeps, page by page.
import { expect, test } from 'vitest';
import { Problem } from '#lib/api/client.ts';
import type { ChatHttp, LoggedView } from '../http.ts';
import { Kept } from './kept.svelte.ts';

const PAGE = 2;
const logged = (id: number, login = 'bea', deleted = false): LoggedView => ({
	id: String(id),
	author: { id: login, login },
	text: `message ${id}`,
	action: false,
	reply_to: null,
	deleted,
	at: '2026-11-28T12:00:00Z'
});

/** A server that keeps `log`, the newest first. */
function served(log: LoggedView[]) {
	const logs = ({ user, before }: { user?: string; before?: string } = {}) => {
		const all = log.filter((m) => (!user || m.author.login === user) && (!before || Number(m.id) < Number(before)));
		const data = all.slice(0, PAGE);
		return Promise.resolve({ data, next: data.length === PAGE ? (data.at(-1)?.id ?? null) : null });
	};
	return { logs } as unknown as ChatHttp;
}
const ids = (kept: Kept) => kept.all?.map((m) => m.id).join(' ');

test('older ones follow, until there are none', async () => {
	const kept = new Kept(served([5, 4, 3, 2, 1].map((id) => logged(id))));
	await kept.load();
	expect([ids(kept), kept.more]).toEqual(['5 4', true]);
	await kept.older();
	await kept.older();
	expect([ids(kept), kept.more]).toEqual(['5 4 3 2 1', false]);
});

test('looking again brings what is new and keeps the place', async () => {
	const log = [3, 2, 1].map((id) => logged(id));
	const kept = new Kept(served(log));
	await kept.load();
	await kept.older();
	log.unshift(logged(4));
	log[1] = logged(3, 'bea', true);
	await kept.load();
	expect([ids(kept), kept.all?.[1]?.deleted, kept.more]).toEqual(['4 3 2 1', true, false]);
	log.unshift(logged(9), logged(8));
	await kept.load();
	expect([ids(kept), kept.more]).toEqual(['9 8', true]);
});

test('of one user only, and of all again', async () => {
	const kept = new Kept(served([logged(3), logged(2, 'cato'), logged(1)]));
	await kept.load('cato');
	expect([ids(kept), kept.login, kept.more]).toEqual(['2', 'cato', false]);
	await kept.load('');
	expect([ids(kept), kept.more]).toEqual(['3 2', true]);
});

test('only the answer to the last question counts', async () => {
	const kept = new Kept(served([logged(2), logged(1, 'cato')]));
	await Promise.all([kept.load('bea'), kept.load('cato')]);
	expect(ids(kept)).toBe('1');
});

test('nothing is left after all was erased, and a refusal is told', async () => {
	const log = [logged(2), logged(1)];
	const kept = new Kept(served(log));
	await kept.load();
	log.length = 0;
	await kept.reload();
	expect([ids(kept), kept.failed]).toEqual(['', '']);
	const refused = new Kept({
		logs: () => Promise.reject(new Problem({ code: 'no_permission', detail: 'No.' }, 403))
	} as unknown as ChatHttp);
	await refused.load();
	expect([refused.all, refused.failed !== '']).toEqual([undefined, true]);
});
