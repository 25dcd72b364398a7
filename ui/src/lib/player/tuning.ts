// hls.js as we run it, and the engine's spans.
import type { HlsConfig } from 'hls.js';

export const TICK_MS = 100;
/** A new player when the channel is live and nothing moved for so long. */
export const WATCHDOG_S = 8;
/** So long after an error the chosen rung is tried again. */
export const RETAKE_MS = 3000;
export const BACK_BUFFER_S = 30;
/** With an old stretch behind a hole in the buffer, hls.js nudges the playhead at each thin moment: let it go soon. */
export const BACK_BUFFER_AFTER_HOLE_S = 1;
export const CLOCK_FIRST_SAMPLES = 5;
export const CLOCK_EVERY_MS = 30_000;

/** How wide a line is thought to be, bits/s, where nothing tells. */
export const USUAL_WIDTH = 5_000_000;
/** Of a width that files of the page had, so much is thought to be the picture's. */
const SHARE_OF_WIDTH = 0.8;

/** What hls.js reckons with until it measured the line itself: a wide one is not believed at once. 0 where nothing tells. */
export const firstEstimate = (width: number): number =>
	width > 0 ? Math.min(USUAL_WIDTH, width * SHARE_OF_WIDTH) : USUAL_WIDTH;

/** No liveSync…: any of them would override the server's hold-back (docs/design.md, Player). */
export const CONFIG: Partial<HlsConfig> = {
	startPosition: -1,
	startLevel: -1,
	// The estimate is our start; a test fragment from the lowest rung would cost a second of joining.
	testBandwidth: false,
	capLevelToPlayerSize: true,
	maxLiveSyncPlaybackRate: 1,
	liveSyncOnStallIncrease: 0,
	liveDurationInfinity: true,
	backBufferLength: BACK_BUFFER_S,
	nudgeMaxRetry: 20,
	// hls.js' own, but for the first wait: it takes a gap for an error, and sat out a whole second while the encoder was
	// back already.
	fragLoadPolicy: {
		default: {
			maxTimeToFirstByteMs: 10_000,
			maxLoadTimeMs: 120_000,
			timeoutRetry: { maxNumRetry: 4, retryDelayMs: 0, maxRetryDelayMs: 0 },
			errorRetry: { maxNumRetry: 8, retryDelayMs: 100, maxRetryDelayMs: 4_000 }
		}
	}
};
