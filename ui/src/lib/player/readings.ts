// Reads the moment off a video element and hls.js: where the playhead is, where the edge, what is buffered. Changes
// nothing. Positions are seconds on the media's timeline.
import type Hls from 'hls.js';
import type { LevelDetails } from 'hls.js';
import type { ServerClock } from './clock.ts';
import type { Stretch } from './outage.ts';
import { encoderTime } from './playlist.ts';
import { renditionOf } from './rungs.ts';
import type { Snapshot, Sound, Stats } from './shapes.ts';

/** What the engine counts and nobody can read off. */
export interface Counted {
	aim: number | null;
	stalls: number;
	jumps: number;
	rebuilds: number;
	engine: string;
	/** What the multivariant playlist says of the sound alone; null when that is not what plays. */
	sound: Sound | null;
}

export class Readings {
	readonly #video: HTMLVideoElement;
	readonly #clock: ServerClock;
	/** Null while there is none, and where the browser plays HLS itself. */
	hls: Hls | null = null;

	constructor(video: HTMLVideoElement, clock: ServerClock) {
		this.#video = video;
		this.#clock = clock;
	}

	get position(): number {
		return this.#video.currentTime;
	}

	get details(): LevelDetails | null {
		return this.hls?.latestLevelDetails ?? null;
	}

	/** How long the parts are that are fetched; null where whole segments are. */
	get partTarget(): number | null {
		const details = this.details;
		return details?.partList && this.hls?.lowLatencyMode ? details.partTarget : null;
	}

	/** The live edge now; null before the first playlist. */
	get edge(): number | null {
		const details = this.details;
		if (details?.live) return details.edge + Math.min(details.age, details.targetduration);
		if (this.hls || this.#video.seekable.length === 0) return null;
		return this.#video.seekable.end(this.#video.seekable.length - 1);
	}

	/** Seconds behind the edge. */
	get behind(): number {
		const edge = this.edge;
		return edge === null ? 0 : edge - this.position;
	}

	/** Seconds behind the encoder's clock; null where the playlist has no dates. */
	get behindEncoder(): number | null {
		const details = this.details;
		const encoder = details && encoderTime(details, this.position);
		return encoder === null ? null : (Date.now() + this.#clock.offset - encoder) / 1000;
	}

	get buffered(): Stretch[] {
		const r = this.#video.buffered;
		return Array.from({ length: r.length }, (_, i) => ({ start: r.start(i), end: r.end(i) }));
	}

	/** Frames shown or dropped so far. */
	get frames(): number {
		return this.#video.getVideoPlaybackQuality?.().totalVideoFrames ?? 0;
	}

	/** End of the stretch that holds the playhead; the playhead itself if none does. */
	get bufferEnd(): number {
		const position = this.position;
		return this.buffered.find((r) => r.start <= position + 0.1 && r.end > position)?.end ?? position;
	}

	/** All of it, for the statistics panel and the probe. */
	stats(state: Snapshot, { aim, sound, ...counted }: Counted): Stats {
		const quality = this.#video.getVideoPlaybackQuality?.();
		const hls = this.hls;
		const level = hls && hls.currentLevel >= 0 ? hls.levels[hls.currentLevel] : undefined;
		const edge = this.edge;
		return {
			...counted,
			latencyEncoder: this.behindEncoder,
			latencyEdge: edge === null ? null : edge - this.position,
			aim,
			buffer: Math.max(0, this.bufferEnd - this.position),
			rate: this.#video.playbackRate,
			droppedFrames: quality?.droppedVideoFrames ?? 0,
			totalFrames: this.frames,
			rendition: level ? (renditionOf(level.uri) ?? state.current) : null,
			width: this.#video.videoWidth,
			height: this.#video.videoHeight,
			// A playlist that was loaded by itself says neither of itself.
			bitrate: (sound ?? level)?.bitrate || null,
			bandwidth: hls?.bandwidthEstimate ?? null,
			rttMs: this.#clock.rtt,
			codecs: sound?.codec ?? [level?.videoCodec, level?.audioCodec].filter(Boolean).join(', '),
			position: this.position,
			phase: state.phase
		};
	}
}
