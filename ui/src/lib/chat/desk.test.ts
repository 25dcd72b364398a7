// What can be answered, and what becomes of an answer whose message goes.
import { beforeEach, expect, test } from 'vitest';
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

test('a held message that cannot be decided is looked up: somebody else may have done it', async () => {
	const done: string[] = [];
	const http = { decide: () => Promise.reject(new Error('gone')) };
	const loadHeld = () => (done.push('loaded'), Promise.resolve());
	const forgetHeld = () => done.push('forgotten');
	Object.assign(room, { http, loadHeld, forgetHeld, heard: { told: [] } });
	await desk.decide('9', true);
	expect(done).toEqual(['loaded']);
});
