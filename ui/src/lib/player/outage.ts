// Finds the way out when the playhead stands still although newer media exists: over a hole in the buffer, or over
// segments that the server marks as gaps while the encoder was away; and when only the picture stands. Pure.

/** A stretch of media, seconds on the media's timeline. */
export interface Stretch {
	start: number;
	end: number;
}

/** A listed segment or part; `gap` when the server says that it has no bytes. */
export interface Listed extends Stretch {
	gap: boolean;
}

export interface Standstill {
	position: number;
	/** Seconds without progress. */
	stoodFor: number;
	/** A seek is under way: wait for what it lands on, unless the server says that there is nothing. */
	seeking: boolean;
	buffered: readonly Stretch[];
	/** Segments and parts of the playlist in order, newest last. */
	listed: readonly Listed[];
	/** The distance to the edge aimed for. */
	aim: number;
}

/** A shorter stand may be the decoder drawing breath. */
const PATIENCE_BUFFERED_S = 0.12;
/** Behind all that is listed: hls.js is given this long to find its way by itself. */
const PATIENCE_LISTED_S = 0.6;
/** With media under the playhead and ahead of it, so long a stand is a decoder that will not move by itself. */
const PATIENCE_DECODER_S = 1.5;
const PLENTY_S = 0.5;
/** The buffer beyond the hole must hold this much, else we would stand again at once. */
const WORTH_S = 0.15;
/** Sound and picture end some frames apart: so near before a gap, nothing more is to be had. */
const NEARLY_S = 0.15;
/** Land a little inside a stretch: the first frame's edge is not exact across audio and video. */
const INSIDE_S = 0.02;

/** Where to seek to, or null when standing still is right (nothing newer exists yet). */
export function wayOut(s: Standstill): number | null {
	if (s.stoodFor < PATIENCE_BUFFERED_S) return null;
	const beyond = s.buffered.filter((b) => b.start > s.position + INSIDE_S && b.end - b.start >= WORTH_S);
	const newest = beyond.at(-1);
	if (newest && !s.seeking) return Math.max(newest.start + INSIDE_S, newest.end - s.aim);

	const here = s.buffered.find((b) => b.start <= s.position && b.end - s.position >= PLENTY_S);
	if (here && !s.seeking && s.stoodFor >= PATIENCE_DECODER_S) return Math.max(s.position + INSIDE_S, here.end - s.aim);

	const ahead = s.position + NEARLY_S;
	const inside = s.listed.find((l) => l.start <= ahead && l.end > ahead);
	const behindWindow = s.listed.length > 0 && (s.listed[0]?.start ?? 0) > s.position;
	// hls.js asks for no part that follows a gap while the playhead is in the gap: nobody but us will get it out.
	const lost = inside?.gap || (behindWindow && !s.seeking && s.stoodFor >= PATIENCE_LISTED_S);
	if (!lost) return null;
	const after = s.listed.find((l) => !l.gap && l.start > s.position && l.end > l.start);
	return after ? after.start + INSIDE_S : null;
}

/** So far into a stretch, its first frame is on the screen if it will ever be. */
const SHOWN_BY_S = 0.15;

/**
 * Whether the picture was left behind a hole that the sound ran across; `shownAt` is where the newest frame was shown.
 * Chromium lets the sound play on for three seconds then, shows nothing of what follows the hole, and stands still
 * for good (crbug 40280613); any seek frees it. hls.js sees to that only with more than a second of sound in the buffer, which
 * a live picture near its edge never has.
 */
export function leftBehind(position: number, shownAt: number, buffered: readonly Stretch[]): boolean {
	const here = buffered.find((b) => b.start + SHOWN_BY_S <= position && b.end > position);
	return here !== undefined && shownAt < here.start;
}
