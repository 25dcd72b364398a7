import { describe, expect, test, vi } from 'vitest';
import { blocks } from './blocks.svelte.ts';
import { allowed } from './commands.ts';
import { Feed } from './feed/feed.ts';
import { apply } from './feed/list.ts';
import type { MessageEvent } from './feed/protocol.ts';
import { messageOf, type Row } from './feed/rows.ts';
import { asWhisper, blocking } from './personal.ts';

describe('a command that concerns no room', () => {
	test.each([
		['/block @Kees', { login: 'kees', on: true }],
		['.Unblock kees,', { login: 'kees', on: false }],
		['/block kees too loud', { login: 'kees', on: true }],
		['/block', null],
		['/blocks kees', null],
		['say /block kees', null]
	])('is read as the server reads it: %s', (text, expected) => expect(blocking(text)).toEqual(expected));

	test.each([
		['', '/w maya '],
		['hello', '/w maya hello'],
		['/w kees hello', '/w maya hello'],
		['/w ke', '/w maya '],
		['/w', '/w maya '],
		['/warn kees', '/w maya /warn kees']
	])('begins anew for another one and keeps the words: %j', (text, expected) =>
		expect(asWhisper(text, 'maya')).toBe(expected)
	);

	test('is offered to who may use it', () => {
		const names = (moderates: boolean) => allowed(moderates, false).map((c) => c.name);
		expect(names(false)).toEqual(expect.arrayContaining(['w', 'block', 'unblock']));
		expect(names(false)).not.toContain('shoutout');
		expect(names(true)).toEqual(expect.arrayContaining(['shoutout', 'requests']));
	});
});

const hi = { channel: {}, epoch: 1, seq: 0, settings: {}, pinned: null, you: null, resumed: false };
const whisper = (id: string, text = 'psst') => [
	'whisper',
	{
		id,
		at: 5,
		from: { id: '7', login: 'bea', display: 'Bea', colour: '#2e8b57' },
		to: { id: '1', login: 'ada', display: 'Ada' },
		text,
		e: text.startsWith('Kappa') ? [['25', 0, 5]] : []
	}
];
const m = (id: string, display: string): MessageEvent => ['m', id, 5, '7', display, '', '2e8b57', id];
function rowsOf(feed: Feed): Row[] {
	return feed.drain().changes.flatMap((c) => (c.t === 'add' ? [c.row] : []));
}
function heardBy(you: unknown, ...events: unknown[]): Row[] {
	const feed = new Feed();
	feed.frame(JSON.stringify([['hi', { ...hi, you }], ...events]), 0);
	return rowsOf(feed);
}
const heard = (...events: unknown[]) => heardBy(null, ...events);

describe('a whisper', () => {
	test('is a row of its own with its emotes', () => {
		const [row] = heard(whisper('1', 'Kappa hi'));
		expect(row).toMatchObject({
			kind: 'whisper',
			whisper: { login: 'bea', display: 'Bea', sent: false, pieces: [{ k: 'emote', id: '25', code: 'Kappa' }, ' hi'] }
		});
		expect(row && messageOf(row)).toBeNull();
	});

	test('that the viewer sent is told by whom it is for', () => {
		const [row] = heardBy({ id: '7', login: 'bea', display: 'Bea' }, whisper('1'));
		expect(row).toMatchObject({ kind: 'whisper', whisper: { login: 'ada', display: 'Ada', text: 'psst', sent: true } });
	});

	test('is heard on the old and on the new connection, and shown once', () => {
		const feed = new Feed();
		feed.frame(JSON.stringify([['hi', hi]]), 0);
		feed.frame(JSON.stringify([whisper('1')]), 0, 'private');
		feed.frame(JSON.stringify([whisper('1'), whisper('2')]), 0);
		feed.frame(JSON.stringify([whisper('1'), whisper('2')]), 0, 'public');
		expect(rowsOf(feed)).toHaveLength(2);
	});

	test('outlives the clearing of a room and a flood of messages', () => {
		const rows = heard(whisper('1'), m('2', 'bea'));
		expect(apply(rows, [{ t: 'clearAll' }]).map((r) => r.kind)).toEqual(['whisper']);
		const feed = new Feed();
		feed.frame(JSON.stringify([whisper('1')]), 0);
		for (let i = 0; i < 1000; i += 1) feed.frame(JSON.stringify([m(`m${i}`, 'bea')]), 0);
		const kinds = rowsOf(feed).map((r) => r.kind);
		expect([kinds.length, kinds[0]]).toEqual([201, 'whisper']);
	});
});

test('a shoutout names the channel; other news keep their sentence', () => {
	const silent = ['m', '1', 5, '7', 'Maya', '', '2e8b57', ''];
	expect(
		heard(
			['u', 'shoutout', 'Maya gives a shoutout to kees.', { login: 'kees', id: '8' }, silent],
			['u', 'raid', 'Three raiders.', {}, ['m', '2', ...silent.slice(2)]]
		)
	).toMatchObject([
		{ kind: 'shoutout', by: 'Maya', login: 'kees' },
		{ kind: 'event', sentence: 'Three raiders.', message: null }
	]);
});

describe('who is blocked', () => {
	const rows = heard(m('1', 'bea'), m('2', 'cato'), whisper('3'));
	const answers = (body: unknown, status = 200) =>
		vi.stubGlobal('fetch', () =>
			Promise.resolve(new Response(body === null ? null : JSON.stringify(body), { status }))
		);

	test('is looked up once for each account, and says nothing in the list', async () => {
		expect(blocks.without(rows)).toBe(rows);
		answers({ data: [{ user_id: '7', user_login: 'bea', user_name: 'Bea' }] });
		await blocks.know('1');
		expect(blocks.without(rows).map((r) => messageOf(r)?.login ?? r.kind)).toEqual(['cato', 'whisper']);
		answers({ data: [] });
		await blocks.know('1');
		expect(blocks.has('bea')).toBe(true);
		await blocks.know('');
		expect(blocks.has('bea')).toBe(false);
	});

	test('is looked up anew where the list is shown', async () => {
		answers({ data: [{ user_id: '8', user_login: 'cato', user_name: 'Cato' }] });
		expect((await blocks.list()).map((one) => one.user_name)).toEqual(['Cato']);
		expect(blocks.all).toEqual(['cato']);
		answers(null, 204);
		await blocks.unblock('cato');
	});

	test('changes when the server has done it, and not when it refused', async () => {
		answers(null, 204);
		await blocks.block('cato');
		expect(blocks.all).toEqual(['cato']);
		answers({ code: 'bad_unblock' }, 409);
		await expect(blocks.unblock('cato')).rejects.toMatchObject({ code: 'bad_unblock' });
		expect(blocks.has('cato')).toBe(true);
		answers(null, 204);
		await blocks.unblock('cato');
		expect(blocks.all).toEqual([]);
	});
});
