import { describe, expect, test } from 'vitest';
import { ServerClock } from './clock.ts';
import { actionFor, scrollsPage, type Press } from './keyboard.ts';
import { leftBehind, wayOut, type Standstill } from './outage.ts';
import { Recovery } from './recovery.ts';
import { reachedNobody } from './repairs.ts';
import { Roll } from './roll.ts';
import { isSource, renditionOf, rungLabel } from './rungs.ts';

describe('the way out of a standstill', () => {
	const stand = (change: Partial<Standstill>): Standstill => ({
		position: 20,
		stoodFor: 1,
		seeking: false,
		buffered: [{ start: 10, end: 20.05 }],
		listed: [
			{ start: 18, end: 20, gap: false },
			{ start: 20, end: 25, gap: true },
			{ start: 25, end: 26, gap: false }
		],
		aim: 0.4,
		...change
	});
	const beyond = [
		{ start: 10, end: 20.05 },
		{ start: 25, end: 26 }
	];
	const cases: [string, Partial<Standstill>, number | null][] = [
		['leads to newer media in the buffer, the aim behind its end', { buffered: beyond }, 25.6],
		['leads to the start of a stretch that is shorter than the aim', { buffered: beyond, aim: 3 }, 25.02],
		['leads to listed media behind a gap when nothing is loaded', {}, 25.02],
		['waits while only gaps are listed', { listed: [{ start: 18, end: 25, gap: true }] }, null],
		['waits for a decoder that draws breath', { buffered: beyond, stoodFor: 0.05 }, null],
		['leaves a gap as soon as there is something behind it', { stoodFor: 0.15 }, 25.02],
		['leaves the last moment before a gap', { position: 19.9, buffered: [{ start: 10, end: 19.92 }] }, 25.02],
		['leaves a gap that a seek went into', { seeking: true, stoodFor: 0.15 }, 25.02],
		['waits for what a seek lands on', { seeking: true, listed: [{ start: 18, end: 22, gap: false }] }, null],
		[
			'gives hls.js time to find its way back into the list',
			{ stoodFor: 0.3, listed: [{ start: 30, end: 32, gap: false }] },
			null
		],
		['waits at the live edge', { listed: [{ start: 18, end: 22, gap: false }] }, null],
		['leaves a place that is no longer listed', { listed: [{ start: 30, end: 32, gap: false }] }, 30.02],
		['moves a decoder that is stuck with media ahead', { buffered: [{ start: 10, end: 22 }], stoodFor: 1.6 }, 21.6],
		['gives a decoder time', { buffered: [{ start: 10, end: 22 }], listed: [], stoodFor: 1.4 }, null],
		['ignores a crumb of media', { buffered: [{ start: 25, end: 25.05 }], listed: [] }, null]
	];
	test.each(cases)('%s', (_, change, to) => {
		if (to === null) expect(wayOut(stand(change))).toBeNull();
		else expect(wayOut(stand(change))).toBeCloseTo(to);
	});
});

describe('a picture that the sound left behind', () => {
	const holed = [
		{ start: 2, end: 5 },
		{ start: 5.2, end: 5.4 },
		{ start: 6.2, end: 7 }
	];
	const cases: [string, number, number, boolean][] = [
		['is told once the sound is well inside the next stretch', 6.4, 5.35, true],
		['is told after two holes', 6.4, 4.9, true],
		['may still come at the start of a stretch', 6.3, 5.35, false],
		['is not looked for inside a hole', 5.6, 5.35, false],
		['is not a picture that goes on', 6.6, 6.25, false],
		['is not a slow picture in one stretch', 4.9, 2.5, false],
		['is told although what it showed is no longer buffered', 2.5, 1, true]
	];
	test.each(cases)('%s', (_, position, shownAt, left) => expect(leftBehind(position, shownAt, holed)).toBe(left));
});

describe('repairs', () => {
	test('resume the network twice, then build anew, with a growing wait and without end', () => {
		const recovery = new Recovery();
		const steps = Array.from({ length: 30 }, (_, i) => recovery.next('network', i * 5, 1));
		expect(steps.slice(0, 3).map((s) => s.repair)).toEqual(['resume', 'resume', 'rebuild']);
		expect(steps[0]?.inMs).toBeLessThan(steps[2]?.inMs ?? 0);
		expect(steps.at(-1)).toEqual({ repair: 'rebuild', inMs: 5000 });
	});

	test('recover media at once, and begin gently again after calm', () => {
		const recovery = new Recovery();
		const repairs = [0, 1, 2, 60].map((now) => recovery.next('media', now, 0).repair);
		expect(repairs).toEqual(['recover-media', 'recover-media', 'rebuild', 'recover-media']);
	});
});

