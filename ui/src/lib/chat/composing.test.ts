import { describe, expect, test } from 'vitest';
import { allowed, COMMANDS } from './commands.ts';
import { complete, isTyped, left, lengthOf, offer, type Sources } from './completion.ts';
import { gridStep } from './grid-keys.ts';
import { Recall } from './recall.ts';
import { entryWords } from './entry-words.ts';
import type { Modes } from './feed/protocol.ts';
import { asks, choicesWith, FIELDS, fromText, isLess, SHIELD_FIELDS } from './mod/modes.ts';
import { modeBadges } from './modes-words.ts';
import { age, countdown, span } from './spans.ts';

const images = { '28': '', '56': '', '112': '' };
const sources: Sources = {
	commands: COMMANDS,
	people: [
		{ login: 'bea', display: 'Bea' },
		{ login: 'beatrix', display: 'Beatrix' },
		{ login: 'abe', display: 'abe' }
	],
	emotes: [
		{ id: '1', code: 'Kappa', animated: false, images },
		{ id: '2', code: 'PogKappa', animated: false, images }
	]
};
const offered = (text: string, caret = text.length) => offer(text, caret, sources);
const named = (text: string) =>
	offered(text)?.choices.map((c) =>
		c.kind === 'command' ? c.command.name : c.kind === 'name' ? c.login : c.emote.code
	);

describe('completion', () => {
	test.each([
		['/tim', ['timeout', 'untimeout']],
		['/nothing_like_it', undefined],
		['hi @be', ['bea', 'beatrix', 'abe']],
		['/ban be', ['bea', 'beatrix', 'abe']],
		['nice :kap', ['Kappa', 'PogKappa']],
		['at 10:30', undefined],
		['plain', undefined],
		['mail@be', undefined]
	])('for %s offers %s', (text, expected) => expect(named(text)).toEqual(expected));

	test('shows what a command takes while its arguments are written', () => {
		expect(offered('/timeout bea 10m ')?.usage?.takes).toBe('takes.timeout');
		expect(offered('/clear ')).toBeNull();
	});

	test.each([
		['/ti', '/timeout '],
		['hi @be', 'hi @Bea '],
		['/ban be', '/ban Bea '],
		['nice :kap', 'nice Kappa ']
	])('makes of %s: %s', (text, expected) => {
		const o = offered(text);
		const first = o?.choices[0];
		expect(o && first && complete(text, o, first)).toEqual({ text: expected, caret: expected.length });
	});

	test.each([
		['/ban be', false],
		['/ban Bea', true],
		['hi @bea', true],
		['/slow', true],
		['/slowo', false],
		[':Kappa', false]
	])('is done already in %s: %s', (text, expected) => {
		const o = offered(text);
		const first = o?.choices[0];
		expect(o && first && isTyped(text, o, first)).toBe(expected);
	});

	test('leaves what stands after the caret', () => {
		const o = offered('a @be c', 5);
		const first = o?.choices[0];
		expect(o && first && complete('a @be c', o, first)).toEqual({ text: 'a @Bea c', caret: 7 });
	});
});

test.each([
	['slow_s', 0, 5, true, true],
	['slow_s', 0, 0, false, false],
	['followers_min', null, 0, true, true],
	['followers_min', 10, null, false, false],
	['block_links', false, true, true, true],
	['block_links', true, false, false, false],
	['automod', 4, 3, true, false]
] as const)('in shield mode %s of %j and %j: it asks: %s, for more: %s', (id, own, shield, asking, more) => {
	const field = SHIELD_FIELDS.find((f) => f.id === id);
	expect([field && asks(field, shield), isLess(own, shield)]).toEqual([asking, more]);
});

test('commands are offered to who may use them', () => {
	const has = (list: { name: string }[], name: string) => list.some((c) => c.name === name);
	expect([
		has(allowed(false, false), 'ban'),
		has(allowed(true, false), 'ban'),
		has(allowed(true, false), 'mod')
	]).toEqual([false, true, false]);
	expect(has(allowed(true, true), 'mod')).toBe(true);
	const all = allowed(true, false);
	const shown = offer('/', 1, { ...sources, commands: all })?.choices.map(
		(c) => c.kind === 'command' && c.command.name
	);
	expect([shown?.length, shown?.[0]]).toEqual([all.length, 'timeout']);
});

