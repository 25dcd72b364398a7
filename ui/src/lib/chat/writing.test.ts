// What becomes of a message that is refused, and when the refusal is past.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Desk } from './desk.svelte.ts';
import { Emotes } from './emotes.svelte.ts';
import type { Modes } from './feed/protocol.ts';
import type { Answer } from './feed/rows.ts';
import { Writing } from './writing.svelte.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const modes = (slow_s: number) => ({ slow_s, followers_min: null }) as unknown as Modes;

/** A viewer whose next message is refused by `id`, for `retryMs`. */
function writer(id: string, retryMs: number | null) {
	const refusal: Answer = { ok: false, nonce: '1', id, text: 'No.', retryMs };
	const room = { name: 'ada', pause: () => undefined, say: () => Promise.resolve(refusal) };
	return new Writing({ room, replyTo: null, emotes: new Emotes() } as unknown as Desk);
}

async function refused(id: string, retryMs: number | null) {
	const writing = writer(id, retryMs);
	writing.text = 'hello';
	await writing.send();
	expect([writing.refused?.words, writing.text]).toEqual(['No.', 'hello']);
	return writing;
}

test('a refusal that names a time goes with that time', async () => {
	const writing = await refused('msg_slowmode', 7000);
	vi.advanceTimersByTime(6900);
	expect(writing.refused).not.toBeNull();
	vi.advanceTimersByTime(200);
	expect([writing.refused, writing.text]).toEqual([null, 'hello']);
});

test('with slow mode its refusal and its countdown end', async () => {
	const writing = await refused('msg_slowmode', 7000);
	writing.holds(modes(30), null);
	expect([writing.refused?.words, writing.waitMs > 0]).toEqual(['No.', true]);
	writing.holds(modes(0), null);
	expect([writing.refused, writing.waitMs]).toEqual([null, 0]);
});

test('with a timeout its refusal ends', async () => {
	const writing = await refused('msg_timedout', 600_000);
	writing.holds(modes(0), Date.now() + 600_000);
	expect(writing.refused).not.toBeNull();
	writing.holds(modes(0), null);
	expect(writing.refused).toBeNull();
});

test('with a follow the refusal for want of one ends, and no other', async () => {
	const writing = await refused('msg_followersonly_zero', null);
	writing.followed();
	expect([writing.refused, writing.text]).toEqual([null, 'hello']);
	const other = await refused('msg_followersonly_followed', null);
	other.followed();
	expect(other.refused).not.toBeNull();
});

test('one that no waiting helps stays', async () => {
	const writing = await refused('msg_rejected_mandatory', null);
	writing.holds(modes(0), null);
	vi.advanceTimersByTime(600_000);
	expect(writing.refused?.words).toBe('No.');
});

test('what could not be put back is within reach when the reason is past', async () => {
	const writing = writer('msg_slowmode', 7000);
	writing.text = 'hello';
	const sent = writing.send();
	writing.text = 'already the next';
	await sent;
	vi.advanceTimersByTime(7000);
	expect([writing.text, writing.refused?.text]).toEqual(['already the next', 'hello']);
	expect(writing.refused?.words).not.toBe('No.');
});
