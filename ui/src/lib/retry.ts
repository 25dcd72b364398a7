// How long to wait before the next try. Pure: chance is an argument.

export interface Backoff {
	/** First wait, ms. */
	first: number;
	/** Longest wait, ms. */
	longest: number;
}

/**
 * The wait in ms before try number `tries` (0 is the first repeat): doubled each time up to the longest, with the
 * last quarter left to chance (`random` in 0..1) so that viewers of one channel do not all return at once.
 */
export function backoff({ first, longest }: Backoff, tries: number, random: number): number {
	const full = Math.min(longest, first * 2 ** Math.min(tries, 20));
	return full * (0.75 + 0.25 * random);
}
