// Whoever is not welcome is told why, and the stream that is on air does not notice.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { freezes, launch, open, plays } from './browser.mjs';
import { closeAll, publish, Server, until } from './harness.mjs';

/** Publisher connections that one address may hold. */
const PER_ADDRESS = 32;

let server, browser, ada, door, encoder, viewer;

before(async () => {
	// Each connection that was refused is told at debug; at info a flood of them is one line a second.
	server = await Server.start({ config: '[log]\nfilter = "info,video::ingest=debug"\n' });
	browser = await launch();
	ada = await server.creator('ada');
	door = await overheard(server.rtmp);
	encoder = publish(`rtmp://${door.address}/live/${ada.key}`, { size: '640x360', bitrate: '800k' });
	await server.live('ada');
	viewer = await open(browser);
	await viewer.page.goto(`${server.url}/ada`);
	await plays(viewer.page, { seconds: 2 });
});

after(async () => {
	door?.close();
	await closeAll(server, browser);
});

/** Runs `trouble` beside the live stream and asserts that its viewer saw no freeze of a second. */
async function unharmed(trouble) {
	await freezes(viewer.page, { clear: true });
	const { id } = await server.stream('ada');
	await trouble();
	await plays(viewer.page, { seconds: 2 });
	const [longest = 0] = await freezes(viewer.page);
	assert.ok(longest < 1_000, `the live stream froze for ${longest} ms`);
	const stream = await server.stream('ada');
	assert.deepEqual([stream?.id, stream?.state], [id, 'live']);
}

const refusals = (reason) => `footlight_ingest_refused_total{reason="${reason}"}`;

/**
 * An encoder that is sent away by way of `door` fails and shows `reason`, has been told `code` with it, and the log has
 * the reason under `phrase`, once.
 */
async function sentAway(encoder, door, { code, reason, phrase }) {
	const end = await until('the encoder gives up', () => encoder.end, { ms: 20_000 });
	assert.notEqual(end.code, 0, 'the encoder reports a failure');
	assert.ok(encoder.log.includes(`Server error: ${reason}\n`), encoder.log);
	// FFmpeg shows the words and keeps the code to itself; OBS goes by the code.
	assert.ok(door.said().includes(code), code);
	const lines = () => server.told(phrase).filter((line) => line.reason === reason);
	await until(`the log says: ${reason}`, () => lines().length === 1);
}

test('a wrong key is refused with a reason that the encoder shows', async () => {
	const door = await overheard(server.rtmp);
	const counts = () =>
		Promise.all(['footlight_ingest_wrong_keys_total', refusals('publish')].map((name) => server.metric(name)));
	const before = await counts();
	await unharmed(async () => {
		await sentAway(publish(`rtmp://${door.address}/live/no_such_key`, { size: '640x360' }), door, {
			code: 'NetStream.Publish.BadName',
			reason: 'This stream key is not valid: copy the current one from your creator page.',
			phrase: 'rtmp connection refused'
		});
	});
	assert.ok(!door.said().includes('NetStream.Publish.Start'), 'it was never told to begin');
	assert.deepEqual(
		await counts(),
		before.map((count) => count + 1)
	);
	door.close();
});

