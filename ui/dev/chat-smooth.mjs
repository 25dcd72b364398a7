// Is chat smooth? `npm run build`, the mock running, then `npm run smooth [RATE] [SECONDS]`: a popped-out pane in Chromium
// gets RATE messages a second; tells every long task (over 50 ms, PerformanceObserver), how often the list was painted, and
// the longest tasks by their time on the processor.
import { chromium } from 'playwright-core';

const base = process.env.URL ?? 'http://127.0.0.1:8099';
const rate = process.argv[2] ?? '100';
const seconds = Number(process.argv[3] ?? 20);
const room = `ada_smooth_${Date.now() % 100_000}`;
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--no-first-run']
});
const context = await browser.newContext({ viewport: { width: 380, height: 720 } });
await context.addCookies([{ name: 'footlight_session', value: process.env.AS ?? 'viewer', url: base }]);
const page = await context.newPage();
await page.goto(`${base}/popout/${room}/chat`);
await page.locator('.row').first().waitFor();
await page.waitForTimeout(1500);
await page.evaluate(() => {
	const seen = { tasks: [], changes: 0, rows: 0 };
	window.seen = seen;
	new PerformanceObserver((list) => list.getEntries().forEach((e) => seen.tasks.push(Math.round(e.duration)))).observe({
		type: 'longtask'
	});
	const list = document.querySelector('.rows');
	new MutationObserver((records) => {
		seen.changes += 1;
		seen.rows += records.reduce((n, r) => n + r.addedNodes.length, 0);
	}).observe(list, { childList: true });
});
const cdp = await context.newCDPSession(page);
await cdp.send('Performance.enable');
/** Seconds that the page's thread has spent, by what. */
const spent = async () =>
	Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics.map((m) => [m.name, m.value]));
const before = await spent();
await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
const began = await page.evaluate(() => performance.now());
await fetch(`${base}/mock/chat/${room}/burst?rate=${rate}&seconds=${seconds}`, { method: 'POST' });
await page.waitForTimeout(seconds * 1000 + 500);
const { tasks, changes, rows, shown, newest, took } = await page.evaluate(() => ({
	...window.seen,
	shown: document.querySelectorAll('.row').length,
	newest: document.querySelector('.row:last-child')?.textContent.trim().slice(-40),
	took: performance.now()
}));
const after = await spent();
const { traceEvents } = JSON.parse(String(await browser.stopTracing()));
await browser.close();
// On a busy machine a task lasts long because others run; its time on the processor is what is ours.
const main = new Set(traceEvents.filter((e) => e.args?.name === 'CrRendererMain').map((e) => `${e.pid}.${e.tid}`));
const own = traceEvents.filter((e) => main.has(`${e.pid}.${e.tid}`) && e.tdur).map((e) => e.tdur / 1000);
const longest = own.sort((a, b) => b - a).slice(0, 5);
console.log(
	`${rate} messages/s for ${seconds} s: ${tasks.length} long tasks ${JSON.stringify(tasks)}, ${changes} updates (${(changes / ((took - began) / 1000)).toFixed(1)}/s), ${rows} rows added, ${shown} kept, newest "${newest}"`
);
const part = (name) =>
	`${name} ${(((after[`${name}Duration`] - before[`${name}Duration`]) / seconds) * 1000).toFixed(0)} ms/s`;
console.log(['Task', 'Script', 'Layout', 'RecalcStyle'].map(part).join(', '));
console.log(`longest tasks by processor time: ${longest.map((ms) => ms.toFixed(0)).join(', ')} ms of ${own.length}`);
process.exitCode = tasks.length === 0 ? 0 : 1;
