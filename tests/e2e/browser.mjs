// A real Chromium, and what a test wants to know of a page: does it play, did it freeze, what did it complain about.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { until } from './process.mjs';

/**
 * Chromium: CHROMIUM, else the system's. Loopback only, nothing asked of the user. Without `autoplay` it refuses sound
 * until its user does something, as people's browsers do.
 */
export async function launch({ autoplay = true } = {}) {
	const paths = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
	const executablePath = paths.find((path) => path && existsSync(path));
	if (!executablePath) throw new Error('no Chromium: install the package chromium or set CHROMIUM to its path');
	const policy = autoplay ? 'no-user-gesture-required' : 'document-user-activation-required';
	const args = [`--autoplay-policy=${policy}`, '--disable-background-timer-throttling'];
	const calm = [
		'--disable-renderer-backgrounding',
		'--disable-backgrounding-occluded-windows',
		'--disable-dev-shm-usage'
	];
	return chromium.launch({ executablePath, args: [...args, ...calm, '--no-sandbox', '--disable-gpu'] });
}

// Runs in the page before anything else: one id per load, and a record of every freeze of the picture.
function watchPage() {
	window.__load = Math.random();
	window.__freezes = [];
	window.__fatal = [];
	let last = null;
	setInterval(() => {
		const video = document.querySelector('video');
		const now = performance.now();
		// Fatal hls.js errors of every player the page ever makes.
		const hls = window.__footlight?.hls;
		if (hls && !hls.__watched) {
			hls.__watched = true;
			hls.on('hlsError', (_, data) => data.fatal && window.__fatal.push(`${data.type}: ${data.details}`));
		}
		if (!video || video.paused || !video.currentTime) return (last = null);
		if (!last || video.currentTime !== last.position) {
			if (last && now - last.at > 250) window.__freezes.push({ ms: now - last.at, at: video.currentTime });
			last = { position: video.currentTime, at: now };
		}
	}, 20);
}

/** A page with its complaints: {page, complaints}. `theme` and `still` (less motion) are what the system prefers. */
export async function open(browser, { width = 1280, height = 800, theme = 'dark', still = true, ...rest } = {}) {
	const viewport = { width, height };
	const reducedMotion = still ? 'reduce' : 'no-preference';
	const context = await browser.newContext({ viewport, colorScheme: theme, reducedMotion, ...rest });
	const page = await context.newPage();
	const complaints = [];
	page.on('console', (message) => {
		// Asking who is signed in is answered 401 when nobody is; Chromium prints that and no page can stop it.
		const expected = message.location().url.endsWith('/api/v1/me') && message.text().includes('401');
		if (message.type() === 'error' && !expected) complaints.push(`${message.text()} (${message.location().url})`);
	});
	page.on('pageerror', (fault) => complaints.push(fault.message));
	await page.addInitScript(watchPage);
	return { page, context, complaints };
}

/** What the page's player is doing now; null without a video element. */
export async function picture(page) {
	return page.evaluate(() => {
		const video = document.querySelector('video');
		if (!video) return null;
		const quality = video.getVideoPlaybackQuality();
		return {
			position: video.currentTime,
			paused: video.paused,
			ready: video.readyState,
			width: video.videoWidth,
			height: video.videoHeight,
			frames: quality.totalVideoFrames,
			dropped: quality.droppedVideoFrames,
			soundBytes: video.webkitAudioDecodedByteCount,
			latency: window.__footlight?.latency() ?? null
		};
	});
}

/** Waits until the picture moves on by `seconds`, with new frames on the screen. */
export async function plays(page, { seconds = 1, ms = 20_000 } = {}) {
	let from = null;
	return until(
		`the picture moves on by ${seconds} s`,
		async () => {
			const now = await picture(page);
			if (!now || now.paused || !now.width) return false;
			// A new player starts elsewhere on its own time line.
			if (!from || now.position < from.position) from = now;
			return now.position - from.position >= seconds && now.frames > from.frames && now;
		},
		{ ms }
	);
}

/** Freezes since the page loaded or since `clear`, longest first, in ms. */
export async function freezes(page, { clear = false } = {}) {
	return page.evaluate((clear) => {
		const found = window.__freezes.map((freeze) => freeze.ms).sort((a, b) => b - a);
		if (clear) window.__freezes.length = 0;
		return found;
	}, clear);
}

/** Fatal hls.js errors since the page loaded. */
export async function fatal(page) {
	return page.evaluate(() => window.__fatal);
}

/** A number that changes when the page is loaded anew. */
export async function loadId(page) {
	return page.evaluate(() => window.__load);
}

/** The levels of the player that the page offers: [{height, index}]. */
export async function levels(page) {
	return until('the player has levels', () =>
		page.evaluate(() => {
			const levels = window.__footlight?.hls?.levels ?? [];
			return levels.length ? levels.map((level, index) => ({ height: level.height, index })) : null;
		})
	);
}

/** Forces a level (-1: automatic) and, if it has a picture, waits until that picture is on the screen. */
export async function forceLevel(page, { index, height }) {
	await page.evaluate((index) => (window.__footlight.hls.currentLevel = index), index);
	if (index >= 0 && height) {
		await until(`${height}p is on the screen`, async () => (await picture(page))?.height === height);
	}
}

/**
 * Plays every rung that has a picture in turn, then leaves the choice to the player again. The rungs must be these, by
 * height, lowest first.
 */
export async function playsEachRung(page, heights) {
	const rungs = (await levels(page)).filter((level) => level.height);
	assert.deepEqual(
		rungs.map((rung) => rung.height).sort((a, b) => a - b),
		heights
	);
	for (const rung of rungs) {
		await forceLevel(page, rung);
		await plays(page, { seconds: 1.5 });
	}
	await forceLevel(page, { index: -1 });
	await playsByItself(page);
}

/** Plays on with ABR: time and frames advance, and sound is decoded with them. */
export async function playsByItself(page) {
	assert.equal(await page.evaluate(() => window.__footlight.hls.autoLevelEnabled), true, 'ABR is on');
	const start = await plays(page);
	const later = await plays(page, { seconds: 2 });
	assert.ok(later.position > start.position && later.frames > start.frames, 'time and frames advance');
	assert.ok(later.soundBytes > start.soundBytes, 'sound is decoded');
}

/** Louder is sound: a tone of an eighth of full scale has 0.088, silence is 0. */
export const HEARD = 0.02;

/**
 * How loud the sound is that the page's video makes now: the root mean square of a moment's samples, 0 for silence. The
 * first call taps the element, which then must have its sound on; with `silent` it is a page that keeps it off.
 */
export async function loudness(page, { silent = false } = {}) {
	return page.evaluate(async (silent) => {
		const video = document.querySelector('video');
		if (window.__tapped !== video) {
			if (video.muted !== silent) throw new Error(`the page's video is ${silent ? 'not ' : ''}muted`);
			const context = new AudioContext();
			window.__tapped = video;
			window.__ear = context.createAnalyser();
			context.createMediaElementSource(video).connect(window.__ear).connect(context.destination);
			await context.resume();
		}
		video.muted = false;
		video.volume = 1;
		const samples = new Float32Array(window.__ear.fftSize);
		window.__ear.getFloatTimeDomainData(samples);
		return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
	}, silent);
}
