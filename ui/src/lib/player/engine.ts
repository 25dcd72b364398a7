// Owns the playing of one live stream on one video element: builds hls.js (or the browser's own HLS), tells what changed
// by one callback, and does what the viewer asks. Knows nothing of the page around it. readings.ts says where things are,
// steering.ts keeps the picture near the edge, repairs.ts gets over errors.
import type Hls from 'hls.js';
import type { FragmentLoaderContext, ManifestLoadedData } from 'hls.js';
import { Ahead } from './ahead.ts';
import { ServerClock } from './clock.ts';
import { partLoader } from './loader.ts';
import { Pieces } from './pieces.ts';
import { Readings } from './readings.ts';
import { reachedNobody, Repairs } from './repairs.ts';
import { Roll } from './roll.ts';
import { isSource, renditionOf, rungLabel } from './rungs.ts';
import {
	BEGINNING,
	type Choice,
	type Fault,
	type Phase,
	type Probe,
	type Rung,
	type Snapshot,
	type Sound,
	type Stats
} from './shapes.ts';
import { Steering } from './steering.ts';
import { CLOCK_EVERY_MS, CLOCK_FIRST_SAMPLES, CONFIG, firstEstimate, RETAKE_MS, TICK_MS } from './tuning.ts';
import { HEARD_AGAIN } from './volume.ts';
import { wayToServer } from './way.ts';

export class Engine {
	readonly #video: HTMLVideoElement;
	readonly #url: string;
	readonly #tell: (snapshot: Snapshot) => void;
	readonly #clock = new ServerClock();
	readonly #readings: Readings;
	readonly #steering: Steering;
	readonly #repairs: Repairs;
	readonly #pieces: Pieces;
	readonly #ahead: Ahead;
	/** How wide the line is, as the page's loading told, bits/s; 0 where it told nothing. */
	readonly #width: number;
	readonly #cleanups: (() => void)[] = [];

	#Hls: typeof Hls | null = null;
	#native = false;
	#closed = false;
	#live = true;
	/** Whether the viewer wants it to play. The element does not tell: what it loads anew is paused at first. */
	#wantsPlay = true;
	readonly #roll = new Roll();
	#sound: Sound | null = null;
	/** The rung that the viewer chose, whether it is there or not. */
	#wish: Rung | null = null;
	#rebuilds = 0;
	#retake: ReturnType<typeof setTimeout> | undefined;

	#state = BEGINNING;

