// Our own checker of the LL-HLS rules on all renditions of a live stream, low and normal latency, and after the end.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Child, publish, ROOT, Server, stopAll, until } from './harness.mjs';

const SECONDS = process.env.CHECK_SECONDS ?? '20';

let server, ada;

before(async () => {
	server = await Server.start({ config: 'grace_clean_close = "2s"\n' });
	ada = await server.creator('ada');
});

after(async () => {
	await stopAll();
	await server?.dispose();
});

/** Runs the checker and prints its table into the test's log. */
async function check(url, seconds = SECONDS) {
	const args = ['run', '--quiet', '--package', 'xtask', '--', 'check-hls', url, '--seconds', seconds, '--strict'];
	const checker = new Child('cargo', args, { name: 'check-hls', spawn: { cwd: path.resolve(ROOT) } });
	const end = await checker.exited;
	console.log(checker.log.replace(/^/gm, '# '));
	assert.equal(end.code, 0, checker.log);
}

test('a stream in low latency keeps the rules', async () => {
	const encoder = publish(ada.ingest);
	await server.live('ada', 3);
	await check(server.playlist('ada'));
	const renditions = Object.values(await server.renditions('ada'));
	await encoder.stop();
	// What is left after the end is judged too: directives mean nothing there.
	await until('the playlist ends', async () => (await (await fetch(renditions[0])).text()).includes('#EXT-X-ENDLIST'));
	await check(renditions[0], '2');
	await until('the stream ends', async () => (await server.stream('ada')) === null);
});

test('a stream in normal latency keeps the rules', async () => {
	const body = { latency: 'normal' };
	await server.expect(200, 'PATCH', '/api/v1/channels/ada', { token: ada.token, body });
	const encoder = publish(ada.ingest);
	await server.live('ada', 3);
	await check(server.playlist('ada'));
	await encoder.stop();
});
