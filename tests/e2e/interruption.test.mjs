// What breaks in an evening: the encoder's machine, our own FFmpeg, the viewer's network. The viewer keeps the page.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fatal, forceLevel, freezes, launch, levels, loadId, open, picture, plays } from './browser.mjs';
import { Child, closeAll, edge, publish, RESULTS, Server, temporaryFolder, until } from './harness.mjs';

const OUTAGE_MS = 5_000;

let server, browser, ada;

before(async () => {
	mkdirSync(RESULTS, { recursive: true });
	server = await Server.start();
	browser = await launch();
	ada = await server.creator('ada');
});

after(() => closeAll(server, browser));

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

test('an uplink that stands still and then sends all at once costs no rung a part', async () => {
	// Encoded before, so that what was held up really comes at once.
	const file = path.join(temporaryFolder(), 'programme.flv');
	const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=30', '-f', 'lavfi', '-i', 'sine=sample_rate=48000'];
	const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p', '-g', '30'];
	const made = new Child('ffmpeg', ['-v', 'error', ...picture, '-t', '60', ...x264, '-c:a', 'aac', '-ac', '2', file]);
	assert.equal((await made.exited).code, 0, made.log);
	const send = ['-v', 'warning', '-nostdin', '-re', '-i', file, '-c', 'copy', '-f', 'flv', ada.ingest];
	const encoder = new Child('ffmpeg', send, { name: 'publisher' });
	await server.live('ada', 3);
	const addresses = await server.renditions('ada');
	const count = async (name, what) =>
		((await (await fetch(addresses[name])).text()).match(new RegExp(`^#${what}`, 'gm')) ?? []).length;
	const segments = (name, at) =>
		until(`${name} has ${at} segments`, async () => (await count(name, 'EXTINF')) >= at, { ms: 30_000 });
	await segments('source', 4);
	process.kill(encoder.process.pid, 'SIGSTOP');
	const stopped = Date.now();
	await until('the line is back', () => Date.now() - stopped >= 3_000);
	process.kill(encoder.process.pid, 'SIGCONT');
	// Fewer than a playlist lists, so that none has left it.
	await segments('source', 9);
	await segments('160p', 9);
	assert.equal(await count('160p', 'EXT-X-GAP'), await count('source', 'EXT-X-GAP'));
	await encoder.stop();
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

test('a viewer without a network is told so, and that it is back, and keeps the page', async () => {
	const encoder = publish(ada.ingest, { size: '640x360', bitrate: '800k' });
	await server.live('ada');
	const { page, context } = await open(browser);
	await page.goto(`${server.url}/ada`);
	await plays(page, { seconds: 2 });
	const load = await loadId(page);
	const words = (text) => page.getByRole('status').filter({ hasText: text });
	const mark = page.locator('main').getByText(/^(live|was live)$/i);

	await context.setOffline(true);
	await words('The connection is lost. Trying again.').waitFor({ timeout: 5_000 });
	assert.equal(await page.getByRole('button', { name: /^go live/i }).isVisible(), true, 'the player says Live no more');
	assert.match((await mark.allInnerTexts()).join(), /was live/i);
	await new Promise((done) => setTimeout(done, 10_000));
	await page.screenshot({ path: path.join(RESULTS, 'network-lost.png') });

	await context.setOffline(false);
	const since = Date.now();
	await words('The connection is back.').waitFor({ timeout: 8_000 });
	await plays(page, { seconds: 1, ms: 15_000 });
	console.log(`# playing again ${Date.now() - since} ms after the network was back (1 s of it is the proof)`);
	await words('The connection is back.').waitFor({ state: 'detached', timeout: 8_000 });
	assert.equal(await loadId(page), load, 'no reload');

	// A gap of a second is nobody's business.
	await page.evaluate(() => {
		window.__said = [];
		const look = () => window.__said.push(document.body.innerText.match(/The connection is \w+/)?.[0]);
		new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
	});
	await context.setOffline(true);
	await new Promise((done) => setTimeout(done, 1_000));
	await context.setOffline(false);
	await plays(page, { seconds: 3 });
	assert.deepEqual((await page.evaluate(() => window.__said)).filter(Boolean), []);
	await context.close();
	await encoder.stop();
});