test.each([
	['a request without an answer', 'fragLoadError', { code: 0 }, true],
	['a request that took too long', 'levelLoadTimeOut', undefined, true],
	['a refusal of the server', 'levelLoadError', { code: 503 }, false],
	['a decoder that stalls', 'bufferStalledError', undefined, false]
])('%s reaches nobody, or somebody', (_, details, response, nobody) =>
	expect(reachedNobody({ details, response } as Parameters<typeof reachedNobody>[0])).toBe(nobody)
);

test('the clock believes the shortest round trip', () => {
	const clock = new ServerClock();
	expect([clock.offset, clock.rtt]).toEqual([0, null]);
	clock.add({ sent: 1000, received: 1400, server: 9000 });
	clock.add({ sent: 2000, received: 2020, server: 5010 });
	clock.add({ sent: 3000, received: 3300, server: 9999 });
	expect([clock.offset, clock.rtt]).toEqual([3000, 20]);
});

describe('rungs', () => {
	const rung = { height: 720, frameRate: 30, bitrate: 2e6, url: '/live/s1/720p/index.m3u8' };
	const cases: [string, object, string][] = [
		['a usual rung by its height', {}, '720p'],
		['a fast rung by its frames too', { frameRate: 59.94 }, '720p60'],
		['a rung without a size by its place', { height: 0 }, '720p'],
		['a foreign rung by its bit rate', { height: 0, url: 'x' }, '2000 kb/s']
	];
	test.each(cases)('name %s', (_, change, label) => expect(rungLabel({ ...rung, ...change })).toBe(label));

	test('know the source by its address', () => {
		expect(isSource({ ...rung, url: '/live/s1/source/index.m3u8?x=1' })).toBe(true);
		expect(isSource(rung)).toBe(false);
		expect(renditionOf('/live/s1/audio/index.m3u8')).toBe('audio');
	});
});

const ALL = ['source', '480p'];

/** All renditions are there from 0 s on, and from 10 s on the source alone. */
function withoutLadder(): Roll {
	const roll = new Roll();
	roll.take(ALL, 0);
	roll.take(['source'], 10);
	return roll;
}

describe('the roll of renditions', () => {
	test('calls a rung gone when it was not named for three seconds, once', () => {
		const roll = withoutLadder();
		expect([roll.gone(12.9), roll.gone(13), roll.gone(14)]).toEqual([[], ['480p'], []]);
		expect(roll.names).toEqual(['source']);
	});

	test('forgives an encoder that is late', () => {
		const roll = new Roll();
		for (let now = 0; now < 20; now += 2) roll.take(now % 4 ? ['source'] : ALL, now);
		expect(roll.gone(20)).toEqual([]);
		expect([roll.steady('480p', 20), roll.steady('source', 20)]).toEqual([false, true]);
	});

	test('believes in a rung that is back after two seconds', () => {
		const roll = withoutLadder();
		roll.gone(13);
		roll.take(ALL, 20);
		expect([roll.steady('480p', 21.9), roll.steady('480p', 22)]).toEqual([false, true]);
	});

	test('waits for the ladder of an encoder that is back', () => {
		const roll = withoutLadder();
		roll.beCalm(20);
		expect([roll.gone(22.9), roll.gone(23)]).toEqual([[], ['480p']]);
	});

	test('does not miss what was never named', () => {
		const roll = new Roll();
		roll.take(['source'], 0);
		expect([roll.gone(100), roll.steady('480p', 100)]).toEqual([[], false]);
	});
});

describe('keys', () => {
	const press = (key: string, change: Partial<Press> = {}): Press => ({
		key,
		signs: true,
		ctrlKey: false,
		altKey: false,
		metaKey: false,
		focus: 'nothing',
		...change
	});
	const cases: [string, Press, string | null][] = [
		['space plays', press(' '), 'play'],
		['K with shift plays', press('K'), 'play'],
		['space on a button presses the button', press(' ', { focus: 'button' }), null],
		['a letter in a text field is text', press('m', { focus: 'text' }), null],
		['Esc in a text field closes', press('Escape', { focus: 'text' }), 'close'],
		['Ctrl-F stays the browser’s', press('f', { ctrlKey: true }), null],
		['arrows on a slider move the slider', press('ArrowLeft', { focus: 'range' }), null],
		['an unknown key does nothing', press('x'), null],
		['a letter that was turned off does nothing', press('m', { signs: false }), null],
		['nor does a sign', press('?', { signs: false }), null],
		['keys that type nothing still do', press('ArrowLeft', { signs: false }), 'back'],
		['and a space', press(' ', { signs: false }), 'play']
	];
	test.each(cases)('%s', (_, p, action) => expect(actionFor(p)).toBe(action));

	test('up and down scroll the page unless the viewer is at the player or sees nothing else', () => {
		expect(scrollsPage('louder', { atPlayer: false, filled: false })).toBe(true);
		expect(scrollsPage('louder', { atPlayer: true, filled: false })).toBe(false);
		expect(scrollsPage('softer', { atPlayer: false, filled: true })).toBe(false);
		expect(scrollsPage('back', { atPlayer: false, filled: false })).toBe(false);
	});
});
