// Our own checker of the LL-HLS rules on all renditions of a live stream: low and normal latency, over an encoder's outage,
// while an encoder stalls, and after the end.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Child, closeAll, publish, ROOT, Server, until } from './harness.mjs';

const SECONDS = process.env.CHECK_SECONDS ?? '20';

let server, ada;

before(async () => {
	// Built beforehand, so that what happens during a check happens during it.
	const build = new Child('cargo', ['build', '--quiet', '--package', 'xtask'], { spawn: { cwd: path.resolve(ROOT) } });
	assert.equal((await build.exited).code, 0, build.log);
	server = await Server.start({ config: 'grace_clean_close = "2s"\n' });
	ada = await server.creator('ada');
});

after(() => closeAll(server));

/** Runs the checker while `during` happens, and prints its table into the test's log: {code, log}. */
async function run(url, { seconds = SECONDS, during, options = [] } = {}) {
	const args = ['run', '--quiet', '--package', 'xtask', '--', 'check-hls', url, '--seconds', seconds, ...options];
	const checker = new Child('cargo', args, { name: 'check-hls', spawn: { cwd: path.resolve(ROOT) } });
	await during?.(checker.startedAt);
	const end = await checker.exited;
	console.log(checker.log.replace(/^/gm, '# '));
	return { code: end.code, log: checker.log };
}

/** Every rule is kept, those that are no MUST as well. */
async function check(url, { seconds, during } = {}) {
	const { code, log } = await run(url, { seconds, during, options: ['--strict'] });
	assert.equal(code, 0, log);
}

/** What the checker found out about one rule. */
function verdict(log, id) {
	return log.match(new RegExp(`^\\s*${id}\\s+(.*)$`, 'm'))?.[1] ?? '';
}

test('a stream in low latency keeps the rules', async () => {
	const encoder = publish(ada.ingest);
	await server.live('ada', 3);
	await check(server.playlist('ada'));
	const renditions = Object.values(await server.renditions('ada'));
	await encoder.stop();
	// What is left after the end is judged too: directives mean nothing there.
	await until('the playlist ends', async () => (await (await fetch(renditions[0])).text()).includes('#EXT-X-ENDLIST'));
	await check(renditions[0], { seconds: '2' });
	await until('the stream ends', async () => (await server.stream('ada')) === null);
});

test('a source whose pictures are decoded in another order than they are shown keeps the rules', async () => {
	const slow = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-pix_fmt', 'yuv420p', '-b:v', '2500k'];
	const encoder = publish(ada.ingest, { video: [...slow, '-g', '30', '-sc_threshold', '0'] });
	await server.live('ada', 3);
	await check(server.playlist('ada'), { seconds: '12' });
	await encoder.stop();
	await until('the stream ends', async () => (await server.stream('ada')) === null);
});

test('OBS’ defaults, B-frames and a key frame in eight seconds, keep the rules: they are encoded again', async () => {
	// A short window, so that the check is long enough to ask for what has left it.
	const brief = await Server.start({ config: '[origin]\nwindow = "12s"\n' });
	try {
		const eve = await brief.creator('eve');
		const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-pix_fmt', 'yuv420p', '-b:v', '2500k'];
		const encoder = publish(eve.ingest, { video: [...x264, '-g', '250', '-sc_threshold', '0'] });
		await brief.live('eve', 4);
		await check(brief.playlist('eve'), { seconds: '30' });
		await encoder.stop();
	} finally {
		await brief.dispose();
	}
});

test('a stream in normal latency keeps the rules', async () => {
	const body = { latency: 'normal' };
	await server.expect(200, 'PATCH', '/api/v1/channels/ada', { token: ada.token, body });
	const encoder = publish(ada.ingest);
	await server.live('ada', 3);
	await check(server.playlist('ada'));
	await encoder.stop();
});

for (const latency of ['low', 'normal']) {
	test(`an encoder that is gone for four seconds breaks no rule, in ${latency} latency`, async () => {
		// Of its own: how the stream before ended is no matter here.
		const broken = await Server.start();
		try {
			const eve = await broken.creator('eve');
			await broken.expect(200, 'PATCH', '/api/v1/channels/eve', { token: eve.token, body: { latency } });
			let encoder = publish(eve.ingest);
			await broken.live('eve', 4);
			const during = async (started) => {
				await until('the checker has asked all its questions', () => Date.now() - started >= 12_000);
				await encoder.stop('SIGKILL');
				const killed = Date.now();
				await until('the outage is over', () => Date.now() - killed >= 4_000);
				encoder = publish(eve.ingest);
			};
			const { code, log } = await run(broken.playlist('eve'), { seconds: '30', during, options: ['--strict'] });
			assert.equal(code, 0, log);
			assert.match(verdict(log, 'G1'), /pass/, 'the outage was seen in all renditions');
			await encoder.stop();
		} finally {
			await broken.dispose();
		}
	});
}

test('a request that nothing new comes for is held for three target durations, and then answered 503', async () => {
	const patient = await Server.start({ config: '[ingest]\nsilent_after = "40s"\nidle_timeout = "60s"\n' });
	try {
		const eve = await patient.creator('eve');
		const encoder = publish(eve.ingest);
		await patient.live('eve', 4);
		const during = async (started) => {
			await until('the checker has asked all its questions', () => Date.now() - started >= 12_000);
			encoder.process.kill('SIGSTOP');
			const stalled = Date.now();
			await until('it has stalled for long enough', () => Date.now() - stalled >= 9_000);
			encoder.process.kill('SIGCONT');
		};
		const { log } = await run(patient.playlist('eve'), { seconds: '26', during });
		// A stall breaks the rules about pace, and nothing can be done about that: only the answers count here.
		assert.match(verdict(log, 'B6'), /pass/, log);
		await encoder.stop();
	} finally {
		await patient.dispose();
	}
});
