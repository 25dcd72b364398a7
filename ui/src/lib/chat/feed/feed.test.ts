import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bothReadings, contrast, GROUND } from './colour.ts';
import { Feed } from './feed.ts';
import { at, frame, hi, m, texts } from './frames.testing.ts';
import { apply, split } from './list.ts';
import { badgesOf, heldFromView, messageFrom } from './message.ts';
import { PAINT_MS, Pacer } from './pacer.ts';
import type { MessageEvent } from './protocol.ts';
import { messageOf } from './rows.ts';
import { addressOf, emotesIn, names, pieces } from './text.ts';

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

test('nobody is new to their own channel', () => {
	const first = (badges: string) => {
		const event = m('1', 'hi', { f: 1 });
		event[5] = badges;
		return messageFrom(event, 'ada').first;
	};
	expect([first(''), first('vip'), first('broadcaster,partner')]).toEqual([true, true, false]);
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
