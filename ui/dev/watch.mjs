// Watches a channel page in real Chromium and prints how it went: `npm run watch -- URL SECONDS`. With the mock,
// OUTAGE=5 kills the encoder for five seconds in the middle.
import { chromium } from 'playwright-core';

const url = process.argv[2] ?? 'http://127.0.0.1:8099/ada';
const seconds = Number(process.argv[3] ?? 30);
const outage = Number(process.env.OUTAGE ?? 0);
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
	args: [
		'--no-sandbox',
		'--disable-gpu',
		'--disable-quic',
		'--disable-background-networking',
		'--no-first-run',
		...(process.env.AUTOPLAY ? ['--autoplay-policy=no-user-gesture-required'] : [])
	]
});
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
page.on('console', (m) => ['error', 'warning'].includes(m.type()) && console.log(`console ${m.type()}: ${m.text()}`));
page.on('pageerror', (e) => console.log('page error:', e.message));
const began = Date.now();
await page.goto(url);
await page.waitForFunction(
	() => globalThis.__footlight?.stats().position > 0 && globalThis.__footlight.stats().phase === 'playing'
);
console.log(`playing after ${Date.now() - began} ms`);

if (process.env.DEBUG) {
	page.on('console', (m) => m.type() === 'info' && console.log(m.text()));
	await page.evaluate(() => {
		let known = null;
		setInterval(() => {
			const hls = globalThis.__footlight?.hls;
			if (!hls || hls === known) return;
			known = hls;
			const f = (d) =>
				`${d.frag?.type} sn ${d.frag?.sn}.${d.part?.index ?? ''} cc ${d.frag?.cc} ${d.frag?.start?.toFixed(2)} gap ${d.frag?.gap}`;
			hls.on('hlsError', (_, d) =>
				console.info(
					`  ERROR ${d.fatal ? 'fatal' : ''} ${d.type} ${d.details} ${d.error?.message ?? ''} ${d.frag ? f(d) : ''}`
				)
			);
			hls.on('hlsFragLoading', (_, d) => console.info(`  loading ${f(d)}`));
			hls.on('hlsFragBuffered', (_, d) => console.info(`  buffered ${f(d)}`));
			hls.on('hlsLevelUpdated', (_, d) =>
				console.info(
					`  level ${d.level} edge ${d.details.edge.toFixed(2)} sn ${d.details.startSN}-${d.details.endSN} cc ${d.details.startCC}-${d.details.endCC} age ${d.details.age.toFixed(2)}`
				)
			);
		}, 50);
	});
}
const control = (what) => fetch(new URL(`/mock/${what}`, url), { method: 'POST' });
if (outage > 0) {
	setTimeout(() => void control('interrupt'), (seconds * 1000) / 3);
	setTimeout(
		() => {
			console.log('encoder back');
			void control('resume');
		},
		(seconds * 1000) / 3 + outage * 1000
	);
}
const readings = [];
const until = Date.now() + seconds * 1000;
let told = 0;
while (Date.now() < until) {
	const s = await page.evaluate(() => globalThis.__footlight?.stats() ?? null);
	if (s) readings.push(s);
	if (s && Date.now() - told > 1000) {
		told = Date.now();
		const n = (v) => (v === null ? '-' : v.toFixed(2));
		console.log(
			`${((Date.now() - began) / 1000).toFixed(1)}s pos ${n(s.position)} enc ${n(s.latencyEncoder)} edge ${n(s.latencyEdge)} aim ${n(s.aim)} buf ${n(s.buffer)} rate ${n(s.rate)} stalls ${s.stalls} jumps ${s.jumps} rebuilds ${s.rebuilds} drop ${s.droppedFrames} ${s.rendition} ${s.phase}`
		);
	}
	await page.waitForTimeout(100);
}
const settled = readings.slice(Math.floor(readings.length / 4));
const sorted = settled
	.map((s) => s.latencyEncoder)
	.filter((v) => v !== null)
	.sort((a, b) => a - b);
const q = (p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))]?.toFixed(3);
const last = readings.at(-1);
console.log(
	`latency to the encoder: p50 ${q(0.5)} p90 ${q(0.9)} p99 ${q(0.99)}; stalls ${last?.stalls}, jumps ${last?.jumps}`
);
await browser.close();
