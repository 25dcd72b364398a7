// What is asked for ahead of hls.js, and what hls.js gets when it comes to it.
import type { Fragment, FragmentLoaderContext, LevelDetails } from 'hls.js';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Ahead, AT_ONCE, WORTH_S, type FetchPart, type Got } from './ahead.ts';

const BASE = 'https://live.example/live/1/source/';
const PART_S = 0.2;
const PARTS_A_SEGMENT = 5;

vi.stubGlobal('location', new URL(BASE));

/** The `n`th part since the stream began, as it is named. */
const url = (n: number) => `${BASE}${Math.floor(n / PARTS_A_SEGMENT)}.${n % PARTS_A_SEGMENT}.m4s`;
const INIT = `${BASE}init-0.mp4`;

/** The playlist that lists parts `from` up to and without `to`, and hints at that one. */
function playlist(from: number, to: number, { gaps = [] as number[], hint = true } = {}): LevelDetails {
	const partList = Array.from({ length: to - from }, (_, i) => from + i).map((n) => ({
		url: url(n),
		start: n * PART_S,
		gap: gaps.includes(n),
		independent: n % PARTS_A_SEGMENT === 0
	}));
	const named = url(to).slice(BASE.length);
	return {
		url: `${BASE}index.m3u8?_HLS_msn=1`,
		partList,
		partTarget: PART_S,
		partHoldBack: 3.2 * PART_S,
		edge: to * PART_S,
		fragments: [],
		fragmentHint: { initSegment: { url: INIT } },
		preloadHint: hint ? { TYPE: 'PART', URI: named } : undefined
	} as unknown as LevelDetails;
}

let asked: string[];
let dropped: string[];

const recorded: FetchPart = (url, signal) => {
	asked.push(url);
	signal.addEventListener('abort', () => dropped.push(url));
	return new Promise<Got>(() => undefined);
};

beforeEach(() => {
	asked = [];
	dropped = [];
});

const far = (rtt = 0.25) => new Ahead(rtt, recorded);

/** hls.js comes to a part; to a whole segment or an initialization section where `n` is none. */
function comesTo(ahead: Ahead, n: number | 'segment' | 'init', type = 'main') {
	const frag = { type, sn: n === 'init' ? 'initSegment' : 1 } as Fragment;
	const part = typeof n === 'number' ? { url: url(n) } : null;
	const where = typeof n === 'number' ? url(n) : n === 'init' ? INIT : `${BASE}1.m4s`;
	return ahead.take({ frag, part, url: where } as unknown as FragmentLoaderContext);
}

/** hls.js is at part 7 of a stream that lists up to part 8. */
function under(rtt?: number) {
	const ahead = far(rtt);
	ahead.listed('main', playlist(0, 8));
	comesTo(ahead, 7);
	asked = [];
	dropped = [];
	return ahead;
}

describe('under way', () => {
	test('the part that is hinted at is asked for with its playlist, and once', () => {
		const ahead = under();
		ahead.listed('main', playlist(0, 9));
		ahead.listed('main', playlist(0, 9));
		expect(asked).toEqual([url(9)]);
		expect(comesTo(ahead, 8)).toBeDefined();
		expect(comesTo(ahead, 9)).toBeDefined();
		expect(dropped).toEqual([]);
	});

	test.each([
		['with one more than a round trip lasts', 0.25, 3],
		['with no more than so many', 60, AT_ONCE]
	])('those listed are asked for at once, %s', (_, rtt, count) => {
		const ahead = under(rtt);
		comesTo(ahead, 0);
		expect(new Set([...asked, url(8)])).toEqual(
			new Set([...Array.from({ length: count }, (_, i) => url(1 + i)), url(8)])
		);
	});

	test('a part that never comes is let go, as is what hls.js leaves', () => {
		const ahead = under();
		ahead.listed('main', playlist(0, 10, { gaps: [8, 9] }));
		expect(dropped).toEqual([url(8)]);
		comesTo(ahead, 'segment');
		expect(dropped).toEqual([url(8), url(10)]);
	});

	test('where hls.js goes its own way, nothing is asked for', () => {
		const ahead = under();
		comesTo(ahead, 100);
		comesTo(ahead, 'segment');
		ahead.listed('main', playlist(0, 9));
		expect(asked).toEqual([]);
	});

	test('picture and sound go ways of their own', () => {
		const ahead = under();
		ahead.listed('audio', playlist(0, 8));
		comesTo(ahead, 7, 'audio');
		expect(asked.filter((each) => each === url(8))).toHaveLength(1);
		expect(comesTo(ahead, 8, 'audio')).toBeDefined();
		expect(comesTo(ahead, 8)).toBeDefined();
	});

	test('how late a part is counts from the list that had it first', () => {
		vi.useFakeTimers();
		const ahead = under();
		ahead.listed('main', playlist(0, 9));
		vi.advanceTimersByTime(400);
		ahead.listed('main', playlist(0, 10));
		expect([ahead.age('main', url(8)), ahead.age('main', url(9)), ahead.age('main', url(10))]).toEqual([400, 0, 0]);
		vi.useRealTimers();
	});
});

