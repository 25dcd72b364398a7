import { expect, test } from 'vitest';
import { TELLING_BYTES, widthOf, type Fetched } from './way.ts';

const file = (responseStart: number, responseEnd: number, transferSize = TELLING_BYTES): Fetched => ({
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
	['too little tells nothing', [file(100, 110, TELLING_BYTES - 1)], 0],
	['nor does nothing', [], 0]
])('how wide a line is: %s', (_, files, mbits) => {
	expect(widthOf(files) / 1e6).toBeCloseTo(mbits);
});
