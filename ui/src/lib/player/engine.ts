// Owns the playing of one live stream on one video element: hls.js (or the browser's own HLS), the clock, the latency
// controller, the way out of outages, and repair after errors. Knows nothing of the page around it; tells what
// changed by one callback. The decisions are in latency.ts, outage.ts and recovery.ts, which are pure.
import type Hls from 'hls.js';
import type { ErrorData, HlsConfig, LevelDetails, ManifestLoadedData } from 'hls.js';
import { api } from '#lib/api/client.ts';
import { ServerClock } from './clock.ts';
import { LatencyController } from './latency.ts';
import { wayOut } from './outage.ts';
import { edgeIsGap, encoderTime, listedOf } from './playlist.ts';
import { Recovery, type ErrorKind } from './recovery.ts';
import { isSource, renditionOf, rungLabel } from './rungs.ts';
import type { Choice, Fault, Probe, Snapshot, Stats } from './shapes.ts';

const TICK_MS = 100;
/** A new player when the channel is live and nothing moved for so long. */
const WATCHDOG_S = 8;
const BACK_BUFFER_S = 30;
/** With an old stretch behind a hole in the buffer, hls.js nudges the playhead at each thin moment: let it go soon. */
const BACK_BUFFER_AFTER_HOLE_S = 1;
const CLOCK_FIRST_SAMPLES = 5;
const CLOCK_EVERY_MS = 30_000;

/** hls.js as we run it. No liveSync…: any of them would override the server's hold-back (docs/design.md, Player). */
const CONFIG: Partial<HlsConfig> = {
	lowLatencyMode: true,
	startPosition: -1,
	startLevel: -1,
	// The estimate is our start; a test fragment from the lowest rung would cost a second of joining.
	testBandwidth: false,
	abrEwmaDefaultEstimate: 5_000_000,
	capLevelToPlayerSize: true,
	maxLiveSyncPlaybackRate: 1,
	liveSyncOnStallIncrease: 0,
	liveDurationInfinity: true,
	backBufferLength: BACK_BUFFER_S,
	nudgeMaxRetry: 20
};

const seconds = () => performance.now() / 1000;

export class Engine {
	readonly #video: HTMLVideoElement;
	readonly #url: string;
	readonly #tell: (snapshot: Snapshot) => void;
	readonly #latency = new LatencyController();
	readonly #clock = new ServerClock();
	readonly #recovery = new Recovery();
	readonly #cleanups: (() => void)[] = [];

	#Hls: typeof Hls | null = null;
	#hls: Hls | null = null;
	#native = false;
	#closed = false;
	/** Whether the channel is said to be live: the watchdog sleeps else. */
	#live = true;
	#started = false;
	#audioUrl: string | null = null;
	#retry: ReturnType<typeof setTimeout> | undefined;
	#lastPosition = -1;
	#movedAt = seconds();
	#standing = false;
	#stalls = 0;
	#jumps = 0;
	#rebuilds = 0;
	#aim: number | null = null;

