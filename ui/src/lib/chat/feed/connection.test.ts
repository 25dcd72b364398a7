// The connection of a room: greeting, resuming, farewells, and what is owed when it dies.
import { describe, expect, test, vi } from 'vitest';
import { Connection, wait, type Socket, type World } from './connection.ts';
import { at, frame, hi, m, texts } from './frames.testing.ts';

/** A world whose time is turned by hand. */
class Fake implements World {
	sockets: (Socket & { url: string; sent: string[]; closed: boolean })[] = [];
	time = 0;
	timers: { at: number; call: () => void }[] = [];
	open(url: string) {
		const sent: string[] = [];
		const socket = {
			url,
			sent,
			closed: false,
			send: (s: string) => void sent.push(s),
			close: () => void (socket.closed = true),
			onmessage: null as Socket['onmessage'],
			onclose: null as Socket['onclose']
		};
		this.sockets.push(socket);
		return socket;
	}
	now = () => this.time;
	random = () => 0.5;
	later(call: () => void, ms: number) {
		const timer = { at: this.time + ms, call };
		this.timers.push(timer);
		return () => void (this.timers = this.timers.filter((t) => t !== timer));
	}
	run(ms: number) {
		const end = this.time + ms;
		for (;;) {
			const next = this.timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
			if (!next) break;
			this.timers = this.timers.filter((t) => t !== next);
			this.time = next.at;
			next.call();
		}
		this.time = end;
	}
	socket(i: number) {
		const found = this.sockets[i];
		if (!found) throw new Error(`no socket ${i}`);
		return found;
	}
}