test('characters are counted as the server counts them, and told near the end', () => {
	expect(lengthOf('👍👍')).toBe(2);
	expect([left('a'), left('x'.repeat(450)), left('x'.repeat(503))]).toEqual([null, 50, -3]);
});

test('lengths of time read as people say them', () => {
	expect([span(30), span(600), span(90), span(86_400), span(0)]).toEqual([
		'30\u00a0sec',
		'10\u00a0min',
		'1\u00a0min 30\u00a0sec',
		'1\u00a0day',
		'0\u00a0sec'
	]);
	expect([countdown(4200), countdown(272_000), countdown(3_753_000), countdown(-5)]).toEqual([
		'0:05',
		'4:32',
		'1:02:33',
		'0:00'
	]);
	const now = Date.parse('2026-11-22T12:00:00Z');
	expect([
		age('2024-03-05T00:00:00Z', now),
		age('2026-11-20T12:00:00Z', now),
		age('2026-11-22T11:00:00Z', now)
	]).toEqual(['2\u00a0yrs', '2\u00a0days', '1\u00a0hr']);
});

const OFF: Modes = {
	slow_s: 0,
	followers_min: null,
	subscribers_only: false,
	emote_only: false,
	unique: false,
	delay_s: 0,
	block_links: false,
	automod: 1,
	verified_only: false,
	account_age_min: 0,
	history: true,
	log: false,
	shield_on: false
};

test('a mode that is on has a badge; zero minutes of following is on', () => {
	expect(modeBadges(OFF)).toEqual([]);
	expect(modeBadges({ ...OFF, slow_s: 30, followers_min: 0 }).map((b) => b.short)).toEqual([
		'Slow 30\u00a0sec',
		'Followers-only'
	]);
});

test('the form of the modes offers the value that holds, whatever it is', () => {
	const slow = FIELDS[0];
	expect(slow && choicesWith(slow, 7)).toEqual([0, 3, 5, 7, 10, 20, 30, 60, 120]);
	expect([fromText(''), fromText('0')]).toEqual([null, 0]);
	expect(SHIELD_FIELDS.map((f) => f.id)).not.toContain('log');
});

test('acts of moderators read as sentences, unknown ones too', () => {
	const entry = { id: '1', at: 0, by: 'ada', target: 'bea', detail: '', seconds: 600 };
	expect(entryWords({ ...entry, action: 'timeout' })).toBe('ada timed out bea for 10\u00a0min');
	expect(entryWords({ ...entry, action: 'knight' })).toBe('ada: knight bea');
});

describe('what was sent before', () => {
	test('comes back by arrows, newest first, and gives way to what is being written', () => {
		const recall = new Recall();
		recall.add('one');
		recall.add('two');
		expect(recall.step(1, '')).toBe('two');
		expect(recall.step(1, 'two')).toBe('one');
		expect(recall.step(1, 'one')).toBeNull();
		expect(recall.step(-1, 'one')).toBe('two');
		expect(recall.step(-1, 'two')).toBe('');
		expect(recall.step(-1, '')).toBeNull();
	});

	test('is left alone where something else was typed', () => {
		const recall = new Recall();
		recall.add('one');
		expect(recall.step(1, 'half a sent')).toBeNull();
		expect(recall.step(1, '')).toBe('one');
		expect(recall.step(-1, 'one, changed')).toBeNull();
	});
});

test.each([
	['ArrowRight', 3, 4],
	['ArrowLeft', 0, 0],
	['ArrowDown', 3, 8],
	['ArrowDown', 9, 11],
	['ArrowUp', 7, 2],
	['Home', 7, 0],
	['End', 7, 11],
	['x', 7, null]
])('arrows walk a grid of twelve in rows of five: %s from %i', (key, from, to) =>
	expect(gridStep(key, from, 12, 5)).toBe(to)
);

test('a grid from right to left walks the other way', () => {
	expect(gridStep('ArrowLeft', 3, 12, 5, true)).toBe(4);
	expect(gridStep('ArrowRight', 3, 12, 5, true)).toBe(2);
});
