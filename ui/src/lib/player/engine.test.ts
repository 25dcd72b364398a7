// What the engine asks of the video element, with an hls.js that does nothing by itself: tests say what happens to it.
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Engine } from './engine.ts';
import type { Snapshot } from './shapes.ts';

/** The players built so far, newest last. */
const players: FakeHls[] = [];

class FakeHls {
	static readonly Events = new Proxy({}, { get: (_, name) => name });
	static readonly ErrorTypes = { NETWORK_ERROR: 'network', MEDIA_ERROR: 'media' };
	static readonly ErrorDetails = {};
	static readonly DefaultConfig = {};
	static isSupported = () => true;
	readonly levels = [{ uri: '/live/s/source/index.m3u8', name: '', width: 640, height: 360, bitrate: 1 }];
	readonly startLoad = vi.fn();
	readonly #listeners: [string, (event: string, data: object) => void][] = [];

	constructor() {
		players.push(this);
	}

	on(event: string, listener: (event: string, data: object) => void): void {
		this.#listeners.push([event, listener]);
	}

	tell(event: string, data: object = {}): void {
		for (const [name, listener] of this.#listeners) if (name === event) listener(event, data);
	}

	loadSource(): void {}
	attachMedia(): void {}
	destroy(): void {}
}

vi.mock('hls.js', () => ({ default: FakeHls }));
vi.mock('#lib/api/client.ts', () => ({ api: { time: () => Promise.reject(new Error('no server')) } }));

class FakeVideo extends EventTarget {
	paused = true;
	ended = false;
	muted = false;
	volume = 1;
	currentTime = 0;
	readyState = 4;
	buffered = [];
	seekable = [];
	play = vi.fn(async () => {
		this.paused = false;
		this.dispatchEvent(new Event('play'));
	});

	pause(): void {
		this.paused = true;
		this.dispatchEvent(new Event('pause'));
	}

	removeAttribute(): void {}
	load(): void {}
}

const newest = () => players.at(-1) as FakeHls;

/** An engine whose first player has its manifest. */
async function started() {
	const video = new FakeVideo();
	const told: { shot?: Snapshot } = {};
	const engine = new Engine(video as unknown as HTMLVideoElement, '/playlist', (shot) => (told.shot = shot));
	await engine.start();
	newest().tell('MANIFEST_PARSED');
	return { engine, video, told };
}

/** The element as a new player finds it, and that player's manifest. */
function loadedAnew(video: FakeVideo) {
	video.paused = true;
	video.play.mockClear();
	newest().tell('MANIFEST_PARSED');
}

beforeEach(() => {
	players.length = 0;
	vi.useFakeTimers();
	vi.stubGlobal('addEventListener', () => {});
	vi.stubGlobal('removeEventListener', () => {});
});

describe('a player built anew', () => {
	test('plays by itself', async () => {
		const { engine, video } = await started();
		engine.rebuild();
		loadedAnew(video);
		expect(video.play).toHaveBeenCalledOnce();
	});

	test.each(['engine', 'video'] as const)('stays paused where the viewer had paused the %s', async (what) => {
		const { told, ...both } = await started();
		const { engine, video } = both;
		both[what].pause();
		engine.rebuild();
		expect(told.shot?.phase).toBe('paused');
		loadedAnew(video);
		expect(video.play).not.toHaveBeenCalled();
	});

	test.each([
		['played on', (engine: Engine) => engine.play()],
		['gone live', (engine: Engine) => engine.goLive()]
	])('plays where the viewer had paused and %s', async (_, resume) => {
		const { engine, video } = await started();
		engine.pause();
		await resume(engine);
		engine.rebuild();
		loadedAnew(video);
		expect(video.play).toHaveBeenCalledOnce();
	});

	test('plays after the end of the stream, which nobody wished', async () => {
		const { engine, video } = await started();
		video.ended = true;
		video.pause();
		engine.rebuild();
		loadedAnew(video);
		expect(video.play).toHaveBeenCalledOnce();
	});
});

describe('where the browser refuses to play', () => {
	const refusal = () => Promise.reject(new DOMException('', 'NotAllowedError'));

	test.each([true, false])('it waits for a press, and loads no more (muted: %s)', async (muted) => {
		const { engine, video, told } = await started();
		video.paused = true;
		video.muted = muted;
		video.play = vi.fn(refusal);
		await engine.play();
		expect(video.play).toHaveBeenCalledTimes(muted ? 1 : 2);
		expect(told.shot).toMatchObject({ phase: 'paused', mutedByBrowser: !muted });
	});

	test('with sound alone it plays without', async () => {
		const { engine, video, told } = await started();
		const { play } = video;
		video.paused = true;
		video.play = vi.fn(() => (video.muted ? play() : refusal()));
		await engine.play();
		expect(told.shot).toMatchObject({ phase: 'playing', mutedByBrowser: true });
	});
});

test('a player built anew begins at the edge, and is there by nobody’s choice', async () => {
	const { engine, told } = await started();
	Object.assign(newest(), {
		latestLevelDetails: { live: true, fragmentStart: 0, edge: 60, age: 0, targetduration: 2 }
	});
	engine.seekBy(-5);
	expect(told.shot?.behindByChoice).toBe(true);
	engine.rebuild();
	expect(told.shot?.behindByChoice).toBe(false);
});

const REFUSED = { fatal: true, type: 'network', details: 'levelLoadError', response: { code: 503 } };

describe('a fault that a repair got over', () => {
	/** Playlists were refused while the picture went on out of its buffer. */
	async function refused() {
		const all = await started();
		all.video.dispatchEvent(new Event('playing'));
		newest().tell('ERROR', REFUSED);
		return all;
	}

	test('is told no more once media arrives, though the picture never stopped', async () => {
		const { told } = await refused();
		expect(told.shot?.fault?.code).toBe('levelLoadError_503');
		vi.advanceTimersByTime(1000);
		expect(newest().startLoad).toHaveBeenCalledOnce();
		newest().tell('FRAG_BUFFERED');
		expect(told.shot).toMatchObject({ fault: null, phase: 'playing' });
	});

	test('leaves a player paused that was', async () => {
		const { engine, told } = await refused();
		engine.pause();
		vi.advanceTimersByTime(1000);
		newest().tell('FRAG_BUFFERED');
		expect(told.shot).toMatchObject({ fault: null, phase: 'paused' });
	});

	test('is told on by a player that is built anew for it, until its list is there', async () => {
		const { engine, told } = await refused();
		while (players.length === 1) {
			newest().tell('ERROR', REFUSED);
			vi.advanceTimersByTime(5000);
		}
		expect(told.shot).toMatchObject({ phase: 'loading', fault: { code: 'levelLoadError_503' } });
		newest().tell('MANIFEST_PARSED');
		expect(told.shot?.fault).toBeNull();
		newest().tell('ERROR', REFUSED);
		engine.rebuild();
		expect(told.shot?.fault).toBeNull();
	});

	test('is still told while what arrives was on its way before', async () => {
		const { told } = await refused();
		newest().tell('FRAG_BUFFERED');
		expect(told.shot?.fault?.code).toBe('levelLoadError_503');
	});
});

test.each([
	['as loud as it was', 0.4, 0.4],
	['a little where it was turned down to nothing', 0, 0.25]
])('sound that is turned on is heard: %s', async (_, before, after) => {
	const { engine, video } = await started();
	Object.assign(video, { muted: true, volume: before });
	engine.unmute();
	expect(video).toMatchObject({ muted: false, volume: after });
});
