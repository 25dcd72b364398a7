// Keeps a playing picture near the edge and gets a standing one going: reads the moment ten times a second and with each
// playlist, asks the rules (latency.ts, outage.ts), and does what they say to the video element.
import type { LevelDetails } from 'hls.js';
import type { ServerClock } from './clock.ts';
import { LatencyController } from './latency.ts';
import { leftBehind, wayOut } from './outage.ts';
import { edgeIsGap, listedOf } from './playlist.ts';
import type { Readings } from './readings.ts';
import { BACK_BUFFER_AFTER_HOLE_S, BACK_BUFFER_S, WATCHDOG_S } from './tuning.ts';

const seconds = () => performance.now() / 1000;

/** What the engine knows, and what is asked of it. */
export interface Helm {
	/** Whether the channel is said to be live: the watchdog sleeps else. */
	live(): boolean;
	behindByChoice(): boolean;
	/** Whether a fault is being repaired, or playing was given up. */
	inTrouble(): boolean;
	/** The picture moves. */
	moves(): void;
	/** The picture ran dry although there was media; told once a stall. */
	ranDry(): void;
	/** Nothing has moved for too long. */
	stuck(): void;
}

export class Steering {
	readonly #video: HTMLVideoElement;
	readonly #readings: Readings;
	readonly #clock: ServerClock;
	readonly #helm: Helm;
	readonly #latency = new LatencyController();
	#lastPosition = -1;
	#movedAt = seconds();
	/** From when on the watchdog counts. */
	#calmAt = seconds();
	#standing = false;
	#frames = 0;
	/** Where the newest frame was shown. */
	#shownAt = 0;
	/** Whether this player has shown anything yet. */
	started = false;
	stalls = 0;
	jumps = 0;
	/** The distance to the edge that is aimed for; null before the first playlist. */
	aim: number | null = null;

	constructor(video: HTMLVideoElement, readings: Readings, clock: ServerClock, helm: Helm) {
		this.#video = video;
		this.#readings = readings;
		this.#clock = clock;
		this.#helm = helm;
	}

	/** A player was built: it may take its time again, and settle anew. */
	restart(): void {
		this.started = false;
		this.touch();
		this.#latency.restart();
	}

	/** The watchdog's patience begins anew. */
	beCalm(): void {
		this.#calmAt = seconds();
	}

	/** Something happened that explains a standing picture: all patience begins anew. */
	touch(): void {
		this.#movedAt = seconds();
	}

	seek(to: number): void {
		this.jumps += 1;
		this.#latency.forgetArrivals();
		this.#video.currentTime = to;
	}

	goLive(): void {
		const { edge, position } = this.#readings;
		if (edge !== null) this.seek(Math.max(edge - (this.aim ?? 1), position));
	}

	/** Whether a move by `span` seconds ends at the edge or beyond. */
	reachesEdge(span: number): boolean {
		const { edge, position } = this.#readings;
		return edge !== null && position + span >= edge - (this.aim ?? 1);
	}

	/** Moves by `span` seconds within what is still listed. */
	seekBy(span: number): void {
		const { edge, position, details } = this.#readings;
		if (edge !== null) this.seek(Math.max((details?.fragmentStart ?? 0) + 0.1, position + span));
	}

	tick(): void {
		const stoodFor = this.#stoodFor();
		if (this.#video.paused) return;
		this.#watch(stoodFor);
		const details = this.#readings.details;
		if (!details) return;
		if (stoodFor > 0.15) this.ranDry();
		this.#keepNear(details, stoodFor);
		this.#freePicture();
		this.leaveOutage(details);
	}

	/**
	 * A playlist arrived. Where nobody sees the page it is the clock too: timers may come once a minute there, in which a
	 * speed that was right for a moment empties the buffer.
	 */
	listed(details: LevelDetails): void {
		this.leaveOutage(details);
		if (document.hidden) this.tick();
	}

	/** The watchdog: needs no playlist to steer by, which there never is where the browser plays HLS itself. */
	#watch(stoodFor: number): void {
		const watched = Math.min(stoodFor, seconds() - this.#calmAt);
		if (this.#helm.live() && watched > WATCHDOG_S && !this.#helm.inTrouble()) this.#helm.stuck();
	}

	/** Counts one stall, however it was noticed, and tells the controller unless the encoder or the network was away. */
	ranDry(): void {
		const details = this.#readings.details;
		if (!details || !this.started || this.#standing || this.#video.seeking) return;
		this.#standing = true;
		this.stalls += 1;
		// Nothing new from the encoder, or from the network for long: more distance would not have helped.
		const late = details.age > 2 * (this.#readings.partTarget ?? details.targetduration);
		if (edgeIsGap(details) || late || !this.#helm.live()) return;
		this.#latency.stalled(seconds());
		this.#helm.ranDry();
	}

	/** Goes on to newer media if the picture stands; called with each playlist, for it may be the one that has it. */
	leaveOutage(details: LevelDetails): void {
		const { position, buffered } = this.#readings;
		const stoodFor = this.started && !this.#video.paused ? seconds() - this.#movedAt : 0;
		// Where the viewer went, a whole segment may have to come first.
		const seeking = this.#video.seeking && (this.#helm.behindByChoice() || stoodFor < 1);
		const aim = this.aim ?? 1;
		const to = wayOut({ position, stoodFor, seeking, buffered, listed: listedOf(details), aim });
		if (to !== null && to > position) this.seek(to);
	}

	/** Seeks to where it is, once for each hole, if the sound went on without the picture. */
	#freePicture(): void {
		const { frames, position, buffered } = this.#readings;
		// A page that nobody sees decodes no frames.
		const excused = frames !== this.#frames || this.#video.seeking || document.hidden;
		const left = !excused && leftBehind(position, this.#shownAt, buffered);
		if (!left && !excused) return;
		this.#frames = frames;
		this.#shownAt = position;
		if (left) this.#video.currentTime = position;
	}

	#stoodFor(): number {
		const now = seconds();
		const position = this.#readings.position;
		const moved = Math.abs(position - this.#lastPosition) > 0.001;
		this.#lastPosition = position;
		if (moved || this.#video.paused) this.#movedAt = now;
		if (moved) this.#standing = false;
		if (moved && !this.#video.paused && !this.#helm.inTrouble()) this.#helm.moves();
		return now - this.#movedAt;
	}

	#keepNear(details: LevelDetails, stoodFor: number): void {
		const video = this.#video;
		const { hls, position, bufferEnd, edge, buffered, partTarget } = this.#readings;
		if (hls) hls.config.backBufferLength = buffered.length > 1 ? BACK_BUFFER_AFTER_HOLE_S : BACK_BUFFER_S;
		const decision = this.#latency.update({
			now: seconds(),
			position,
			bufferEnd,
			edge,
			partTarget,
			segmentTarget: details.targetduration,
			rtt: (this.#clock.rtt ?? 0) / 1000,
			steady: this.started && !video.seeking && !edgeIsGap(details) && stoodFor < 0.3,
			behindByChoice: this.#helm.behindByChoice()
		});
		this.aim = decision.aim;
		if (Math.abs(video.playbackRate - decision.rate) > 0.004) video.playbackRate = decision.rate;
		if (decision.jumpTo !== null) this.seek(decision.jumpTo);
	}
}
