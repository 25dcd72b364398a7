import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { bothReadings, contrast, GROUND } from './colour.ts';
import { Connection, wait, type Socket, type World } from './connection.ts';
import { Feed } from './feed.ts';
import { apply, split } from './list.ts';
import { badgesOf, heldFromView, messageFrom } from './message.ts';
import { PAINT_MS, Pacer } from './pacer.ts';
import type { MessageEvent, MessageExtra } from './protocol.ts';
import { messageOf, type Update } from './rows.ts';
import { addressOf, emotesIn, names, pieces } from './text.ts';

const m = (id: string, text = 'hi', extra?: MessageExtra, user = '7'): MessageEvent =>
	extra ? ['m', id, 5, user, 'Bea', '', '2e8b57', text, extra] : ['m', id, 5, user, 'Bea', '', '2e8b57', text];
const hi = (over: object = {}) => [
	'hi',
	{
		channel: { id: '1', name: 'ada', display: 'ada' },
		epoch: 1,
		seq: 0,
		settings: {},
		pinned: null,
		you: null,
		resumed: false,
		budget: 60,
		ping_s: 30,
		...over
	}
];
const at = (seq: number, epoch: number | string = 1) => ['at', epoch, seq];
const frame = (...events: unknown[]) => JSON.stringify(events);
const texts = (update: Update) =>
	update.changes.map((c) => (c.t === 'add' ? (messageOf(c.row)?.text ?? c.row.kind) : c.t));

describe('a text', () => {
	test.each([
		['no more', [], ['no more']],
		['a :x: b', [['e', 2, 5]], ['a ', { k: 'emote', id: 'e', code: ':x:' }, ' b']],
		['👍 Kappa', [['25', 3, 8]], ['👍 ', { k: 'emote', id: '25', code: 'Kappa' }]],
		[
			'see https://a.example/x.',
			[],
			['see ', { k: 'link', href: 'https://a.example/x', text: 'https://a.example/x' }, '.']
		],
		[
			'(https://a.example/b_(c))',
			[],
			['(', { k: 'link', href: 'https://a.example/b_(c)', text: 'https://a.example/b_(c)' }, ')']
		],
		['at example.org now', [], ['at ', { k: 'link', href: 'https://example.org/', text: 'example.org' }, ' now']],
		['hey @Ada_L, hi', [], ['hey ', { k: 'name', login: 'ada_l', text: '@Ada_L' }, ', hi']],
		['mail a@b.com', [], ['mail a@b.com']],
		['v1.2.3 file.name', [], ['v1.2.3 file.name']],
		['wait.it is', [], ['wait.it is']],
		['t.me/x', [], [{ k: 'link', href: 'https://t.me/x', text: 't.me/x' }]],
		['bücher.de', [], [{ k: 'link', href: 'https://xn--bcher-kva.de/', text: 'bücher.de' }]]
	])('is cut into what it holds: %s', (text, emotes, expected) => {
		expect(pieces(text, emotes as [string, number, number][])).toEqual(expected);
	});

	test('has emotes where whole words are their codes', () =>
		expect(emotesIn('Wave to Waves, 𝒂 Wave', [{ id: '7', code: 'Wave' }])).toEqual([
			['7', 0, 4],
			['7', 18, 22]
		]));

	test('keeps its words when an emote is said to lie outside or over another', () => {
		expect(pieces('ab', [['e', 1, 9]])).toEqual(['ab']);
		expect(
			pieces('abcd', [
				['e', 0, 3],
				['f', 2, 4]
			])
		).toEqual([{ k: 'emote', id: 'e', code: 'abc' }, 'd']);
	});

	test.each(['javascript:alert(1)', 'data:text/html,x', 'http://'])(
		'never becomes an address that acts: %s',
		(text) => {
			const href = addressOf(text);
			expect(href === null || href.startsWith('http')).toBe(true);
		}
	);

	test('names somebody with or without the sign, as a word', () => {
		expect(['@ada hi', 'hello Ada', 'adamant', 'x_ada'].map((text) => names(text, 'ada'))).toEqual([
			true,
			true,
			false,
			false
		]);
	});
});

test('badges keep their order, and unknown ones are left out', () => {
	expect(badgesOf('moderator,subscriber/12/1,founder')).toEqual([
		{ name: 'moderator', months: 0, tier: 0 },
		{ name: 'subscriber', months: 12, tier: 1 }
	]);
});

