// What a room counts and tells aloud. The wire is given.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { You } from './feed/protocol.ts';
import { emptyUpdate, type Held, type Row, type Update, type Whisper } from './feed/rows.ts';
import { Room } from './room.svelte.ts';

const wire = vi.hoisted(() => ({
	take: (() => undefined) as (update: Update) => void,
	fail: (() => undefined) as () => void,
	starts: 0
}));
vi.mock('./wire.ts', () => ({
	Wire: class {
		start(_: string, take: (update: Update) => void, failed: () => void) {
			wire.take = take;
			wire.fail = failed;
			wire.starts += 1;
			return () => undefined;
		}
	}
}));

const whisper = (key: number, over: Partial<Whisper>): Row => ({
	kind: 'whisper',
	key,
	whisper: { at: 5, login: 'bea', display: 'Bea', text: 'psst', pieces: ['psst'], sent: false, ...over }
});
const take = (...rows: Row[]) =>
	wire.take({ ...emptyUpdate(), changes: rows.map((row) => ({ t: 'add' as const, row })) });

let room: Room;
afterEach(() => vi.useRealTimers());
beforeEach(() => {
	room = new Room('ada');
	room.start();
});

test('a whisper is told aloud, the viewer’s own from another window is only shown', () => {
	take(whisper(1, { sent: true }), whisper(2, {}));
	expect(room.rows).toHaveLength(2);
	expect(room.heard.mentions).toEqual(['Bea whispers to you: psst']);
});

test('a list that stands still counts what others whisper', () => {
	room.pause(true);
	take(whisper(1, { sent: true }), whisper(2, {}));
	expect([room.fresh, room.waiting.length]).toEqual([1, 2]);
	room.pause(false);
	expect(room.rows).toHaveLength(2);
});

test('what waited is shown in steps, in order, with what comes meanwhile', () => {
	vi.useFakeTimers();
	const keys = () => room.rows.map((row) => row.key);
	const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);
	take(whisper(1, {}));
	room.pause(true);
	take(
		...upTo(60)
			.slice(1)
			.map((key) => whisper(key, {}))
	);
	room.pause(false);
	expect([keys(), room.fresh]).toEqual([upTo(26), 0]);
	take(whisper(61, {}));
	vi.advanceTimersToNextTimer();
	expect(keys()).toEqual(upTo(51));
	// Who scrolls up between two steps stops them.
	room.pause(true);
	vi.runAllTimers();
	expect([keys().length, room.fresh]).toEqual([51, 10]);
	room.pause(false);
	expect([keys(), vi.getTimerCount()]).toEqual([upTo(61), 0]);
});

test('a message that moderators look at waits until it shows, or they say that it will not', () => {
	const own = (text: string) => ({
		kind: 'message',
		key: 7,
		message: { id: text, user: '1', login: 'kees', text, mine: true, history: false, forMe: false }
	});
	room.checks('one');
	room.checks('two');
	take(own('something else') as unknown as Row);
	expect(room.checked).toEqual(['one', 'two']);
	take(own('two') as unknown as Row);
	expect(room.checked).toEqual(['one']);
	wire.take({ ...emptyUpdate(), told: [{ id: 'msg_rejected_mandatory', text: 'Not approved.' }] });
	expect([room.checked, room.told.all.map(({ text }) => text)]).toEqual([[], ['Not approved.']]);
});

test.each([{ timeout_ms: 0 }, { warning: 'Be kind.' }])(
	'what was told to who may not write any more goes: %o',
	(over) => {
		const free = { id: '1', moderates: false, badges: '', timeout_ms: null, warning: null } as unknown as You;
		const are = (now: You) => wire.take({ ...emptyUpdate(), you: now });
		const texts = () => room.told.all.map(({ text }) => text);
		are(free);
		room.tell('You may chat again.', true);
		are(free);
		expect(texts()).toEqual(['You may chat again.']);
		are({ ...free, ...over });
		room.tell('Told since.');
		are({ ...free, ...over });
		expect(texts()).toEqual(['Told since.']);
	}
);

test('who connects anew begins with an empty room, since its rows are numbered anew', () => {
	take(whisper(1, {}));
	room.pause(true);
	take(whisper(2, {}));
	room.start();
	expect([room.rows, room.waiting, room.fresh, room.paused, room.you]).toEqual([[], [], 0, false, undefined]);
	take(whisper(1, {}));
	expect(room.rows.map((row) => row.key)).toEqual([1]);
});

test('a room whose worker failed says so, and is begun anew on request', () => {
	wire.fail();
	expect(room.link.phase).toBe('failed');
	const { starts } = wire;
	room.retry();
	expect([room.link.phase, wire.starts - starts]).toEqual(['connecting', 1]);
});

const waits = (id: string) => ({ message: { id } }) as Held;
const you = { id: '1', moderates: true, badges: '', timeout_ms: null } as You;
/** As the server lists it. */
const view = (id: string) => ({
	message: {
		...{ id, author: { id: '2', login: 'bea' }, display: 'Bea', color: '#2e8b57', badges: [], text: 'psst' },
		...{ action: false, emotes: [], reply_to: null, deleted: false, at: '2026-11-22T12:00:00Z' }
	},
	...{ category: 'spam', level: 2, spans: [] }
});
const ids = () => room.held.map((h) => h.message.id);

test('who moderates is told of all that waits, again with each connection', async () => {
	let answer: (view: { data: unknown[] }) => void = () => undefined;
	const asked = vi.spyOn(room.http, 'held').mockImplementation(() => new Promise((give) => (answer = give as never)));
	wire.take({ ...emptyUpdate(), you, link: { phase: 'open' } });
	expect(asked).toHaveBeenCalledTimes(1);
	// Between the question and its answer one more comes and one is decided.
	const held = [
		{ t: 'held' as const, held: waits('3') },
		{ t: 'decided' as const, id: '1', fate: 'denied', by: null }
	];
	wire.take({ ...emptyUpdate(), held });
	answer({ data: [view('1'), view('2')] });
	await vi.waitFor(() => expect(ids()).toEqual(['2', '3']));
	wire.take({ ...emptyUpdate(), link: { phase: 'connecting' } });
	wire.take({ ...emptyUpdate(), link: { phase: 'open' } });
	expect(asked).toHaveBeenCalledTimes(2);
	answer({ data: [view('3')] });
	await vi.waitFor(() => expect(ids()).toEqual(['3']));
});