describe('the connection', () => {
	const start = () => {
		const world = new Fake();
		const connection = new Connection('wss://x/c', world, () => undefined);
		world.socket(0).onmessage?.(frame(hi(), m('1', 'one'), at(1)));
		connection.feed.drain();
		return { world, connection };
	};
	const answers = (connection: Connection) => connection.feed.drain().answers.map((a) => (a.ok ? 'ok' : a.id));

	test.each([
		[0, 0, 500],
		[0, 1, 1500],
		[1, 0.5, 2000],
		[9, 1, 30_000]
	])('waits before try %i, with chance %d, for %i ms', (tries, random, ms) => expect(wait(tries, random)).toBe(ms));

	test('comes back after the last event that it has, and waits longer each time', () => {
		const { world, connection } = start();
		world.socket(0).onclose?.(1006);
		expect(connection.feed.drain().link).toMatchObject({ phase: 'waiting', until: 1000 });
		world.run(1000);
		expect(world.socket(1).url).toBe('wss://x/c?after=1.1');
		world.socket(1).onclose?.(1006);
		expect(connection.feed.drain().link).toMatchObject({ phase: 'waiting', until: 3000 });
		connection.wake();
		expect(world.sockets).toHaveLength(3);
	});

	test('asks for every message again after coming back', () => {
		const { world, connection } = start();
		connection.view(true);
		world.socket(0).onclose?.(1006);
		world.run(1000);
		expect(world.socket(1).url).toBe('wss://x/c?after=1.1&view=full');
	});

	test('follows a good-bye: the new one greets before the old one is closed, and nothing shows twice', () => {
		const { world, connection } = start();
		const old = world.socket(0);
		old.onmessage?.(frame(['bye', { after_ms: 200, target: null }]));
		world.run(200);
		const next = world.socket(1);
		expect([old.closed, next.url]).toEqual([false, 'wss://x/c?after=1.1']);
		old.onmessage?.(frame(['c', '7', 'bea', 5], at(2)));
		expect(texts(connection.feed.drain())).toEqual([]);
		next.onmessage?.(frame(hi({ resumed: true }), ['c', '7', 'bea', 5], m('2', 'two'), at(3)));
		expect(texts(connection.feed.drain())).toEqual(['clearUser', 'two']);
		world.run(10);
		expect(old.closed).toBe(true);
	});

	test('shows what the old one sent when the new one does not come', () => {
		const { world, connection } = start();
		world.socket(0).onmessage?.(frame(['bye', { after_ms: 0, target: 'wss://y' }]));
		world.run(0);
		expect(world.socket(1).url).toBe('wss://y/c?after=1.1');
		world.socket(0).onmessage?.(frame(m('2', 'two'), at(2)));
		world.socket(1).onclose?.(1006);
		expect(texts(connection.feed.drain())).toEqual(['two']);
	});

	test('answers for each text: taken, refused, or given back', () => {
		const { world, connection } = start();
		connection.say('a', 'n1', null);
		connection.say('b', 'n2', '1');
		expect(JSON.parse(world.socket(0).sent[1] ?? '')).toEqual({ t: 'say', text: 'b', nonce: 'n2', reply: '1' });
		world.socket(0).onmessage?.(frame(['ok', 'n1', '5'], ['no', 'n2', 'msg_slowmode', 'Slow.', 900]));
		expect(answers(connection)).toEqual(['ok', 'msg_slowmode']);
		connection.say('c', 'n3', null);
		world.run(10_000);
		expect(answers(connection)).toEqual(['lost']);
		connection.say('d', 'n4', null);
		expect(answers(connection)).toEqual(['offline']);
	});

	test('takes a text for said when it comes by after a lost answer', () => {
		const { world, connection } = start();
		connection.say('a', 'n1', null);
		connection.say('b', 'n2', null);
		world.socket(0).onclose?.(1006);
		world.run(1000);
		world.socket(1).onmessage?.(frame(hi({ resumed: true }), m('2', 'a', { n: 'n1' }), at(2)));
		world.run(1500);
		expect(answers(connection)).toEqual(['ok', 'lost']);
	});

	test('reads on behind an event that it cannot read, and does not ask for it again', () => {
		const { world, connection } = start();
		const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
		world.socket(0).onmessage?.(frame(m('2', 'two'), ['m'], null, ['l', null], m('3', 'three'), at(5)));
		expect([texts(connection.feed.drain()), told.mock.calls.length]).toEqual([['two', 'three'], 3]);
		expect([world.socket(0).closed, connection.feed.position]).toEqual([false, '1.5']);
		world.socket(0).onmessage?.('[["m"');
		expect([world.socket(0).closed, told.mock.calls.length]).toEqual([true, 4]);
		told.mockRestore();
	});

	test('waits longer each time for one that falls right after its greeting, until one stands', () => {
		const { world, connection } = start();
		const fall = (i: number) => {
			world.socket(i).onclose?.(1006);
			const { link } = connection.feed.drain();
			return link?.phase === 'waiting' ? link.until - world.time : 0;
		};
		const greet = (i: number, ms: number) => {
			world.run(ms);
			world.socket(i).onmessage?.(frame(hi({ resumed: true }), at(1)));
		};
		expect(fall(0)).toBe(1000);
		greet(1, 1000);
		expect(fall(1)).toBe(2000);
		greet(2, 2000);
		world.run(5000);
		expect(fall(2)).toBe(1000);
	});

	test('gives up a connection that leaves a text without an answer', () => {
		const { world, connection } = start();
		connection.say('a', 'n1', null);
		world.run(10_000);
		expect([world.socket(0).closed, connection.feed.drain().link?.phase]).toEqual([true, 'waiting']);
		world.run(1000);
		expect(world.socket(1).url).toBe('wss://x/c?after=1.1');
	});

	test('gives up a connection that does not greet, also one that is to follow another', () => {
		const { world, connection } = start();
		world.socket(0).onmessage?.(frame(['bye', { after_ms: 0, target: null }]));
		world.run(10_000);
		expect([world.socket(0).closed, world.socket(1).closed]).toEqual([false, true]);
		world.socket(0).onclose?.(1006);
		connection.wake();
		const last = world.sockets.length - 1;
		world.run(9999);
		expect(world.socket(last).closed).toBe(false);
		world.run(1);
		expect([world.socket(last).closed, connection.feed.drain().link?.phase]).toEqual([true, 'waiting']);
	});

	test('asks a connection whether it lives when its viewer comes back, and gives it up if it is silent', () => {
		const { world, connection } = start();
		world.run(1000);
		connection.wake();
		expect(world.socket(0).sent).toEqual(['{"t":"ping"}']);
		world.run(100);
		world.socket(0).onmessage?.(frame(['pong', null]));
		world.run(10_000);
		expect(world.socket(0).closed).toBe(false);
		connection.wake();
		world.run(5000);
		expect([world.socket(0).closed, connection.feed.drain().link?.phase]).toEqual([true, 'waiting']);
	});

	test('gives up a connection that is silent', () => {
		const { world, connection } = start();
		world.run(300_000);
		expect(world.socket(0).sent.length).toBeGreaterThan(0);
		expect([world.socket(0).closed, world.sockets.length > 1]).toEqual([true, true]);
		connection.close();
		const before = world.sockets.length;
		world.run(300_000);
		expect(world.sockets.length).toBe(before);
	});
});