test('a part that failed may be asked for again', async () => {
	const ahead = new Ahead(0.25, (url) => {
		asked.push(url);
		return Promise.reject(new Error('HTTP 404'));
	});
	ahead.listed('main', playlist(0, 8));
	comesTo(ahead, 7);
	asked = [];
	await new Promise((done) => setTimeout(done));
	expect(comesTo(ahead, 7)).toBeUndefined();
	expect(asked).toEqual([url(8)]);
});

test('of the line a part had what the others left, though hls.js took their bytes away', async () => {
	const part = (bytes: number, first: number, end: number) => ({ data: new ArrayBuffer(bytes), first, end });
	const [alone, one, two] = [part(9000, 200, 300), part(3000, 0, 100), part(1000, 50, 100)];
	const coming = [alone, one, two];
	const ahead = new Ahead(0.25, async () => coming.shift() ?? part(0, 400, 500));
	ahead.listed('main', playlist(0, 14));
	await new Promise((done) => setTimeout(done));
	// In its half of the time half of the other's bytes came.
	const shares = () => [alone, one, two].map((each) => ahead.shareOf(each));
	expect(shares()).toEqual([1, 3000 / 4000, 1000 / 2500]);
	structuredClone(null, { transfer: [one.data] });
	expect(ahead.shareOf(two)).toBe(1000 / 2500);
	expect(ahead.shareOf({ ...one, end: one.first })).toBe(1);
});

describe('at the beginning', () => {
	test('what hls.js begins with is asked for at once: the part to decode first, some after it, and what they need', () => {
		const ahead = far();
		ahead.listed('main', playlist(0, 14));
		expect(asked).toEqual([INIT, ...[10, 11, 12, 13].map(url)]);
		expect([comesTo(ahead, 'init'), comesTo(ahead, 10), comesTo(ahead, 11)]).not.toContain(undefined);
		ahead.listed('main', playlist(0, 15));
		expect(asked.filter((each) => each === INIT)).toHaveLength(1);
		expect(dropped).toEqual([]);
	});

	test('a wrong guess is let go', () => {
		const ahead = far();
		ahead.listed('main', playlist(0, 14));
		expect(comesTo(ahead, 5)).toBeUndefined();
		expect(dropped).toEqual([INIT]);
	});

	test('another player begins anew', () => {
		const ahead = under();
		ahead.restart();
		expect(dropped).toEqual([url(8)]);
		dropped = [];
		ahead.listed('main', playlist(0, 14));
		expect(asked).toContain(INIT);
		ahead.restart();
		expect(dropped).toEqual(asked);
	});
});

test('near by nothing is asked for', () => {
	const ahead = far(WORTH_S / 2);
	ahead.listed('main', playlist(0, 8));
	comesTo(ahead, 7);
	ahead.listed('main', playlist(0, 9));
	expect(asked).toEqual([]);
	expect(comesTo(ahead, 8)).toBeUndefined();
});
