// What can be answered, and what becomes of an answer whose message goes.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Desk } from './desk.svelte.ts';
import type { Message } from './feed/rows.ts';
import type { Room } from './room.svelte.ts';

const message = (deleted = false) => ({ id: '1', display: 'Bea', deleted }) as Message;
let room: { writes: boolean; now: Message | null; told: string[]; clearings: number };
let desk: Desk;

beforeEach(() => {
	room = { writes: true, now: message(), told: [], clearings: 1 };
	const tell = (text: string) => void room.told.push(text);
	desk = new Desk(Object.assign(room, { tell, message: () => room.now }) as unknown as Room);
});

test('a deleted message cannot be answered, nor any by who has no field to write in', () => {
	expect([desk.answers(message()), desk.answers(message(true))]).toEqual([true, false]);
	desk.reply(message(true));
	room.writes = false;
	desk.reply(message());
	expect([desk.answers(message()), desk.replyTo]).toEqual([false, null]);
});

test('the quote of an answer goes with its message, and the viewer is told', () => {
	desk.reply(message());
	desk.recheck();
	expect(desk.replyTo?.id).toBe('1');
	room.now = message(true);
	desk.recheck();
	desk.recheck();
	expect([desk.replyTo, room.told.length]).toEqual([null, 1]);
	expect(room.told[0]).toContain('Bea');
});

test('a message that is only out of reach is still answered, until the room is cleared', () => {
	desk.reply(message());
	room.now = null;
	desk.recheck();
	expect([desk.replyTo?.id, room.told]).toEqual(['1', []]);
	room.clearings += 1;
	desk.recheck();
	expect([desk.replyTo, room.told.length]).toEqual([null, 1]);
});

describe('the way back from an act', () => {
	beforeEach(() => {
		vi.useFakeTimers();
		Object.assign(room, { http: { ban: async () => {}, unban: async () => {} }, heard: { told: [] } });
	});
	afterEach(() => vi.useRealTimers());

	test('is there for six seconds', async () => {
		await desk.ban('kees');
		vi.advanceTimersByTime(5900);
		expect(desk.done?.undo).toBeTruthy();
		vi.advanceTimersByTime(200);
		expect(desk.done).toBeNull();
	});

	test.each(['pointer', 'focus'] as const)(
		'does not go from under the %s, nor at once when that leaves',
		async (by) => {
			await desk.ban('kees');
			desk.hold(by, true);
			vi.advanceTimersByTime(60_000);
			desk.hold(by, false);
			vi.advanceTimersByTime(2000);
			expect(desk.done?.undo).toBeTruthy();
			vi.advanceTimersByTime(2000);
			expect(desk.done).toBeNull();
		}
	);

	test('that was taken under the focus goes with it, and what it did is said for its time', async () => {
		await desk.ban('kees');
		desk.hold('focus', true);
		await desk.undo();
		expect(desk.done?.undo).toBeNull();
		vi.advanceTimersByTime(6100);
		expect(desk.done).toBeNull();
	});
});

test('a held message that cannot be decided is looked up: somebody else may have done it', async () => {
	const done: string[] = [];
	const http = { decide: () => Promise.reject(new Error('gone')) };
	const loadHeld = () => (done.push('loaded'), Promise.resolve());
	const forgetHeld = () => done.push('forgotten');
	Object.assign(room, { http, loadHeld, forgetHeld, heard: { told: [] } });
	await desk.decide('9', true);
	expect(done).toEqual(['loaded']);
});
