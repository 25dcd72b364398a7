import { describe, expect, test } from 'vitest';
import { LOOKED_AT, PATIENCE_S, Pieces } from './pieces.ts';

const PART_S = 0.2;

/** After so many parts that took so long, one after the other. */
function after(took: number, count = LOOKED_AT, pieces = new Pieces(), now = 0) {
	for (let i = 0; i < count; i += 1) pieces.loaded(took, PART_S, now);
	return pieces;
}

describe('parts are given up', () => {
	test.each([
		['not near by', 0.04, true],
		['not where each comes in time', 0.18, true],
		['where each takes as long as it lasts', 0.2, false]
	])('%s', (_, took, parts) => {
		expect(after(took).parts).toBe(parts);
	});

	test('not for one that is late, nor for what was seen of another rung', () => {
		expect(after(1, 1, after(0.04, LOOKED_AT)).parts).toBe(true);
		const pieces = after(0.3, LOOKED_AT - 1);
		pieces.forget();
		expect(after(0.04, LOOKED_AT, pieces).parts).toBe(true);
	});

	test('before any came, by the round trip alone', () => {
		const pieces = new Pieces();
		pieces.roundTrip(0.18, PART_S, 0);
		expect(pieces.parts).toBe(true);
		pieces.roundTrip(0.2, PART_S, 0);
		expect(pieces.parts).toBe(false);
	});
});

describe('parts are taken up again', () => {
	test('at once where only a guess, or a round trip that was too long, spoke against them', () => {
		const pieces = new Pieces(0.25);
		const given = (rtt: number) => {
			pieces.roundTrip(rtt, PART_S, 0);
			return pieces.parts;
		};
		expect([pieces.parts, given(0.15), given(0.05), given(0.25), given(0.05)]).toEqual([
			false,
			false,
			true,
			false,
			true
		]);
	});

	test('after a while, where the round trip is short; later each time', () => {
		const pieces = after(0.3, LOOKED_AT, new Pieces(), 100);
		const at = (now: number, rtt = 0.05) => {
			pieces.roundTrip(rtt, PART_S, now);
			return pieces.parts;
		};
		expect([at(99 + PATIENCE_S), at(101 + PATIENCE_S, 0.15), at(101 + PATIENCE_S)]).toEqual([false, false, true]);
		after(0.3, LOOKED_AT, pieces, 200);
		expect([at(201 + PATIENCE_S), at(201 + 2 * PATIENCE_S)]).toEqual([false, true]);
	});
});
