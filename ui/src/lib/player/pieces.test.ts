import { describe, expect, test } from 'vitest';
import { BORNE, LATE_S, LOOKED_AT, PATIENCE_S, Pieces } from './pieces.ts';

const PART_S = 0.2;
const BORNE_S = BORNE.shared * PART_S;
const TOO_LATE = LATE_S + 0.5;

/** After so many parts that came so late, one after the other, each by `more` later than the one before. */
function after(lag: number, { count = LOOKED_AT, more = 0, pieces = new Pieces(), now = 0 } = {}) {
	for (let i = 0; i < count; i += 1) pieces.came(lag + i * more, now);
	return pieces;
}

describe('parts are given up', () => {
	test.each([
		['not where they come in time', 0.3, 0, true],
		['not where they come late and catch up', TOO_LATE + 1, -0.05, true],
		['where they come late and no better', TOO_LATE, 0, false],
		['where they come later and later', TOO_LATE, 0.05, false]
	])('%s', (_, lag, more, parts) => {
		expect(after(lag, { more }).parts).toBe(parts);
	});

	test('not for some that are late, nor for what was seen of another rung', () => {
		expect(after(TOO_LATE, { count: LOOKED_AT - 1, pieces: after(0.1) }).parts).toBe(true);
		const pieces = after(TOO_LATE, { count: LOOKED_AT - 1 });
		pieces.forget();
		expect(after(TOO_LATE, { count: LOOKED_AT - 1, pieces }).parts).toBe(true);
	});

	test('sooner where few requests go at once', () => {
		const guess = (BORNE.alone + 0.1) * PART_S;
		expect([new Pieces(guess, true).parts, new Pieces(guess, false).parts]).toEqual([true, false]);
	});

	test('before any came, by the round trip alone', () => {
		const pieces = new Pieces();
		pieces.roundTrip(BORNE_S - 0.01, PART_S, 0);
		expect(pieces.parts).toBe(true);
		pieces.roundTrip(BORNE_S + 0.01, PART_S, 0);
		expect(pieces.parts).toBe(false);
	});
});

describe('parts are taken up again', () => {
	test('at once where only a guess, or a round trip that was too long, spoke against them', () => {
		const pieces = new Pieces(BORNE_S + 0.1);
		const given = (rtt: number) => {
			pieces.roundTrip(rtt, PART_S, 0);
			return pieces.parts;
		};
		const seen = [pieces.parts, given(0.9 * BORNE_S), given(0.05), given(2 * BORNE_S), given(0.05)];
		expect(seen).toEqual([false, false, true, false, true]);
	});

	test('after a while, where the round trip is short; later each time', () => {
		const pieces = after(TOO_LATE, { now: 100 });
		const at = (now: number, rtt = 0.05) => {
			pieces.roundTrip(rtt, PART_S, now);
			return pieces.parts;
		};
		const long = 0.9 * BORNE_S;
		expect([at(99 + PATIENCE_S), at(101 + PATIENCE_S, long), at(101 + PATIENCE_S)]).toEqual([false, false, true]);
		after(TOO_LATE, { pieces, now: 200 });
		expect([at(201 + PATIENCE_S), at(201 + 2 * PATIENCE_S)]).toEqual([false, true]);
	});
});
