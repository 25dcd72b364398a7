// Finds the way out when the playhead stands still although newer media exists: over a hole in the buffer, or over
// segments that the server marks as gaps while the encoder was away. Pure.

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
	buffered: readonly Stretch[];
	/** Segments and parts of the playlist in order, newest last. */
	listed: readonly Listed[];
	/** The distance to the edge aimed for. */
	aim: number;
}

/** A shorter stand may be the decoder drawing breath. */
const PATIENCE_BUFFERED_S = 0.12;
/** Media that is listed but not loaded: hls.js is given this long to load it by itself. */
const PATIENCE_LISTED_S = 0.6;
/** The buffer beyond the hole must hold this much, else we would stand again at once. */
const WORTH_S = 0.15;
/** Land a little inside a stretch: the first frame's edge is not exact across audio and video. */
const INSIDE_S = 0.02;

/** Where to seek to, or null when standing still is right (nothing newer exists yet). */
export function wayOut(s: Standstill): number | null {
	if (s.stoodFor < PATIENCE_BUFFERED_S) return null;
	const beyond = s.buffered.filter((b) => b.start > s.position + INSIDE_S && b.end - b.start >= WORTH_S);
	const newest = beyond.at(-1);
	if (newest) return Math.max(newest.start + INSIDE_S, newest.end - s.aim);

	if (s.stoodFor < PATIENCE_LISTED_S) return null;
	const inside = s.listed.find((l) => l.start <= s.position + INSIDE_S && l.end > s.position + INSIDE_S);
	const behindWindow = s.listed.length > 0 && (s.listed[0]?.start ?? 0) > s.position;
	if (!inside?.gap && !behindWindow) return null;
	const after = s.listed.find((l) => !l.gap && l.start > s.position && l.end > l.start);
	return after ? after.start + INSIDE_S : null;
}
