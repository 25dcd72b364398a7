// Reads what the player's rules need out of hls.js' view of a media playlist. Pure.
import type { LevelDetails } from 'hls.js';
import type { Listed } from './outage.ts';

/** Whole segments, then the parts of the segment in progress. */
export function listedOf(details: LevelDetails): Listed[] {
	const whole = details.fragments.map((f) => ({ start: f.start, end: f.end, gap: f.gap === true }));
	const wholeEnd = whole.at(-1)?.end ?? Number.NEGATIVE_INFINITY;
	const parts = (details.partList ?? [])
		.filter((p) => p.end > wholeEnd + 0.001)
		.map((p) => ({ start: p.start, end: p.end, gap: p.gap }));
	return [...whole, ...parts];
}

/** Whether the newest listed media is a gap: the encoder is away. */
export const edgeIsGap = (details: LevelDetails): boolean => {
	const part = details.partList?.at(-1);
	const segment = details.fragments.at(-1);
	if (part && part.end >= (segment?.end ?? 0)) return part.gap;
	return segment?.gap === true;
};

/** The encoder's clock for `position` by PROGRAM-DATE-TIME, ms since 1970; null when the playlist has none there. */
export function encoderTime(details: LevelDetails, position: number): number | null {
	const open = details.fragmentHint;
	const newestFirst = [...(open ? [open] : []), ...details.fragments.toReversed()];
	const holds = newestFirst.find((f) => f.start <= position + 0.01 && f.programDateTime !== null && !f.gap);
	return holds?.programDateTime != null ? holds.programDateTime + (position - holds.start) * 1000 : null;
}
