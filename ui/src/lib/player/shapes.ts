// The shapes in which the engine tells what it does. Spans are seconds, rates bits per second.
import type Hls from 'hls.js';

export interface Rung {
	/** Index in hls.js' list. */
	index: number;
	label: string;
	/** The server's name for it; null for a foreign address. */
	rendition: string | null;
	source: boolean;
	bitrate: number;
}

/** The audio-only variant. */
export interface Sound {
	url: string;
	/** Zero where the playlist does not say. */
	bitrate: number;
	codec: string | null;
}

/** Something the viewer should be told, in words by `kind`, to be quoted by `code`. */
export interface Fault {
	kind: 'network' | 'media' | 'other' | 'unsupported' | 'fatal';
	code: string;
	/** When the next try is due, ms of performance.now(); null when none is planned. */
	retryAt: number | null;
}

export type Phase = 'loading' | 'playing' | 'paused' | 'waiting' | 'ended' | 'stopped';
export type Choice = 'auto' | 'audio' | string;

export interface Snapshot {
	phase: Phase;
	fault: Fault | null;
	rungs: Rung[];
	/** "auto", "audio", or a rung's label; "auto" while the chosen rung is gone. */
	choice: Choice;
	/** Label of the chosen rung while it is gone: it is taken again when it is back. */
	missing: string | null;
	/** Label of the rung on screen. */
	current: string | null;
	audioAvailable: boolean;
	/** The browser forbade sound until the viewer acts. */
	mutedByBrowser: boolean;
	behindByChoice: boolean;
	/** The newest request for the stream reached nobody. */
	cut: boolean;
}

/** Before anything has happened. */
export const BEGINNING: Snapshot = {
	phase: 'loading',
	fault: null,
	rungs: [],
	choice: 'auto',
	missing: null,
	current: null,
	audioAvailable: false,
	mutedByBrowser: false,
	behindByChoice: false,
	cut: false
};

export interface Stats {
	/** Seconds behind the encoder's clock by PROGRAM-DATE-TIME, our clock corrected by the server's. */
	latencyEncoder: number | null;
	latencyEdge: number | null;
	aim: number | null;
	buffer: number;
	rate: number;
	droppedFrames: number;
	totalFrames: number;
	rendition: string | null;
	width: number;
	height: number;
	bitrate: number | null;
	bandwidth: number | null;
	rttMs: number | null;
	stalls: number;
	jumps: number;
	rebuilds: number;
	codecs: string;
	engine: string;
	position: number;
	phase: Phase;
}

/** What `window.__footlight` offers. */
export interface Probe {
	latency(): number | null;
	stats(): Stats;
	readonly hls: Hls | null;
	readonly video: HTMLVideoElement;
}
