// What is done to the video element when it stands still, by a clock that tests turn.
import type { LevelDetails } from 'hls.js';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { ServerClock } from './clock.ts';
import type { Readings } from './readings.ts';
import { Steering, type Helm } from './steering.ts';

vi.mock('#lib/api/client.ts', () => ({ api: {} }));

const NEWER = { start: 30, end: 36 };

/** A picture that stands at 20 s, though newer media is in the buffer. */
function standing(helm: Partial<Helm> = {}, read: object = {}) {
	const video = { paused: false, seeking: false, currentTime: 20, playbackRate: 1 };
	const readings = { position: 20, buffered: [{ start: 10, end: 20 }, NEWER], details: null, ...read };
	const stuck = vi.fn();
	const steering = new Steering(video as HTMLVideoElement, readings as unknown as Readings, new ServerClock(), {
		live: () => true,
		behindByChoice: () => false,
		inTrouble: () => false,
		moves: () => {},
		ranDry: () => {},
		stuck,
		...helm
	});
	steering.started = true;
	return { video, steering, stuck };
}

const NOTHING_LISTED = { fragments: [], partList: null } as unknown as LevelDetails;

beforeEach(() => {
	vi.useFakeTimers();
});

describe('a seek that takes long', () => {
	test.each([
		['is waited for where the viewer chose to be behind', true, 20],
		['is given up for newer media where the viewer did not', false, NEWER.end - 1]
	])('%s', (_, chosen, to) => {
		const { video, steering } = standing({ behindByChoice: () => chosen });
		video.seeking = true;
		vi.advanceTimersByTime(1500);
		steering.leaveOutage(NOTHING_LISTED);
		expect(video.currentTime).toBe(to);
	});
});

describe('a playlist that arrives', () => {
	const details = { fragments: [], partList: [], targetduration: 2 } as unknown as LevelDetails;

	test.each([
		['sets the speed where nobody sees the page, and timers are rare', true, 1],
		['leaves that to the clock where somebody does', false, 1.12]
	])('%s', (_, hidden, rate) => {
		vi.stubGlobal('document', { hidden });
		const near = { position: 20, edge: 20.4, bufferEnd: 20.4, buffered: [{ start: 10, end: 20.4 }] };
		const { video, steering } = standing({}, { ...near, partTarget: 0.2, details, frames: 0 });
		video.playbackRate = 1.12;
		steering.listed(details);
		expect(video.playbackRate).toBe(rate);
	});
});

describe('a picture without a playlist to steer by', () => {
	/** Ticks for so many seconds. */
	function stand(helm: Partial<Helm>, seconds: number) {
		const { steering, stuck } = standing(helm);
		steering.tick();
		for (let s = 0; s < seconds; s += 1) {
			vi.advanceTimersByTime(1000);
			steering.tick();
		}
		return stuck;
	}

	test('is repaired when it has stood for too long', () => {
		expect(stand({}, 8)).not.toHaveBeenCalled();
		expect(stand({}, 9)).toHaveBeenCalledOnce();
	});

	test.each([
		['while the channel is not live', { live: () => false }],
		['while a repair is under way', { inTrouble: () => true }]
	])('may stand %s', (_, helm) => expect(stand(helm, 20)).not.toHaveBeenCalled());
});
