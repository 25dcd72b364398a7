// One viewer in Chromium: opens a page, reads the time code off its picture, counts what went wrong.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { open, picture } from '../e2e/browser.mjs';
import { until } from '../e2e/process.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));

/** A viewer of one row. `wait`: the stream may not be there yet. */
export class Viewer {
	static async open(browser, site, channel, row, { wait = false } = {}) {
		const viewer = new Viewer();
		const { page, context } = await open(browser, { width: 1440, height: 900, ignoreHTTPSErrors: true });
		Object.assign(viewer, { page, context, row });
		await page.addInitScript(readFileSync(path.join(HERE, 'reader.js'), 'utf8'));
		const ask = new URLSearchParams({
			src: channel.playlist,
			config: JSON.stringify(row.stock ?? {}),
			...(wait && { wait: 1 })
		});
		await page.goto(row.stock ? `${site.url}?${ask}` : channel.page);
		return viewer;
	}

	/** Waits for the first frame with a time code: {at, sincePage}. */
	async firstFrame(ms = 60_000) {
		return until('a frame with a time code', () => this.page.evaluate(() => window.__bench.first), { ms });
	}

	/** On our own page: pins the level that the row is about. */
	async pin() {
		if (this.row.stock || !this.row.height) return;
		const levels = await until('levels', () =>
			this.page.evaluate(() => {
				const levels = window.__footlight?.hls?.levels ?? [];
				return levels.length ? levels.map((level, index) => ({ height: level.height, index })) : null;
			})
		);
		const byHeight = levels.filter((level) => level.height).sort((a, b) => b.height - a.height);
		const wanted = byHeight.find((level) => level.height <= this.row.height);
		if (!wanted) throw new Error(`no level of ${this.row.height} among ${JSON.stringify(levels)}`);
		// As the quality menu does it: what is buffered plays on.
		await this.page.evaluate((index) => (window.__footlight.hls.loadLevel = index), wanted.index);
		const { height } = wanted;
		await until(`${height}p is on the screen`, async () => (await picture(this.page))?.height === height);
	}

	/** Frames and gaps since `from` (wall clock, ms). */
	async seen(from = 0) {
		const all = await this.page.evaluate((from) => {
			const { samples, gaps, unread } = window.__bench;
			const since = (list) => list.filter((entry) => entry.at >= from);
			return { samples: since(samples), gaps: since(gaps), unread };
		}, from);
		return all;
	}

	/** Fatal hls.js errors so far. */
	async fatal() {
		return this.page.evaluate(
			() => [...(window.__fatal ?? []), ...(window.errors ?? []).filter((error) => error.fatal)].length
		);
	}

	async close() {
		await this.context.close();
	}
}
