// What becomes of a message that is refused, and when the refusal is past.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Desk } from './desk.svelte.ts';
import { draft } from './drafts.ts';
import { Emotes } from './emotes.svelte.ts';
import type { Modes } from './feed/protocol.ts';
import type { Answer } from './feed/rows.ts';
import { Writing } from './writing.svelte.ts';

let stored: Map<string, string>;

beforeEach(() => {
	vi.useFakeTimers();
	stored = new Map();
	vi.stubGlobal('sessionStorage', {
		getItem: (key: string) => stored.get(key) ?? null,
		setItem: (key: string, text: string) => stored.set(key, text),
		removeItem: (key: string) => stored.delete(key)
	});
});
afterEach(() => {
	vi.useRealTimers();
	vi.unstubAllGlobals();
});

const modes = (slow_s: number) => ({ slow_s, followers_min: null }) as unknown as Modes;

/** In a room that gives every message the same answer. */
function desk(answer: Answer): Desk {
	const room = {
		name: 'ada',
		pause: () => undefined,
		freed: () => undefined,
		checks: vi.fn(),
		say: () => Promise.resolve(answer)
	};
	return { room, replyTo: null, emotes: new Emotes() } as unknown as Desk;
}

/** A viewer whose next message is refused by `id`, for `retryMs`. */
const writer = (id: string, retryMs: number | null) =>
	new Writing(desk({ ok: false, nonce: '1', id, text: 'No.', retryMs }));

async function refused(id: string, retryMs: number | null) {
	const writing = writer(id, retryMs);
	writing.text = 'hello';
	await writing.send();
	expect([writing.refused?.id, writing.text]).toEqual([id, 'hello']);
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
	expect([writing.refused?.id, writing.waitMs > 0]).toEqual(['msg_slowmode', true]);
	writing.holds(modes(0), null);
	expect([writing.refused, writing.waitMs]).toEqual([null, 0]);
});

test('with a timeout its refusal ends', async () => {
	const writing = await refused('msg_timedout', 600_000);
	writing.holds(modes(0), Date.now() + 600_000);
	expect([writing.refused?.id, writing.waitMs]).toEqual(['msg_timedout', 600_000]);
	writing.holds(modes(0), null);
	expect([writing.refused, writing.waitMs]).toEqual([null, 0]);
});

test('with followers-only the wait for it ends', async () => {
	const writing = await refused('msg_followersonly_followed', 600_000);
	writing.holds({ ...modes(0), followers_min: 20 }, null);
	expect(writing.waitMs).toBe(600_000);
	writing.holds(modes(0), null);
	expect([writing.refused, writing.waitMs]).toEqual([null, 0]);
});

test('a message that is taken ends every wait but that of slow mode', async () => {
	for (const [slow_s, waitMs] of [
		[0, 0],
		[30, 30_000]
	] as const) {
		const place = desk({ ok: false, nonce: '1', id: 'msg_timedout', text: 'No.', retryMs: 600_000 });
		const writing = new Writing(place);
		Object.assign(place.room, { modes: modes(slow_s), passes: false });
		writing.text = 'hello';
		await writing.send();
		place.room.say = () => Promise.resolve({ ok: true, nonce: '2', id: '7' });
		await writing.send();
		expect([writing.waitMs, writing.waitsFor]).toEqual([waitMs, waitMs ? 'msg_slowmode' : '']);
	}
});

test("every refusal of what was said has words of ours, and a new one the server's", async () => {
	const known = await refused('msg_followersonly_zero', null);
	expect(known.refused?.words).toBe('Not sent: only followers may write here.');
	expect((await refused('msg_of_tomorrow', null)).refused?.words).toBe('No.');
});

