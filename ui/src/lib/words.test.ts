import { describe, expect, test } from 'vitest';
import { curvePoints } from './creator/curve.ts';
import { pictureFacts, soundFacts } from './creator/health-words.ts';
import { codeFrom, pictureFault } from './creator/emote-file.ts';
import { ago, bitrate, short, uptime } from './format.ts';
import { safeNext, signInFaults, signUpFaults, tagsOf } from './forms.ts';
import { en } from './i18n/en.ts';
import { t } from './i18n/index.ts';
import { search, without } from './live.svelte.ts';
import { backoff } from './retry.ts';
import type { Stream } from './api/types.ts';

test('words take their values, numbers by the locale', () => {
	expect(t('channel.offline', { name: 'ada' })).toBe('ada is offline');
	expect(t('live.viewersExact', { count: 1 })).toBe('1 viewer now');
	expect(t('live.viewersExact', { count: 1204 })).toBe('1,204 viewers now');
});

test('no word shouts', () => {
	const all = Object.values(en).flatMap((w) => (typeof w === 'string' ? [w] : [w.one, w.other]));
	expect(all.filter((w) => w.includes('!') || /\bOK\b/.test(w))).toEqual([]);
});

test('times and sizes read as people say them', () => {
	const now = Date.parse('2026-11-22T12:00:00Z');
	expect(uptime('2026-11-22T10:57:27Z', now)).toBe('1:02:33');
	expect(uptime('2026-11-22T11:57:27Z', now)).toBe('2:33');
	expect(uptime('2026-11-22T12:00:09Z', now)).toBe('0:00');
	expect(ago('2026-11-22T11:57:00Z', now)).toBe('3 minutes ago');
	expect(ago('2026-11-21T11:00:00Z', now)).toBe('yesterday');
	expect([bitrate(2_500_000), bitrate(128_000), short(1204)]).toEqual(['2.5 Mb/s', '128 kb/s', '1.2K']);
});

describe('forms', () => {
	test('say what is wrong before the server is asked', () => {
		const good = { name: 'ada_l', email: 'ada@example.org', password: 'a sentence' };
		expect(signUpFaults(good)).toEqual({});
		expect(Object.keys(signInFaults({ name: ' ', password: '' }))).toEqual(['name', 'password']);
		expect(signInFaults({ name: 'ada', password: 'x' })).toEqual({});
		expect(Object.keys(signUpFaults({ name: 'A', email: 'x', password: 'short' }))).toEqual([
			'name',
			'email',
			'password'
		]);
	});

	test.each([
		['/creator', '/creator'],
		['//evil.example', '/'],
		['/\\evil.example', '/'],
		['https://evil.example', '/'],
		[null, '/']
	])('return after sign-in only within the site: %s', (next, to) => expect(safeNext(next)).toBe(to));

	test('tags lose doubles and blanks', () => expect(tagsOf(' a, b ,,a,c d')).toEqual(['a', 'b', 'c d']));
});

test('search puts names that begin with the words first', () => {
	const stream = (name: string, title: string) =>
		({ channel: { name }, title, category: '', tags: [] }) as unknown as Stream;
	const all = [stream('ivory', 'ada talks'), stream('nevada', ''), stream('ada', ''), stream('bob', '')];
	expect(search(all, ' Ada').map((s) => s.channel.name)).toEqual(['ada', 'nevada', 'ivory']);
	expect(search(all, '  ')).toEqual([]);
});

test('streams without others are told apart by their channels', () => {
	const stream = (id: string, channel: string) => ({ id, channel: { id: channel } }) as Stream;
	const all = [stream('1', 'a'), stream('2', 'b'), stream('3', 'c')];
	expect(without(all, [stream('9', 'b'), undefined]).map((s) => s.id)).toEqual(['1', '3']);
});

test('waits double up to the longest, and chance only shortens them', () => {
	const wait = { first: 500, longest: 10_000 };
	expect([0, 1, 2, 9].map((n) => backoff(wait, n, 1))).toEqual([500, 1000, 2000, 10_000]);
	expect(backoff(wait, 0, 0)).toBe(375);
});

test('a short history of a curve does not stretch', () => {
	expect(curvePoints([1, 1], 3, { width: 100, height: 115 })).toBe('50.0,15.0 100.0,15.0');
});

describe('the health of a broadcast', () => {
	test('says its numbers with their units', () => {
		const video = { codec: 'H.264', width: 1280, height: 720, fps: 30, bitrate_bps: 1, keyframe_interval_s: 1 };
		expect(pictureFacts(video)).toBe('H.264, 1280×720, 30.0\u00a0frames/s');
		const audio = { codec: 'AAC-LC', sample_rate: 48_000, channels: 2, bitrate_bps: 160_000 };
		expect(soundFacts(audio)).toBe('AAC-LC, 48.0\u00a0kHz, stereo, 160 kb/s');
		expect(pictureFacts({ ...video, codec: 'avc1.42C01E' })).toContain('H.264, ');
		expect(soundFacts({ ...audio, codec: 'mp4a.40.2' })).toContain('AAC, ');
		expect(soundFacts({ ...audio, channels: 6 })).toBe('AAC-LC, 48.0\u00a0kHz, 6 channels, 160 kb/s');
	});
});

describe('a picture for an emote', () => {
	const accepts = ['image/png', 'image/gif'];

	test.each([
		[{ type: 'image/png', size: 1024 * 1024 }, null],
		[{ type: 'image/png', size: 1024 * 1024 + 1 }, 'emote.tooLarge'],
		[{ type: 'image/svg+xml', size: 10 }, 'emote.badType'],
		[{ type: '', size: 10 }, 'emote.badType']
	])('is refused before it travels: %j', (file, fault) => expect(pictureFault(file, accepts)).toBe(fault));

	test.each([
		['my wave (2).png', 'myWave2'],
		['footHype.gif', 'footHype'],
		['波.png', ''],
		['x.png', ''],
		['a-very-long-name-of-a-picture-file.webp', 'aVeryLongNameOfAPictureFi']
	])('gives a first code: %s', (name, code) => expect(codeFrom(name)).toBe(code));
});