	constructor(video: HTMLVideoElement, url: string, tell: (snapshot: Snapshot) => void) {
		this.#video = video;
		this.#url = url;
		this.#tell = tell;
		const { roundTrip, shared, width } = wayToServer();
		this.#width = width;
		this.#pieces = new Pieces(roundTrip, shared);
		this.#ahead = new Ahead(roundTrip);
		this.#readings = new Readings(video, this.#clock);
		this.#steering = new Steering(video, this.#readings, this.#clock, {
			live: () => this.#live,
			behindByChoice: () => this.#state.behindByChoice,
			inTrouble: () => this.#state.fault !== null || this.#state.phase === 'stopped',
			moves: () => {
				if (this.#state.phase !== 'playing' && video.readyState > 2) this.#set({ phase: 'playing' });
			},
			// The picture stands anyway: now nobody minds a new player that knows all rungs.
			ranDry: () => this.wantAll(),
			stuck: () => this.#repairs.repair('other', 'stood_still')
		});
		this.#repairs = new Repairs(() => this.#readings.hls, {
			fault: (fault) => this.#set({ phase: this.#steering.started ? 'waiting' : 'loading', fault }),
			giveUp: (fault) => this.#giveUp(fault),
			load: (hls) => this.#load(hls),
			rebuild: () => this.#rebuild()
		});
	}

	/** Loads what is needed and starts to play. */
	async start(): Promise<void> {
		this.#listen();
		void this.#clock.measure(CLOCK_FIRST_SAMPLES);
		await this.#fetch();
	}

	/** Stops for good and lets go of the video element. */
	close(): void {
		this.#closed = true;
		this.#repairs.cancel();
		clearTimeout(this.#retake);
		for (const undo of this.#cleanups.splice(0)) undo();
		this.#readings.hls?.destroy();
		this.#readings.hls = null;
		this.#ahead.restart();
		this.#video.removeAttribute('src');
		this.#video.load();
	}

	/** Tells whether the channel is live, so that silence while it is interrupted is no fault. */
	setLive(live: boolean): void {
		if (live && !this.#live) {
			this.#steering.beCalm();
			this.#roll.beCalm(performance.now() / 1000);
		}
		this.#live = live;
	}

	/** Tells which renditions the server has now. */
	setRenditions(names: readonly string[]): void {
		this.#roll.take(names, performance.now() / 1000);
	}

	/** The viewer is about to choose a rendition: all must be there. */
	wantAll(): void {
		if (this.#knowsFewer() && this.#state.choice !== 'audio') this.#rebuild();
	}

	async play(): Promise<void> {
		const behind = this.#readings.behind > (this.#steering.aim ?? 0) + 2;
		this.#wantsPlay = true;
		if (this.#video.paused && behind && !this.#state.behindByChoice) this.goLive();
		await this.#tryToPlay();
	}

	pause(): void {
		this.#wantsPlay = false;
		this.#video.pause();
	}

	/** Sound on, by the viewer's hand. */
	unmute(): void {
		if (this.#video.volume === 0) this.#video.volume = HEARD_AGAIN;
		this.#video.muted = false;
		this.#set({ mutedByBrowser: false });
	}

	goLive(): void {
		this.#wantsPlay = true;
		this.#set({ behindByChoice: false });
		this.#steering.goLive();
		if (this.#video.paused) void this.#tryToPlay();
	}

	/** Moves by `span` seconds within what is still listed; reaching the edge is going live. */
	seekBy(span: number): void {
		if (this.#readings.edge === null) return;
		if (this.#steering.reachesEdge(span)) {
			this.goLive();
			return;
		}
		this.#set({ behindByChoice: true });
		this.#steering.seekBy(span);
	}

	/** "auto", "audio", or the label of a rung. */
	choose(choice: Choice): void {
		const wasAudio = this.#state.choice === 'audio';
		this.#wish = this.#state.rungs.find((rung) => rung.label === choice) ?? null;
		this.#set({ choice, missing: null });
		const { hls } = this.#readings;
		if (!hls) return;
		if (choice === 'audio' || wasAudio) {
			this.#load(hls);
			return;
		}
		hls.loadLevel = this.#wantedLevel();
	}

	/** Starts the player anew, for "Try again". */
	rebuild(): void {
		this.#anew(null);
	}

	/**
	 * Starts the player anew by itself. A fault is told on until the new list is there: else its words would come and go
	 * with each try, and be read aloud each time.
	 */
	#rebuild(): void {
		// The browser's own player tells of no list.
		this.#anew(this.#native ? null : this.#state.fault);
	}

	#anew(fault: Fault | null): void {
		this.#repairs.cancel();
		this.#rebuilds += 1;
		this.#steering.restart();
		// A new player begins at the edge; what is missing, the new list tells.
		this.#set({ phase: this.#wantsPlay ? 'loading' : 'paused', fault, missing: null, behindByChoice: false });
		if (this.#native) this.#buildNative();
		else if (this.#Hls) this.#build();
		else void this.#fetch();
	}

	get probe(): Probe {
		const readings = this.#readings;
		return {
			latency: () => readings.behindEncoder,
			stats: () => this.stats(),
			get hls() {
				return readings.hls;
			},
			video: this.#video
		};
	}

	stats(): Stats {
		const { aim, stalls, jumps } = this.#steering;
		const engine = this.#native ? 'native' : `hls.js ${this.#Hls?.version ?? ''}`;
		const sound = this.#state.choice === 'audio' ? this.#sound : null;
		return this.#readings.stats(this.#state, { aim, stalls, jumps, rebuilds: this.#rebuilds, engine, sound });
	}

	// --- building -----------------------------------------------------------------------------------------------

	/** Fetches what plays, and begins with it. */
	async #fetch(): Promise<void> {
		// A page that is older than the site finds its pieces no more.
		const HlsClass = await import('hls.js').then((module) => module.default).catch(() => null);
		if (this.#closed) return;
		if (!HlsClass) {
			this.#giveUp({ kind: 'fatal', code: 'player_not_loaded', retryAt: null });
			return;
		}
		// Chromium answers "maybe" for HLS of its own, so ours is asked first.
		if (HlsClass.isSupported()) {
			this.#Hls = HlsClass;
			this.#build();
		} else if (this.#video.canPlayType('application/vnd.apple.mpegurl')) {
			this.#native = true;
			this.#buildNative();
		} else {
			this.#giveUp({ kind: 'unsupported', code: 'no_mse', retryAt: null });
			return;
		}
		this.#keepTime();
	}

	#keepTime(): void {
		const tick = setInterval(() => {
			this.#choosePieces();
			this.#steering.tick();
			this.#followLadder();
		}, TICK_MS);
		const clock = setInterval(() => void this.#clock.measure(1), CLOCK_EVERY_MS);
		this.#cleanups.push(
			() => clearInterval(tick),
			() => clearInterval(clock)
		);
	}

	#giveUp(fault: Fault): void {
		this.#set({ phase: 'stopped', fault });
	}

	#build(): void {
		const HlsClass = this.#Hls;
		if (!HlsClass) return;
		this.#readings.hls?.destroy();
		const fLoader = partLoader(HlsClass.DefaultConfig.loader, this.#ahead, (context) => this.#weigh(context));
		const hls = new HlsClass({
			...CONFIG,
			fLoader,
			lowLatencyMode: this.#pieces.parts,
			abrEwmaDefaultEstimate: firstEstimate(this.#width)
		});
		this.#readings.hls = hls;
		const { Events } = HlsClass;
		hls.on(Events.MANIFEST_LOADED, (_, data) => this.#manifest(data));
		hls.on(Events.MANIFEST_PARSED, () => {
			this.#set({ fault: null });
			this.#rungs(hls);
			this.#begin();
		});
		hls.on(Events.LEVEL_SWITCHED, (_, { level }) => {
			this.#pieces.forget();
			this.#set({ current: this.#state.rungs.find((r) => r.index === level)?.label ?? null });
		});
		hls.on(Events.LEVEL_UPDATED, (_, { details }) => {
			if (hls.lowLatencyMode) this.#ahead.listed('main', details);
			this.#steering.listed(details);
		});
		hls.on(Events.AUDIO_TRACK_UPDATED, (_, { details }) => {
			if (hls.lowLatencyMode) this.#ahead.listed('audio', details);
		});
		hls.on(Events.ERROR, (_, data) => {
			if (hls !== this.#readings.hls) return;
			if (reachedNobody(data)) this.#set({ cut: true });
			clearTimeout(this.#retake);
			this.#retake = setTimeout(() => this.#keepToWish(hls), RETAKE_MS);
			this.#repairs.failed(HlsClass, data);
		});
		const reached = () => this.#state.cut && this.#set({ cut: false });
		hls.on(Events.FRAG_BUFFERED, () => this.#mended());
		hls.on(Events.FRAG_LOADED, reached);
		hls.on(Events.LEVEL_LOADED, reached);
		hls.on(Events.MANIFEST_LOADED, reached);
		this.#load(hls);
		hls.attachMedia(this.#video);
	}

	/** How late a part came of what plays. Who is behind by choice, or paused, does not wait for it. */
	#weigh({ frag, part }: FragmentLoaderContext): void {
		if (!part || frag.type !== 'main' || this.#video.paused || this.#state.behindByChoice) return;
		this.#pieces.came(this.#ahead.age('main', part.url ?? '') / 1000, performance.now() / 1000);
	}

	/** Parts, or whole segments where parts take too long. */
	#choosePieces(): void {
		const { hls, details } = this.#readings;
		if (!hls || !details?.partList) return;
		const { rtt, settled } = this.#clock;
		if (settled) {
			this.#ahead.rtt = (rtt ?? 0) / 1000;
			this.#pieces.roundTrip(this.#ahead.rtt, details.partTarget, performance.now() / 1000);
		}
		hls.lowLatencyMode = this.#pieces.parts;
	}

	/**
	 * Media arrives again. A picture that never ran dry begins nothing, by which it would tell. What comes before the
	 * repair is due was on its way already.
	 */
	#mended(): void {
		const { retryAt } = this.#state.fault ?? {};
		if (typeof retryAt === 'number' && performance.now() >= retryAt)
			this.#set({ phase: this.#standing(), fault: null });
	}

	/** What the element does now. */
	#standing(): Phase {
		if (this.#video.paused) return 'paused';
		return this.#video.readyState > 2 ? 'playing' : 'waiting';
	}

	#load(hls: Hls): void {
		this.#ahead.restart();
		const sound = this.#state.choice === 'audio' ? this.#sound : null;
		hls.loadSource(sound?.url ?? this.#url);
	}

	#buildNative(): void {
		this.#video.src = this.#url;
		this.#begin();
	}

	/** What was loaded anew plays, unless the viewer had paused. */
	#begin(): void {
		if (this.#wantsPlay) void this.#tryToPlay();
	}

	/** hls.js drops the audio-only variant from its levels, so what there is to know of it is taken from the raw playlist. */
	#manifest(data: ManifestLoadedData): void {
		const variant = data.levels.find((l) => l.audioCodec && !l.videoCodec && !l.width);
		const url = variant?.url ?? data.audioTracks?.find((a) => a.url)?.url;
		const sound = url ? { url, bitrate: variant?.bitrate ?? 0, codec: variant?.audioCodec ?? null } : null;
		if (this.#state.choice !== 'audio') this.#sound = sound;
		this.#set({ audioAvailable: this.#sound !== null });
	}

	#rungs(hls: Hls): void {
		if (this.#state.choice === 'audio') return;
		const rungs = hls.levels.map((level, index) => {
			const facts = { ...level, url: level.uri, name: level.name, height: Math.min(level.height, level.width) };
			const rendition = renditionOf(level.uri);
			return { index, label: rungLabel(facts), rendition, source: isSource(facts), bitrate: level.bitrate };
		});
		const { label = 'auto' } = this.#wish ?? {};
		const there = label === 'auto' || rungs.some((rung) => rung.label === label);
		this.#set({ rungs: rungs.toReversed(), choice: there ? label : 'auto', missing: there ? null : label });
		hls.loadLevel = this.#wantedLevel();
	}

	/**
	 * hls.js keeps a level that the server has no more. Where it is in use only a new player gets off it at once: without
	 * its level hls.js stands still.
	 */
	#followLadder(): void {
		const { hls } = this.#readings;
		const now = performance.now() / 1000;
		if (!hls || !this.#live) return;
		const gone = this.#roll.gone(now);
		const levels = hls.levels.flatMap(({ uri }, index) => (gone.includes(renditionOf(uri) ?? '') ? [index] : []));
		if (levels.some((index) => index === hls.loadLevel || index === hls.currentLevel)) this.#rebuild();
		else if (levels.length > 0) {
			for (const index of levels.toReversed()) hls.removeLevel(index);
			this.#rungs(hls);
		}
		if (this.#state.missing && this.#roll.steady(this.#wish?.rendition ?? '', now)) this.#rebuild();
	}

	/** hls.js goes over to automatic for good when the chosen rung fails once, if only by a gap. */
	#keepToWish(hls: Hls): void {
		const level = this.#wantedLevel();
		if (hls === this.#readings.hls && hls.autoLevelEnabled && level >= 0) hls.loadLevel = level;
	}

	/** Index of the chosen rung, or -1 for automatic. */
	#wantedLevel(): number {
		return this.#state.rungs.find((r) => r.label === this.#state.choice)?.index ?? -1;
	}

	/**
	 * A player that began before the ladder was there has fewer rungs than the server, and hls.js never asks for the list
	 * again: it must be built anew, when that costs nothing.
	 */
	#knowsFewer(): boolean {
		const levels = this.#readings.hls?.levels ?? [];
		const known = new Set(levels.map((level) => renditionOf(level.uri)));
		return this.#live && levels.length > 0 && this.#roll.names.some((name) => name !== 'audio' && !known.has(name));
	}

	async #tryToPlay(): Promise<void> {
		const video = this.#video;
		try {
			await video.play();
		} catch (refused) {
			if (!(refused instanceof DOMException) || refused.name !== 'NotAllowedError') return;
			const played = !video.muted && (await this.#tryWithoutSound());
			// Nor without sound: it waits for a press.
			if (!played) this.#set({ phase: 'paused' });
		}
	}

	async #tryWithoutSound(): Promise<boolean> {
		this.#video.muted = true;
		this.#set({ mutedByBrowser: true });
		return this.#video.play().then(
			() => true,
			() => false
		);
	}

	#listen(): void {
		const video = this.#video;
		const on = (type: keyof HTMLMediaElementEventMap, act: () => unknown) => {
			video.addEventListener(type, act);
			this.#cleanups.push(() => video.removeEventListener(type, act));
		};
		on('playing', () => {
			this.#steering.started = true;
			this.#steering.touch();
			this.#set({ phase: 'playing', fault: null });
		});
		on('pause', () => {
			// The end of the stream pauses too, and is nobody's wish.
			if (!video.ended) this.#wantsPlay = false;
			this.#set({ phase: this.#state.phase === 'stopped' ? 'stopped' : 'paused' });
		});
		on('play', () => {
			this.#wantsPlay = true;
			this.#steering.touch();
			this.#set({ phase: this.#standing() });
		});
		on('seeking', () => this.#steering.touch());
		on('waiting', () => {
			if (video.paused) return;
			this.#set({ phase: this.#steering.started ? 'waiting' : 'loading' });
			this.#steering.ranDry();
		});
		on('ended', () => this.#set({ phase: 'ended' }));
		on('volumechange', () => {
			if (!video.muted && this.#state.mutedByBrowser) this.#set({ mutedByBrowser: false });
		});
		on('error', () => {
			if (this.#native) this.#repairs.repair('network', `media_${video.error?.code ?? 0}`);
		});
		const online = () => {
			if (this.#state.fault?.kind === 'network') this.#rebuild();
		};
		addEventListener('online', online);
		this.#cleanups.push(() => removeEventListener('online', online));
	}

	#set(change: Partial<Snapshot>): void {
		if (this.#closed) return;
		this.#state = { ...this.#state, ...change };
		this.#tell(this.#state);
	}
}