test('what is held is in the hands of moderators, and no refusal', async () => {
	const place = desk({ ok: false, nonce: '1', id: 'msg_rejected', text: 'No.', retryMs: null });
	const writing = new Writing(place);
	writing.text = 'hello';
	await writing.send();
	expect([writing.refused, writing.text]).toEqual([null, '']);
	expect(place.room.checks).toHaveBeenCalledWith('hello');
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
	expect(writing.refused?.id).toBe('msg_rejected_mandatory');
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

test('of several that are refused each is within reach', async () => {
	const writing = writer('msg_slowmode', 7000);
	const say = (text: string) => ((writing.text = text), writing.send());
	const sent = [say('one'), say('two'), say('three')];
	writing.text = 'four';
	await Promise.all(sent);
	expect([writing.text, writing.refused?.text]).toEqual(['four', 'one two three']);
	expect(draft('ada')).toBe('one two three four');
});

test('what waits to be put back stays when something else is sent', async () => {
	const room = desk({ ok: false, nonce: '1', id: 'msg_slowmode', text: 'No.', retryMs: 7000 });
	const writing = new Writing(room);
	writing.text = 'one';
	const sent = writing.send();
	writing.text = 'two';
	await sent;
	room.room.say = () => Promise.resolve({ ok: true, nonce: '2', id: null });
	await writing.send();
	expect([writing.text, writing.refused?.text]).toEqual(['', 'one']);
	expect(writing.refused?.words).not.toBe('No.');
	expect(draft('ada')).toBe('one');
});

test('a text that is on its way is not lost with its composer', async () => {
	const writing = writer('offline', null);
	writing.text = 'hello';
	const sent = writing.send();
	writing.text = 'the next';
	expect(writing.unsaid).toBe('hello the next');
	await sent;
	// Nothing but the answer has kept it.
	expect(draft('ada')).toBe('hello the next');
	expect(writer('offline', null).text).toBe('hello the next');
});

test('what the room has taken, or a moderator has in hand, is no draft', async () => {
	const held = writer('msg_rejected', null);
	held.text = 'hello';
	await held.send();
	expect([held.unsaid, draft('ada')]).toEqual(['', '']);
	const taken = new Writing(desk({ ok: true, nonce: '1', id: '2' }));
	taken.text = 'hello';
	await taken.send();
	expect([taken.unsaid, draft('ada')]).toEqual(['', '']);
});

test('the clock of a countdown stands still once that is past', () => {
	const writing = writer('offline', null);
	writing.tickUntil(Date.now() + 1000);
	vi.advanceTimersByTime(900);
	expect(vi.getTimerCount()).toBe(1);
	vi.advanceTimersByTime(200);
	expect([vi.getTimerCount(), writing.now]).toEqual([0, Date.now() - 100]);
	writing.tickUntil(0);
	expect(vi.getTimerCount()).toBe(0);
});

test.each([
	['account age', 'msg_verified_email', 600_000, { account_age_min: 60 }],
	['verified accounts', 'msg_verified_email', null, { verified_only: true }],
	['no links', 'msg_rejected_mandatory', null, { block_links: true }]
])('with %s its refusal ends, and its countdown', async (_, id, retryMs, mode) => {
	const text = "Your message wasn't posted: links are not allowed in this channel.";
	const writing = new Writing(desk({ ok: false, nonce: '1', id, text, retryMs }));
	writing.text = 'hello';
	await writing.send();
	writing.holds({ ...modes(0), ...mode }, null);
	expect([writing.refused === null, writing.refusedMs]).toEqual([false, retryMs ?? 0]);
	writing.holds(modes(0), null);
	expect([writing.refused, writing.waitMs]).toEqual([null, 0]);
});

test('a refusal has its own countdown or none, and that of slow mode runs on beside it', async () => {
	for (const [first, runsOn] of [
		['msg_timedout', 0],
		['msg_slowmode', 600_000]
	] as const) {
		const place = desk({ ok: false, nonce: '1', id: first, text: 'No.', retryMs: 600_000 });
		const writing = new Writing(place);
		writing.text = 'hello';
		await writing.send();
		expect(writing.refusedMs).toBe(600_000);
		place.room.say = () => Promise.resolve({ ok: false, nonce: '2', id: 'msg_emoteonly', text: 'No.', retryMs: null });
		await writing.send();
		expect([writing.refused?.id, writing.refusedMs, writing.waitMs]).toEqual(['msg_emoteonly', 0, runsOn]);
	}
});