test('a codec that we do not take is refused with a reason that the encoder and the creator are shown', async () => {
	const bob = await server.creator('bob');
	const door = await overheard(server.rtmp);
	const reason =
		"Sorenson H.263 video can't be broadcast here: set the encoder to H.264 (x264, NVENC H.264 or the like)";
	await unharmed(async () => {
		const address = `rtmp://${door.address}/live/${bob.key}`;
		const sorenson = publish(address, { size: '352x288', video: ['-c:v', 'flv1', '-b:v', '500k'] });
		await sentAway(sorenson, door, { code: 'NetStream.Publish.Rejected', reason, phrase: 'publisher left' });
		assert.notEqual((await server.stream('bob'))?.state, 'live');
		await until('nothing is left of it', async () => (await server.stream('bob')) === null, { ms: 30_000 });
	});
	const { warnings } = await server.expect(200, 'GET', '/api/v1/me/health', { token: bob.token });
	const [warning] = warnings.filter((warning) => warning.code === 'sent_away');
	assert.ok(warning?.text.includes(reason), JSON.stringify(warnings));
	door.close();
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

test('two hundred connections that send garbage are closed, each with its error', async () => {
	// No byte of RTMP, as of a browser or a scanner; and a handshake as it should be with garbage behind it.
	const http = Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
	const tls = Buffer.concat([Buffer.from([0x16, 0x03, 0x01]), randomBytes(4096)]);
	const noise = Buffer.concat([Buffer.from([0xff]), randomBytes(4096)]);
	const behind = Buffer.concat([Buffer.from([3]), randomBytes(2 * 1536), Buffer.from([0xc5]), randomBytes(1024)]);
	const opens = (byte) =>
		`byte ${byte} opens the connection where RTMP has 0x03; publish to an rtmp:// or rtmps:// address`;
	const kinds = [
		{ bytes: http, error: opens('0x47') },
		{ bytes: tls, error: opens('0x16') },
		{ bytes: noise, error: opens('0xff') },
		{ bytes: behind, error: 'a chunk on chunk stream 5 has no header to continue; update the encoder' }
	];
	const before = await server.metric(refusals('protocol'));
	await unharmed(async () => {
		// From ten addresses, for one may not have so many: each is to be heard and judged by what it sends.
		const callers = Array.from({ length: 200 }, (_, at) => ({
			...kinds[at % kinds.length],
			socket: connect(server.rtmp, `127.0.1.${1 + (at % 10)}`)
		}));
		for (const { socket, bytes } of callers) socket.write(bytes);
		await until('all are closed', () => callers.every(({ socket }) => socket.gone), { ms: 20_000 });
		const expected = callers.map(({ socket, error }) => `${socket.peer}: ${error}`).sort();
		const ours = () => {
			const lines = server.told('rtmp connection refused').map((line) => `${line.peer}: ${line.reason}`);
			return lines.filter((line) => line.startsWith('127.0.1.')).sort();
		};
		await until('each has its line in the log', () => ours().length >= expected.length);
		assert.deepEqual(ours(), expected);
	});
	assert.equal(await server.metric(refusals('protocol')), before + 200);
	// The one that publishes.
	await until('no other is left', async () => (await server.metric('footlight_ingest_connections')) === 1);
});

test('connections that dribble a handshake are closed with an error, and one address has so many and no more', async () => {
	const from = '127.0.2.1';
	await unharmed(async () => {
		const sockets = Array.from({ length: 40 }, () => connect(server.rtmp, from));
		const dribble = setInterval(() => sockets.forEach((socket) => socket.gone || socket.write(Buffer.from([3]))), 500);
		// The handshake has five seconds.
		await until('all are closed', () => sockets.every((socket) => socket.gone), { ms: 20_000 });
		clearInterval(dribble);
		const ours = () => server.told('rtmp connection refused').filter((line) => line.peer.startsWith(from));
		await until('each has its line in the log', () => ours().length >= sockets.length);
		assert.deepEqual(
			ours().map((line) => line.reason),
			[
				...Array(sockets.length - PER_ADDRESS).fill('too many connections from one address'),
				...Array(PER_ADDRESS).fill('no stream was published within 5 s of connecting')
			]
		);
		const counts = await Promise.all(['full', 'handshake'].map((reason) => server.metric(refusals(reason))));
		assert.deepEqual(counts, [sockets.length - PER_ADDRESS, PER_ADDRESS]);
	});
});

test('requests that dribble their headers do not stop the site, and are counted', async () => {
	const late = () => server.metric('footlight_http_headers_late_total');
	const before = await late();
	await unharmed(async () => {
		const sockets = Array.from({ length: 100 }, () => connect(server.http));
		for (const socket of sockets) socket.write('GET / HTTP/1.1\r\nX-a: ');
		const dribble = setInterval(() => sockets.forEach((socket) => socket.gone || socket.write('b')), 250);
		await until('all are connected', () => sockets.every((socket) => socket.peer));
		assert.ok((await fetch(`${server.url}/healthz`)).ok);
		// None had to go first: the site answers beside them.
		assert.equal(sockets.filter((socket) => socket.gone).length, 0, 'all dribble on');
		await plays(viewer.page, { seconds: 2 });
		// Headers have twenty seconds.
		await until('all are closed', () => sockets.every((socket) => socket.gone), { ms: 40_000 });
		clearInterval(dribble);
		await until('each is counted', async () => (await late()) >= before + sockets.length);
	});
});

test('the newest encoder with the key takes over, and the old one ends and says why', async () => {
	const before = await server.stream('ada');
	const publishes = await server.metric('footlight_ingest_publishes_total');
	const second = publish(ada.ingest, { size: '640x360', bitrate: '800k' });
	await sentAway(encoder, door, {
		code: 'NetStream.Publish.Rejected',
		reason: 'Another encoder started to publish on this channel, so this one was stopped.',
		phrase: 'publisher left'
	});
	assert.equal(await server.metric('footlight_ingest_publishes_total'), publishes + 1);
	const after = await server.live('ada');
	assert.equal(after.id, before.id);
	await plays(viewer.page, { seconds: 2 });
	assert.equal(second.end, undefined, second.log);
	assert.equal((await server.stream('ada')).id, before.id);
	assert.deepEqual(viewer.complaints, []);
});

/** A connection, from `localAddress` if that is given. `peer` is what the server calls it; `gone` when it is closed. */
function connect(address, localAddress) {
	const [host, port] = address.split(':');
	const socket = net.connect({ host, port: Number(port), localAddress });
	socket.on('connect', () => (socket.peer = `${socket.localAddress}:${socket.localPort}`));
	socket.on('error', () => {});
	socket.on('close', () => (socket.gone = true));
	socket.resume();
	return socket;
}

/**
 * A door before `address` that hears what is said to whoever comes through it: {address, said, close}. Either side may
 * stop speaking and listen on, as without a door: that is how the last words of a refusal arrive.
 */
async function overheard(address) {
	const [host, port] = address.split(':');
	let heard = Buffer.alloc(0);
	const allowHalfOpen = true;
	const door = net.createServer({ allowHalfOpen }, (near) => {
		const far = net.connect({ host, port: Number(port), allowHalfOpen });
		far.on('data', (bytes) => (heard = Buffer.concat([heard, bytes])));
		near.on('error', () => far.destroy());
		far.on('error', () => near.destroy());
		near.pipe(far).pipe(near);
	});
	await new Promise((ready) => door.listen(0, '127.0.0.1', ready));
	// A test that fails leaves its door open, and the run ends all the same.
	door.unref();
	return {
		address: `127.0.0.1:${door.address().port}`,
		said: () => heard.toString('latin1'),
		close: () => door.close()
	};
}
