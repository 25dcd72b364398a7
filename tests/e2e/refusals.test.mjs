// Whoever is not welcome is told why, and the stream that is on air does not notice.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { freezes, launch, open, plays } from './browser.mjs';
import { publish, Server, stopAll, until } from './harness.mjs';

let server, browser, ada, encoder, viewer;

before(async () => {
	server = await Server.start();
	browser = await launch();
	ada = await server.creator('ada');
	encoder = publish(ada.ingest, { size: '640x360', bitrate: '800k' });
	await server.live('ada');
	viewer = await open(browser);
	await viewer.page.goto(`${server.url}/ada`);
	await plays(viewer.page, { seconds: 2 });
});

after(async () => {
	await browser?.close();
	await stopAll();
	await server?.dispose();
});

/** Runs `trouble` beside the live stream and asserts that its viewer saw no freeze of a second. */
async function unharmed(trouble) {
	await freezes(viewer.page, { clear: true });
	await trouble();
	await plays(viewer.page, { seconds: 2 });
	const [longest = 0] = await freezes(viewer.page);
	assert.ok(longest < 1_000, `the live stream froze for ${longest} ms`);
	assert.equal((await server.stream('ada'))?.state, 'live');
}

/** An encoder that must be refused: its exit code and what it printed. */
async function refused(child, reason) {
	const end = await Promise.race([child.exited, until('the encoder gives up', () => child.end, { ms: 20_000 })]);
	assert.notEqual(end.code, 0, 'the encoder reports a failure');
	assert.match(child.log, reason);
}

test('a wrong key is refused with a reason that the encoder shows', async () => {
	await unharmed(async () => {
		await refused(publish(`rtmp://${server.rtmp}/live/no_such_key`, { size: '640x360' }), /key|BadName|denied/i);
	});
});

test('a codec that we do not take is refused with a reason that the encoder shows', async () => {
	const bob = await server.creator('bob');
	await unharmed(async () => {
		const sorenson = publish(bob.ingest, { size: '352x288', video: ['-c:v', 'flv1', '-b:v', '500k'] });
		await until('it is refused', () => sorenson.end, { ms: 20_000 });
		assert.notEqual(sorenson.end.code, 0);
		assert.notEqual((await server.stream('bob'))?.state, 'live');
		await until('the reason is in the log', () => /codec|h\.?264/i.test(server.child.log + sorenson.log));
		await until('nothing is left of it', async () => (await server.stream('bob')) === null, { ms: 30_000 });
	});
});

test('the ingest endpoint says beforehand what would be refused', async () => {
	const ask = async (status, stream) => {
		const body = { stream_key: ada.key, codec: 'h264', bitrate: 2_500_000, ...stream };
		return server.expect(status, 'POST', '/api/v1/streams/ingest', { body });
	};
	assert.ok((await ask(200, {})).ingest_endpoint.startsWith('rtmp://'));
	assert.equal((await ask(403, { stream_key: 'no_such_key' })).code, 'unknown_stream_key');
	const unsupported = await ask(415, { codec: 'vp9' });
	assert.equal(unsupported.code, 'unsupported_codec');
	assert.ok(unsupported.supported.length, 'it lists what is taken');
	assert.equal((await ask(422, { bitrate: 900_000_000 })).code, 'bitrate_too_high');
});

test('two hundred connections that send garbage are closed', async () => {
	await unharmed(async () => {
		const sockets = Array.from({ length: 200 }, () => connect(server.rtmp));
		for (const socket of sockets) socket.write(randomBytes(4096));
		await until('all are closed', () => sockets.every((socket) => socket.gone), { ms: 20_000 });
	});
});

test('connections that dribble a handshake are closed', async () => {
	await unharmed(async () => {
		const sockets = Array.from({ length: 40 }, () => connect(server.rtmp));
		const dribble = setInterval(() => sockets.forEach((socket) => socket.gone || socket.write(Buffer.from([3]))), 500);
		// The handshake has five seconds.
		await until('all are closed', () => sockets.every((socket) => socket.gone), { ms: 12_000 });
		clearInterval(dribble);
	});
});

test('requests that dribble their headers do not stop the site', async () => {
	await unharmed(async () => {
		const sockets = Array.from({ length: 100 }, () => connect(server.http));
		for (const socket of sockets) socket.write('GET / HTTP/1.1\r\nX-a: ');
		const dribble = setInterval(() => sockets.forEach((socket) => socket.gone || socket.write('b')), 250);
		const started = Date.now();
		assert.ok((await fetch(`${server.url}/healthz`)).ok);
		assert.ok(Date.now() - started < 2_000);
		await plays(viewer.page, { seconds: 2 });
		clearInterval(dribble);
		sockets.forEach((socket) => socket.destroy());
	});
});

test('the newest encoder with the key takes over, and the old one ends', async () => {
	const before = await server.stream('ada');
	const second = publish(ada.ingest, { size: '640x360', bitrate: '800k' });
	await until('the first encoder is gone', () => encoder.end, { ms: 15_000 });
	assert.equal(second.end, undefined, second.log);
	const after = await server.live('ada');
	assert.equal(after.id, before.id);
	await plays(viewer.page, { seconds: 2 });
	assert.deepEqual(viewer.complaints, []);
});

function connect(address) {
	const [host, port] = address.split(':');
	const socket = net.connect({ host, port: Number(port) });
	socket.on('error', () => {});
	socket.on('close', () => (socket.gone = true));
	socket.resume();
	return socket;
}