	#state: Snapshot = {
		phase: 'loading',
		fault: null,
		rungs: [],
		choice: 'auto',
		current: null,
		audioAvailable: false,
		mutedByBrowser: false,
		behindByChoice: false
	};

	constructor(video: HTMLVideoElement, url: string, tell: (snapshot: Snapshot) => void) {
		this.#video = video;
		this.#url = url;
		this.#tell = tell;
	}

	/** Loads what is needed and starts to play. */
	async start(): Promise<void> {
		this.#listen();
		void this.#measureClock(CLOCK_FIRST_SAMPLES);
		const { default: HlsClass } = await import('hls.js');
		if (this.#closed) return;
		// Chromium answers "maybe" for HLS of its own, so ours is asked first.
		if (HlsClass.isSupported()) {
			this.#Hls = HlsClass;
			this.#build();
		} else if (this.#video.canPlayType('application/vnd.apple.mpegurl')) {
			this.#native = true;
			this.#buildNative();
		} else {
			this.#set({ phase: 'stopped', fault: { kind: 'unsupported', code: 'no_mse', retryAt: null } });
			return;
		}
		const tick = setInterval(() => this.#tick(), TICK_MS);
		const clock = setInterval(() => void this.#measureClock(1), CLOCK_EVERY_MS);
		this.#cleanups.push(
			() => clearInterval(tick),
			() => clearInterval(clock)
		);
	}

	/** Stops for good and lets go of the video element. */
	close(): void {
		this.#closed = true;
		clearTimeout(this.#retry);
		for (const undo of this.#cleanups.splice(0)) undo();
		this.#hls?.destroy();
		this.#hls = null;
		this.#video.removeAttribute('src');
		this.#video.load();
	}

	/** Tells whether the channel is live, so that silence while it is interrupted is no fault. */
	setLive(live: boolean): void {
		const back = live && !this.#live;
		this.#live = live;
		if (!back) return;
		this.#movedAt = seconds();
		// The playlist request under way may be held for a whole segment: ask anew, now that there is media.
		if (this.#hls && this.#hls.levels.length > 0 && this.#state.fault === null) this.#hls.startLoad(-1);
	}

	async play(): Promise<void> {
		if (this.#video.paused && this.#behind() > (this.#aim ?? 0) + 2 && !this.#state.behindByChoice) this.goLive();
		await this.#tryToPlay();
	}

	pause(): void {
		this.#video.pause();
	}

	/** Sound on, by the viewer's hand. */
	unmute(): void {
		this.#video.muted = false;
		this.#set({ mutedByBrowser: false });
	}

	goLive(): void {
		this.#set({ behindByChoice: false });
		const edge = this.#edge();
		if (edge !== null) this.#seek(Math.max(edge - (this.#aim ?? 1), this.#position()));
		if (this.#video.paused) void this.#tryToPlay();
	}

	/** Moves by `span` seconds within what is still listed; reaching the edge is going live. */
	seekBy(span: number): void {
		const edge = this.#edge();
		if (edge === null) return;
		const newest = edge - (this.#aim ?? 1);
		const to = this.#position() + span;
		if (to >= newest) {
			this.goLive();
			return;
		}
		const oldest = this.#details()?.fragmentStart ?? 0;
		this.#set({ behindByChoice: true });
		this.#seek(Math.max(oldest + 0.1, to));
	}

	/** "auto", "audio", or the label of a rung. */
	choose(choice: Choice): void {
		const wasAudio = this.#state.choice === 'audio';
		this.#set({ choice });
		const hls = this.#hls;
		if (!hls) return;
		if (choice === 'audio' || wasAudio) {
			this.#load(hls);
			return;
		}
		hls.loadLevel = this.#wantedLevel();
	}

	/** Starts the player anew, for "Try again". */
	rebuild(): void {
		clearTimeout(this.#retry);
		this.#rebuilds += 1;
		this.#movedAt = seconds();
		this.#latency.restart();
		this.#set({ phase: 'loading', fault: null });
		if (this.#native) this.#buildNative();
		else this.#build();
	}

	get probe(): Probe {
		const hls = () => this.#hls;
		return {
			latency: () => this.#behindEncoder(),
			stats: () => this.stats(),
			get hls() {
				return hls();
			},
			video: this.#video
		};
	}

	stats(): Stats {
		const quality = this.#video.getVideoPlaybackQuality?.();
		const hls = this.#hls;
		const level = hls && hls.currentLevel >= 0 ? hls.levels[hls.currentLevel] : undefined;
		const edge = this.#edge();
		return {
			latencyEncoder: this.#behindEncoder(),
			latencyEdge: edge === null ? null : edge - this.#position(),
			aim: this.#aim,
			buffer: Math.max(0, this.#bufferEnd() - this.#position()),
			rate: this.#video.playbackRate,
			droppedFrames: quality?.droppedVideoFrames ?? 0,
			totalFrames: quality?.totalVideoFrames ?? 0,
			rendition: level ? (renditionOf(level.uri) ?? this.#state.current) : null,
			width: this.#video.videoWidth,
			height: this.#video.videoHeight,
			bitrate: level?.bitrate ?? null,
			bandwidth: hls?.bandwidthEstimate ?? null,
			rttMs: this.#clock.rtt,
			stalls: this.#stalls,
			jumps: this.#jumps,
			rebuilds: this.#rebuilds,
			codecs: [level?.videoCodec, level?.audioCodec].filter(Boolean).join(', '),
			engine: this.#native ? 'native' : `hls.js ${this.#Hls?.version ?? ''}`,
			position: this.#position(),
			phase: this.#state.phase
		};
	}

	// --- building -----------------------------------------------------------------------------------------------

	#build(): void {
		const HlsClass = this.#Hls;
		if (!HlsClass) return;
		this.#hls?.destroy();
		this.#started = false;
		const hls = new HlsClass(CONFIG);
		this.#hls = hls;
		const { Events } = HlsClass;
		hls.on(Events.MANIFEST_LOADED, (_, data) => this.#manifest(data));
		hls.on(Events.MANIFEST_PARSED, () => {
			this.#rungs(hls);
			void this.#tryToPlay();
		});
		hls.on(Events.LEVEL_SWITCHED, (_, { level }) => {
			this.#set({ current: this.#state.rungs.find((r) => r.index === level)?.label ?? null });
		});
		hls.on(Events.ERROR, (_, data) => this.#failed(hls, data));
		this.#load(hls);
		hls.attachMedia(this.#video);
	}

	#load(hls: Hls): void {
		const audio = this.#state.choice === 'audio' ? this.#audioUrl : null;
		hls.loadSource(audio ?? this.#url);
	}

	#buildNative(): void {
		this.#video.src = this.#url;
		void this.#tryToPlay();
	}

	/** hls.js drops the audio-only variant from its levels, so its address is taken from the raw playlist. */
	#manifest(data: ManifestLoadedData): void {
		const variant = data.levels.find((l) => l.audioCodec && !l.videoCodec && !l.width);
		const url = variant?.url ?? data.audioTracks?.find((a) => a.url)?.url ?? null;
		if (this.#state.choice !== 'audio') this.#audioUrl = url;
		this.#set({ audioAvailable: this.#audioUrl !== null });
	}

	#rungs(hls: Hls): void {
		if (this.#state.choice === 'audio') return;
		const rungs = hls.levels.map((level, index) => {
			const facts = { ...level, url: level.uri, name: level.name, height: Math.min(level.height, level.width) };
			return { index, label: rungLabel(facts), source: isSource(facts), bitrate: level.bitrate };
		});
		this.#set({ rungs: rungs.toReversed() });
		hls.loadLevel = this.#wantedLevel();
	}

	/** Index of the chosen rung, or -1 for automatic; a rung that is gone means automatic. */
	#wantedLevel(): number {
		return this.#state.rungs.find((r) => r.label === this.#state.choice)?.index ?? -1;
	}

	async #tryToPlay(): Promise<void> {
		const video = this.#video;
		try {
			await video.play();
		} catch (refused) {
			if (!(refused instanceof DOMException) || refused.name !== 'NotAllowedError' || video.muted) return;
			video.muted = true;
			this.#set({ mutedByBrowser: true });
			await video.play().catch(() => this.#set({ phase: 'paused' }));
		}
	}

	#listen(): void {
		const video = this.#video;
		const on = (type: keyof HTMLMediaElementEventMap, act: () => unknown) => {
			video.addEventListener(type, act);
			this.#cleanups.push(() => video.removeEventListener(type, act));
		};
		on('playing', () => {
			this.#started = true;
			this.#movedAt = seconds();
			this.#set({ phase: 'playing', fault: null });
		});
		on('pause', () => this.#set({ phase: this.#state.phase === 'stopped' ? 'stopped' : 'paused' }));
		on('play', () => {
			this.#movedAt = seconds();
			this.#set({ phase: video.readyState > 2 ? 'playing' : 'waiting' });
		});
		on('seeking', () => (this.#movedAt = seconds()));
		on('waiting', () => {
			if (video.paused) return;
			this.#set({ phase: this.#started ? 'waiting' : 'loading' });
			this.#ranDry();
		});
		on('ended', () => this.#set({ phase: 'ended' }));
		on('volumechange', () => {
			if (!video.muted && this.#state.mutedByBrowser) this.#set({ mutedByBrowser: false });
		});
		on('error', () => {
			if (this.#native) this.#repair('network', `media_${video.error?.code ?? 0}`);
		});
		const online = () => {
			if (this.#state.fault?.kind === 'network') this.rebuild();
		};
		addEventListener('online', online);
		this.#cleanups.push(() => removeEventListener('online', online));
	}

	// --- repair -------------------------------------------------------------------------------------------------

	#failed(hls: Hls, data: ErrorData): void {
		if (!data.fatal || hls !== this.#hls || !this.#Hls) return;
		const { ErrorTypes, ErrorDetails } = this.#Hls;
		if (data.details === ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR) {
			this.#set({ phase: 'stopped', fault: { kind: 'unsupported', code: data.details, retryAt: null } });
			return;
		}
		const kind: ErrorKind =
			data.type === ErrorTypes.NETWORK_ERROR ? 'network' : data.type === ErrorTypes.MEDIA_ERROR ? 'media' : 'other';
		const status = data.response?.code ? `_${data.response.code}` : '';
		this.#repair(kind, data.details + status);
	}

	#repair(kind: ErrorKind, code: string): void {
		if (this.#closed) return;
		const step = this.#recovery.next(kind, seconds(), Math.random());
		const fault: Fault = {
			kind: kind === 'network' ? 'network' : 'media',
			code,
			retryAt: performance.now() + step.inMs
		};
		this.#set({ phase: this.#started ? 'waiting' : 'loading', fault });
		clearTimeout(this.#retry);
		this.#retry = setTimeout(() => {
			const hls = this.#hls;
			if (!hls || step.repair === 'rebuild') this.rebuild();
			else if (step.repair === 'recover-media') hls.recoverMediaError();
			else if (hls.levels.length === 0) this.#load(hls);
			else hls.startLoad(-1);
		}, step.inMs);
	}

	// --- steering -----------------------------------------------------------------------------------------------

	#tick(): void {
		const video = this.#video;
		const now = seconds();
		const position = this.#position();
		const details = this.#details();
		const moved = Math.abs(position - this.#lastPosition) > 0.001;
		this.#lastPosition = position;
		if (moved || video.paused) this.#movedAt = now;
		if (moved) this.#standing = false;
		const stoodFor = now - this.#movedAt;
		if (moved && !video.paused && this.#state.fault === null) this.#recoverySettles();
		if (this.#native || !details || video.paused) return;

		const away = edgeIsGap(details);
		if (stoodFor > 0.15) this.#ranDry();
		const holes = video.buffered.length > 1;
		if (this.#hls) this.#hls.config.backBufferLength = holes ? BACK_BUFFER_AFTER_HOLE_S : BACK_BUFFER_S;
		const partTarget = details.partList ? details.partTarget : null;
		const decision = this.#latency.update({
			now,
			position,
			bufferEnd: this.#bufferEnd(),
			edge: this.#edge(),
			partTarget,
			segmentTarget: details.targetduration,
			rtt: (this.#clock.rtt ?? 0) / 1000,
			steady: this.#started && !video.seeking && !away && stoodFor < 0.3,
			behindByChoice: this.#state.behindByChoice
		});
		this.#aim = decision.aim;
		if (Math.abs(video.playbackRate - decision.rate) > 0.004) video.playbackRate = decision.rate;
		if (decision.jumpTo !== null) this.#seek(decision.jumpTo);
		this.#leaveOutage(details, position, stoodFor);
		this.#watch(stoodFor);
	}

	/** Counts one stall, however it was noticed, and tells the controller unless the encoder or the network was away. */
	#ranDry(): void {
		const details = this.#details();
		if (!details || !this.#started || this.#standing || this.#video.seeking) return;
		this.#standing = true;
		this.#stalls += 1;
		// Nothing new from the encoder, or from the network for long: more distance would not have helped.
		const late = details.age > 2 * (details.partList ? details.partTarget : details.targetduration);
		if (!edgeIsGap(details) && this.#live && !late) this.#latency.stalled(seconds());
	}

	#leaveOutage(details: LevelDetails, position: number, stoodFor: number): void {
		if (this.#video.seeking && stoodFor < 1) return;
		const to = wayOut({
			position,
			stoodFor: this.#started ? stoodFor : 0,
			buffered: ranges(this.#video.buffered),
			listed: listedOf(details),
			aim: this.#aim ?? 1
		});
		if (to !== null && to > position) this.#seek(to);
	}

	#watch(stoodFor: number): void {
		if (this.#live && stoodFor > WATCHDOG_S && this.#state.fault === null && this.#state.phase !== 'stopped') {
			this.#repair('other', 'stood_still');
		}
	}

	#recoverySettles(): void {
		if (this.#state.phase !== 'playing' && this.#video.readyState > 2) this.#set({ phase: 'playing' });
	}

	#seek(to: number): void {
		this.#jumps += 1;
		this.#latency.forgetArrivals();
		this.#video.currentTime = to;
	}

	// --- readings -----------------------------------------------------------------------------------------------

	#position(): number {
		return this.#video.currentTime;
	}

	#details(): LevelDetails | null {
		return this.#hls?.latestLevelDetails ?? null;
	}

	/** The live edge now; seconds on the media's timeline. */
	#edge(): number | null {
		const details = this.#details();
		if (details?.live) return details.edge + Math.min(details.age, details.targetduration);
		if (!this.#native || this.#video.seekable.length === 0) return null;
		return this.#video.seekable.end(this.#video.seekable.length - 1);
	}

	#behind(): number {
		const edge = this.#edge();
		return edge === null ? 0 : edge - this.#position();
	}

	#behindEncoder(): number | null {
		const details = this.#details();
		if (!details) return null;
		const encoder = encoderTime(details, this.#position());
		return encoder === null ? null : (Date.now() + this.#clock.offset - encoder) / 1000;
	}

	#bufferEnd(): number {
		const position = this.#position();
		return ranges(this.#video.buffered).find((r) => r.start <= position + 0.1 && r.end > position)?.end ?? position;
	}

	async #measureClock(samples: number): Promise<void> {
		for (let i = 0; i < samples && !this.#closed; i += 1) {
			const sent = performance.now();
			const answer = await api.time().catch(() => null);
			const received = performance.now();
			if (!answer) return;
			const origin = Date.now() - performance.now();
			this.#clock.add({ sent: sent + origin, received: received + origin, server: Date.parse(answer.now) });
		}
	}

	#set(change: Partial<Snapshot>): void {
		if (this.#closed) return;
		this.#state = { ...this.#state, ...change };
		this.#tell(this.#state);
	}
}

function ranges(r: TimeRanges): { start: number; end: number }[] {
	return Array.from({ length: r.length }, (_, i) => ({ start: r.start(i), end: r.end(i) }));
}
