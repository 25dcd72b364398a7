import { expect, test } from 'vitest';
import { firstEstimate, USUAL_WIDTH } from './tuning.ts';
import { SLOW_START_TRIPS, TELLING_BYTES, widthOf, type Fetched } from './way.ts';

const PAGE = 'https://live.example/_app/immutable/chunks/a.js';

const file = (responseStart: number, responseEnd: number, transferSize = TELLING_BYTES, name = PAGE): Fetched => ({
	name,
	transferSize,
	responseStart,
	responseEnd
});
const MBITS = (TELLING_BYTES * 8) / 1e6;

test.each([
	['one file', [file(100, 600)], 2 * MBITS],
	['files one after the other, and nothing between them', [file(2000, 2500), file(100, 600)], 2 * MBITS],
	['files that share the line', [file(100, 1100), file(100, 1100), file(600, 1000)], 3 * MBITS],
	['what was not fetched does not count', [file(100, 600), file(0, 0, 1e6), file(100, 5000, 0)], 2 * MBITS],
	['nor does what is no file of the page', [file(100, 600), file(100, 60_000, 900, '/api/v1/events')], 2 * MBITS],
	['too little tells nothing', [file(100, 110, TELLING_BYTES - 1)], 0],
	['nor does nothing', [], 0]
])('how wide a line is: %s', (_, files, mbits) => {
	expect(widthOf(files, 0.01) / 1e6).toBeCloseTo(mbits);
});

test('what came while TCP began slowly tells nothing of a line', () => {
	const trip = 500 / SLOW_START_TRIPS / 1000;
	const [wide, narrow] = [1.1, 0.9].map((times) => widthOf([file(100, 600)], times * trip));
	expect(wide).toBe(0);
	expect(narrow).toBeGreaterThan(0);
});

test.each([
	['a narrow line is believed, but for what else goes over it', 2e6, 1.6e6],
	['a wide one is not believed at once', 100e6, USUAL_WIDTH],
	['where nothing tells it is as usual', 0, USUAL_WIDTH]
])('what is reckoned with first: %s', (_, width, estimate) => {
	expect(firstEstimate(width)).toBe(estimate);
});