test('a message knows whether it is for the viewer', () => {
	const reply = { id: '1', user: '2', login: 'ada', display: 'Ada', text: 'x', top: '1' };
	expect(messageFrom(m('1', 'ask @ada'), 'ada').forMe).toBe(true);
	expect(messageFrom(m('1', 'yes', { r: reply }), 'ada').forMe).toBe(true);
	expect(messageFrom(m('1', 'ask @ada'), 'bea')).toMatchObject({ forMe: false, mine: true });
});

test('a message over HTTP counts code points; here they are units', () => {
	const message = {
		id: '1',
		author: { id: '2', login: 'bea' },
		display: 'Bea',
		color: '#2e8b57',
		badges: ['vip'],
		text: '👍 Kappa bad',
		action: false,
		emotes: [['25', 2, 6] as [string, number, number]],
		reply_to: null,
		deleted: false,
		at: '2026-11-22T12:00:00Z'
	};
	const held = heldFromView({ message, category: 'spam', level: 2, spans: [[8, 10]] });
	expect(held.message.pieces).toEqual(['👍 ', { k: 'emote', id: '25', code: 'Kappa' }, ' bad']);
	expect(held.spans.map(([from, to]) => message.text.slice(from, to))).toEqual(['bad']);
});

describe('a name', () => {
	const CHOSEN = ['0000ff', '8a2be2', 'ff0000', '00ff7f', 'ffffff', '000000', '808080', 'ffff00', '111111', 'b22222'];
	test.each(CHOSEN)('in #%s reads on both themes', (hex) => {
		const { dark, light } = bothReadings(hex);
		expect(contrast(dark, GROUND.dark)).toBeGreaterThanOrEqual(4.5);
		expect(contrast(light, GROUND.light)).toBeGreaterThanOrEqual(4.5);
	});

	test('stays as chosen where that reads already', () => {
		expect(bothReadings('ff69b4').dark).toBe('#ff69b4');
	});

	test('is measured against the least favourable ground of the tokens', () => {
		const css = readFileSync(new URL('../../theme/tokens.css', import.meta.url), 'utf8');
		const [dark = '', light = ''] = css.split(":root[data-theme='light']");
		// A grey's luminance is its oklch lightness cubed; the soft accent's little chroma adds next to nothing.
		const lightness = (block: string, name: string) =>
			Number(new RegExp(String.raw`--${name}: oklch\(([\d.]+)`).exec(block)?.[1]) ** 3;
		for (const ground of ['page', 'raised', 'hover', 'accent-soft']) {
			expect(lightness(dark, ground)).toBeLessThanOrEqual(GROUND.dark);
			expect(lightness(light, ground)).toBeGreaterThanOrEqual(GROUND.light);
		}
	});
});

