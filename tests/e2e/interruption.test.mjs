// What breaks in an evening: the encoder's machine, our own FFmpeg. The viewer keeps the page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fatal, forceLevel, freezes, launch, levels, loadId, open, picture, plays } from './browser.mjs';
import { edge, publish, Server, stopAll, until } from './harness.mjs';

const OUTAGE_MS = 5_000;

let server, browser, ada;

before(async () => {
	server = await Server.start();
	browser = await launch();
	ada = await server.creator('ada');
});

after(async () => {
	await browser?.close();
	await stopAll();
	await server?.dispose();
});

test('an encoder killed for five seconds comes back into the same page', async () => {
	const first = publish(ada.ingest);
	const before = await server.live('ada', 3);
	const { page, context, complaints } = await open(browser);
	await page.goto(`${server.url}/ada`);
	await plays(page, { seconds: 2 });
	const load = await loadId(page);
	await first.stop('SIGKILL');
	const killed = Date.now();
	await until('the stream is interrupted', async () => (await server.stream('ada'))?.state === 'interrupted');
	await until('the outage is over', () => Date.now() - killed >= OUTAGE_MS);
	const second = publish(ada.ingest);
	const after = await server.live('ada');
	const back = Date.now();
	await plays(page, { seconds: 0.5, ms: 8_000 });
	console.log(`# playing again ${Date.now() - back} ms after the stream was live again (0.5 s of it is the proof)`);
	await plays(page, { seconds: 3 });
	assert.equal(after.id, before.id, 'the stream goes on');
	assert.equal(await loadId(page), load, 'no reload');
	assert.deepEqual(await fatal(page), [], 'no fatal hls.js error');
	await until('latency is back', async () => (await picture(page)).latency < 2.5, { ms: 10_000 });
	assert.deepEqual(complaints, []);
	await context.close();
	await second.stop();
	await until('the stream ends', async () => (await server.stream('ada')) === null, { ms: 30_000 });
});

test('a killed transcoder stops nobody who watches the source, and the ladder is back', async () => {
	const encoder = publish(ada.ingest);
	await server.live('ada', 3);
	const { page, context, complaints } = await open(browser);
	await page.goto(`${server.url}/ada`);
	await plays(page);
	const rungs = await levels(page);
	await forceLevel(
		page,
		rungs.reduce((a, b) => (b.height > a.height ? b : a))
	);
	await plays(page, { seconds: 2 });
	await freezes(page, { clear: true });
	const load = await loadId(page);
	const rung = (await server.renditions('ada'))['480p'];
	const [pid] = await until('a transcoder runs', () => server.transcoders().length && server.transcoders());
	const was = await edge(rung);
	process.kill(pid, 'SIGKILL');
	const killed = Date.now();
	await until('another transcoder runs', () => server.transcoders().some((now) => now !== pid), { ms: 5_000 });
	// Two segments past the kill: more than was in the old one's pipes.
	await until('the ladder moves on', async () => (await edge(rung)) > was + 2_000, { ms: 8_000 });
	console.log(`# the ladder is two segments further ${Date.now() - killed} ms after the kill`);
	await plays(page, { seconds: 2 });
	const [longest = 0] = await freezes(page);
	assert.ok(longest < 1_000, `the source froze for ${longest} ms`);
	assert.equal(await loadId(page), load);
	assert.deepEqual(await fatal(page), []);
	assert.deepEqual(complaints, []);
	await context.close();
	await encoder.stop();
	await until('the stream ends', async () => (await server.stream('ada')) === null, { ms: 30_000 });
});

test('a viewer on a rung plays on after its transcoder was killed', async () => {
	const encoder = publish(ada.ingest);
	await server.live('ada', 3);
	const { page, context } = await open(browser);
	await page.goto(`${server.url}/ada`);
	await plays(page);
	await forceLevel(
		page,
		(await levels(page)).find((level) => level.height === 480)
	);
	await plays(page, { seconds: 2 });
	const load = await loadId(page);
	const [pid] = await until('a transcoder runs', () => server.transcoders().length && server.transcoders());
	process.kill(pid, 'SIGKILL');
	await until('another transcoder runs', () => server.transcoders().some((now) => now !== pid), { ms: 5_000 });
	await plays(page, { seconds: 3, ms: 12_000 });
	assert.equal(await loadId(page), load);
	assert.deepEqual(await fatal(page), []);
	await context.close();
	await encoder.stop();
});
