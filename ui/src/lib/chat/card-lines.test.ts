// What a card draws of somebody's messages, and which it strikes.
import { expect, test } from 'vitest';
import { cardLines } from './card-lines.ts';
import type { Message } from './feed/rows.ts';
import type { MessageView } from './http.ts';

const told = (id: string, deleted: boolean) =>
	({
		id,
		text: `${id} :lamp:`,
		emotes: [['7', 2, 7]],
		author: { id: '1', login: 'bea' },
		display: 'bea',
		badges: [],
		color: '#ff0000',
		at: '2026-11-28T12:00:00Z',
		deleted
	}) as unknown as MessageView;
const seen = (id: string, deleted: boolean) => ({ id, pieces: [id], at: 5, deleted }) as unknown as Message;
const struck = (lines: { id: string; deleted: boolean }[]) => lines.filter((l) => l.deleted).map((l) => l.id);

test('what the server says is deleted, also what this page never saw', () =>
	expect(struck(cardLines([told('a', true), told('b', false)], []))).toEqual(['a']));

test('its emotes are pictures', () =>
	expect(cardLines([told('a', false)], [])[0]?.pieces).toEqual(['a ', { k: 'emote', id: '7', code: ':lamp:' }]));

test('what was deleted since the server was asked', () =>
	expect(struck(cardLines([told('a', false), told('b', false)], [seen('b', true)]))).toEqual(['b']));

test('without a list of the server, what this page saw', () => {
	const lines = cardLines(undefined, [seen('a', false), seen('b', true)]);
	expect([lines.length, struck(lines)]).toEqual([2, ['b']]);
});