describe('the feed', () => {
	test('turns events into rows and shows no message twice', () => {
		const feed = new Feed();
		feed.frame(frame(hi(), m('1', 'a', { h: 1 }), at(4)), 0);
		feed.frame(frame(m('1', 'a'), m('2', 'b'), ['d', '1', 'bea'], ['c', '7', 'bea', 60], ['c'], at(8)), 0);
		expect(texts(feed.drain())).toEqual(['a', 'b', 'delete', 'clearUser', 'clearAll', 'cleared']);
		expect(feed.drain().changes).toEqual([]);
	});

	test('keeps an epoch of more digits than a number has', () => {
		const feed = new Feed();
		feed.frame(`[["m","1",5,"7","Bea","","fff","x"],["at",18446744073709551615,12]]`, 0);
		expect(feed.position).toBe('18446744073709551615.12');
	});

	test('says where something may be missing, once the room could not resume', () => {
		const feed = new Feed();
		feed.frame(frame(hi(), at(1)), 0);
		feed.drain();
		feed.frame(frame(hi({ resumed: true }), at(1)), 0);
		expect(texts(feed.drain())).toEqual([]);
		feed.frame(frame(hi({ epoch: 2 }), at(1, 2)), 0);
		expect(texts(feed.drain())).toEqual(['gap']);
	});

	test('hands over no more rows than the page shows, and every deletion', () => {
		const feed = new Feed();
		for (let i = 0; i < 3000; i += 1) feed.frame(frame(m(String(i), String(i)), ['d', String(i), 'bea'], at(i)), 0);
		const { changes } = feed.drain();
		expect(changes.filter((c) => c.t === 'add')).toHaveLength(200);
		expect(changes.filter((c) => c.t === 'delete')).toHaveLength(3000);
		expect(changes.at(-1)).toEqual({ t: 'delete', id: '2999' });
	});

	test('knows its own timeout and ban by their clearing', () => {
		const feed = new Feed();
		const you = {
			id: '7',
			login: 'bea',
			display: 'Bea',
			colour: '#fff',
			badges: '',
			moderates: false,
			warning: null,
			timeout_ms: null,
			ban: null
		};
		const after = (seconds: number | null) => {
			feed.frame(frame(hi({ you }), ['c', '7', 'bea', seconds], at(1)), 0);
			return feed.drain().you?.timeout_ms;
		};
		expect([after(600), after(null), after(0)]).toEqual([600_000, 0, null]);
	});

	test.each(['before', 'after'])('knows why it is banned when that is told %s the clearing', (when) => {
		const feed = new Feed();
		const ban = { reason: 'rude', at: 5, until: null };
		const you = { id: '7', login: 'bea', timeout_ms: 0, ban };
		const events = [
			['c', '7', 'bea', null],
			['you', you]
		];
		feed.frame(frame(hi({ you: { ...you, timeout_ms: null, ban: null } }), at(1)), 0);
		feed.frame(frame(...(when === 'before' ? events.reverse() : events)), 0);
		expect(feed.drain().you).toMatchObject({ timeout_ms: 0, ban });
	});

	test('tells warnings, held messages, acts of moderators and what a sample left out', () => {
		const feed = new Feed();
		const you = {
			id: '1',
			login: 'ada',
			display: 'Ada',
			colour: '#fff',
			badges: '',
			moderates: true,
			warning: null,
			timeout_ms: null,
			ban: null
		};
		const entry = {
			id: '9',
			at: 1,
			by: { id: '1', login: 'ada' },
			action: 'ban',
			target: 'bea',
			detail: '',
			seconds: null
		};
		feed.frame(
			frame(
				hi({ you }),
				['w', 'no'],
				['h', { category: 'spam', level: 2, spans: [] }, m('3')],
				['hd', '3', 'denied', 'ada'],
				['l', entry],
				['v', 7],
				['v', 5],
				at(3)
			),
			0
		);
		const update = feed.drain();
		expect(update.you?.warning).toBe('no');
		expect(update.held.map((h) => h.t)).toEqual(['held', 'decided']);
		expect(update.entries).toEqual([
			{ id: '9', at: 1, by: 'ada', action: 'ban', target: 'bea', detail: '', seconds: null }
		]);
		expect(update.leftOut).toBe(12);
	});

	test('has no line in the list for acts that the room is told of anyway', () => {
		const feed = new Feed();
		const by = { id: '1', login: 'ada' };
		const acts = ['announce', 'slowoff', 'emoteonly', 'shield', 'ban', 'automod'];
		feed.frame(frame(...acts.map((action, id) => ['l', { id, at: 1, by, action }]), at(1)), 0);
		const { changes, entries } = feed.drain();
		expect(changes.flatMap((c) => (c.t === 'add' && c.row.kind === 'entry' ? c.row.entry.action : []))).toEqual([
			'ban',
			'automod'
		]);
		expect(entries.map((entry) => entry.action)).toEqual(acts);
	});
});

describe('the list', () => {
	const rows = (...events: MessageEvent[]) => {
		const feed = new Feed();
		feed.frame(frame(...events), 0);
		return feed.drain().changes;
	};

	test('keeps the newest rows', () => {
		const list = apply([], rows(m('1', 'a'), m('2', 'b'), m('3', 'c')), 2);
		expect(list.map((r) => messageOf(r)?.text)).toEqual(['b', 'c']);
	});

	test('strikes what is deleted and leaves the rest as it is', () => {
		const list = apply([], rows(m('1'), m('2', 'x', {}, '8')));
		const next = apply(list, [{ t: 'clearUser', user: '7' }]);
		expect(next.map((r) => messageOf(r)?.deleted)).toEqual([true, false]);
		expect(next[1]).toBe(list[1]);
		expect(apply(next, [])).toBe(next);
		expect(apply(next, [{ t: 'clearAll' }])).toEqual([]);
	});

	test('that stands still loses what is deleted and gains nothing', () => {
		const { adds, rest } = split([...rows(m('1')), { t: 'delete', id: '1' }]);
		expect([adds.length, rest]).toEqual([1, [{ t: 'delete', id: '1' }]]);
	});
});

test('the pacer gives at once after a pause, then each tenth of a second', () => {
	let now = 1000;
	const given: number[] = [];
	const timers: [() => void, number][] = [];
	const pacer = new Pacer(
		() => given.push(now),
		() => now,
		(call, ms) => timers.push([call, now + ms])
	);
	pacer.poke();
	for (now = 1010; now < 1090; now += 10) pacer.poke();
	expect([given, timers.length]).toEqual([[1000], 1]);
	now = timers[0]?.[1] ?? 0;
	timers[0]?.[0]();
	expect(given).toEqual([1000, 1000 + PAINT_MS]);
});

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
