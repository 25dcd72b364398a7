// What every test stands on: the built binary on free ports in a temporary folder, its API, and encoders that publish.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child, childrenOf, Hopeless, stopAll, until } from './process.mjs';

export { Child, childrenOf, Hopeless, until } from './process.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
export const ROOT = path.join(HERE, '../..');
export const RESULTS = path.join(ROOT, 'test-results');
export const PASSWORD = 'a long enough sentence';

/** The binary under test: FOOTLIGHT_BIN, else the release build, else the debug build. */
export function binary(name = 'footlight') {
	const given = process.env[`${name.toUpperCase()}_BIN`];
	const built = ['release', 'debug'].map((profile) => path.join(ROOT, 'target', profile, name));
	const found = given ? [given] : built.filter(existsSync);
	if (!found.length)
		throw new Error(`${name} is not built: cargo build --release -p ${name === 'footlight' ? 'app' : name}`);
	return found[0];
}

export function temporaryFolder() {
	return mkdtempSync(path.join(tmpdir(), 'footlight-e2e-'));
}

/** What stands at the end of a file's tests: nothing runs on, and no data is left. Both may never have come up. */
export async function closeAll(server, browser) {
	await browser?.close();
	await stopAll();
	await server?.dispose();
}

/** The platform in one process. `stop` ends it; `dispose` also forgets its data. */
export class Server {
	static async start({ config = '', data = temporaryFolder(), env = {} } = {}) {
		const server = new Server();
		Object.assign(server, { data, config, env });
		await server.up();
		return server;
	}

	async up() {
		const file = path.join(this.data, 'e2e.toml');
		const ports = path.join(this.data, 'ports.json');
		rmSync(ports, { force: true });
		writeFileSync(file, withFreePorts(this.config));
		const quiet = settled();
		// A binary without the UI inside (a debug build) is given one.
		if (process.env.E2E_UI_DIR) quiet.FOOTLIGHT_HTTP_UI_DIR = path.resolve(process.env.E2E_UI_DIR);
		const args = ['up', '--data', this.data, '--config', file];
		this.child = new Child(binary(), args, { name: 'footlight', spawn: { env: { ...quiet, ...this.env } } });
		await until(
			'footlight listens',
			() => {
				if (this.child.end) throw new Hopeless(`footlight ended: ${JSON.stringify(this.child.end)}\n${this.child.log}`);
				return existsSync(ports) && Object.assign(this, JSON.parse(readFileSync(ports, 'utf8')));
			},
			{ ms: 30_000, every: 50 }
		);
		this.url = `${this.config.includes('[http.tls]') ? 'https' : 'http'}://${this.http}`;
		await until('the server is ready', async () => (await fetch(`${this.url}/readyz`)).ok);
	}

	get pid() {
		return this.child.pid;
	}

	async stop(signal = 'SIGTERM') {
		return this.child.stop(signal);
	}

	/** One command of the binary on this server's data folder: {code, log}. */
	async command(...args) {
		const child = new Child(binary(), ['--data', this.data, ...args], {
			name: `footlight ${args[0]}`,
			spawn: { env: settled() }
		});
		const end = await child.exited;
		return { code: end.code, log: child.log };
	}

	async dispose() {
		await this.stop();
		rmSync(this.data, { recursive: true, force: true });
	}

	/** A request to the API: {status, body}. `token` is sent as a bearer. */
	async ask(method, where, { token, body } = {}) {
		const headers = {
			...(body && { 'content-type': 'application/json' }),
			...(token && { authorization: `Bearer ${token}` })
		};
		const signal = AbortSignal.timeout(10_000);
		const answer = await fetch(this.url + where, { method, headers, body: body && JSON.stringify(body), signal });
		const text = await answer.text();
		return { status: answer.status, body: text && text.trimStart().startsWith('{') ? JSON.parse(text) : text };
	}

	/** As `ask`, but anything other than `status` is an error with the answer in it. */
	async expect(status, method, where, options) {
		const answer = await this.ask(method, where, options);
		if (answer.status !== status) {
			throw new Error(`${method} ${where}: ${answer.status} ${JSON.stringify(answer.body)}, expected ${status}`);
		}
		return answer.body;
	}

	/** An account with a stream key: {name, token, key, ingest}. `ingest` is what an encoder is given. */
	async creator(name) {
		const account = { name, email: `${name}@example.org`, password: PASSWORD };
		const { token } = await this.expect(201, 'POST', '/api/v1/accounts', { body: account });
		const { id, key } = await this.expect(201, 'POST', '/api/v1/me/stream-keys', { token, body: { label: 'e2e' } });
		return { name, token, key, keyId: id, ingest: `rtmp://${this.rtmp}/live/${key}` };
	}

	/** The channel's live stream, or null. */
	async stream(name) {
		const { status, body } = await this.ask('GET', `/api/v1/streams/${name}`);
		return status === 200 ? body : null;
	}

	/** Waits until the channel is on air with at least these renditions. */
	async live(name, renditions = 1, ms = 20_000) {
		return until(
			`${name} is live with ${renditions} rendition(s)`,
			async () => {
				const stream = await this.stream(name);
				return stream?.state === 'live' && stream.renditions.length >= renditions && stream;
			},
			{ ms }
		);
	}

	/** Lines of the log with this phrase, oldest first. A connection's own have its peer in `span`. */
	told(phrase) {
		return this.child.log
			.split('\n')
			.flatMap(lineOf)
			.filter((line) => line.message === phrase);
	}

	/** What a metric says now, by its name and labels as they are written there. */
	async metric(name) {
		const text = await this.expect(200, 'GET', '/metrics');
		const line = text.split('\n').find((line) => line.startsWith(`${name} `));
		if (!line) throw new Error(`no metric ${name}`);
		return Number(line.slice(name.length));
	}

	playlist(name) {
		return `${this.url}/api/v1/streams/${name}/playlist.m3u8`;
	}

	/** Media playlist addresses by rendition name, from the multivariant. */
	async renditions(name) {
		const text = await (await fetch(this.playlist(name))).text();
		const uris = [...text.matchAll(/^(?!#)(\S+)$/gm)].map((match) => match[1]);
		const named = uris.map((uri) => [uri.split('/').at(-2), new URL(uri, this.playlist(name)).href]);
		return Object.fromEntries(named);
	}

	/** Pids of the FFmpeg children. */
	transcoders() {
		return childrenOf(this.pid, 'ffmpeg');
	}
}

/** A line of a JSON log, in a list; nothing if it is not a whole one. */
function lineOf(text) {
	try {
		return [JSON.parse(text)];
	} catch {
		return [];
	}
}

/** The environment without settings of whoever runs the tests (and FOOTLIGHT_BIN is no setting). */
export function settled() {
	return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('FOOTLIGHT_')));
}

/** Free ports for every listener that the test's own configuration does not name. */
function withFreePorts(config) {
	let text = config;
	for (const section of ['http', 'rtmp', 'irc']) {
		if (!new RegExp(`^\\[${section}\\]`, 'm').test(text)) text += `\n[${section}]\nlisten = "127.0.0.1:0"\n`;
	}
	return text;
}

/**
 * FFmpeg on air: moving picture and a tone, CBR, a key frame a second, no B-frames. `video` and `audio` replace the
 * codec arguments; `sound` is from when to when the tone is sent, in seconds; `url` is where it publishes.
 */
export function publish(url, { size = '1280x720', fps = 30, bitrate = '2500k', video, audio, sound, gop = fps } = {}) {
	const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p'];
	const cbr = ['-b:v', bitrate, '-maxrate', bitrate, '-bufsize', bitrate, '-g', `${gop}`, '-sc_threshold', '0'];
	const args = [
		...['-hide_banner', '-nostdin', '-loglevel', 'warning'],
		...['-re', '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${fps}`],
		// Sound that begins later is paced by the picture: FFmpeg holds the picture up for a track that is paced by itself.
		...(sound ? ['-itsoffset', `${sound[0]}`, '-t', `${sound[1] - sound[0]}`] : ['-re']),
		...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'],
		// Microseconds for which a track that has nothing to say yet may hold up the other one.
		...(sound ? ['-max_interleave_delta', '1'] : []),
		...(video ?? [...x264, ...cbr]),
		...(audio ?? ['-c:a', 'aac', '-b:a', '128k', '-ac', '2']),
		...['-flvflags', 'no_duration_filesize', '-f', 'flv', url]
	];
	return new Child('ffmpeg', args, { name: 'publisher' });
}

/** A film of so many seconds, with a tone, and without a picture from when to when: its path. */
export async function filmWithoutPicture(folder, seconds, [from, to]) {
	const film = path.join(folder, 'film.flv');
	const args = [
		...['-hide_banner', '-nostdin', '-loglevel', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=30'],
		...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-t', `${seconds}`],
		...['-vf', `select='not(between(t,${from},${to}))'`, '-fps_mode', 'passthrough'],
		...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p', '-g', '30'],
		...['-b:v', '800k', '-c:a', 'aac', '-ac', '2', film]
	];
	const end = await new Child('ffmpeg', args).exited;
	if (end.code !== 0) throw new Error('FFmpeg made no film');
	return film;
}

/** A film on air, as it is: FFmpeg that encodes holds the sound up where the picture is away. */
export function replay(url, film) {
	// Nor may a track that has nothing to say hold up the other one, in microseconds.
	const args = [
		'-hide_banner',
		'-nostdin',
		'-loglevel',
		'warning',
		'-re',
		'-i',
		film,
		'-max_interleave_delta',
		'1',
		'-c',
		'copy'
	];
	return new Child('ffmpeg', [...args, '-flvflags', 'no_duration_filesize', '-f', 'flv', url], { name: 'publisher' });
}

/** A self-signed certificate for 127.0.0.1: {cert, key} as paths. */
export async function certificate(folder) {
	const [cert, key] = ['cert.pem', 'key.pem'].map((name) => path.join(folder, name));
	const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
	const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
	const end = await new Child('openssl', [...args, ...subject, '-keyout', key, '-out', cert]).exited;
	if (end.code !== 0) throw new Error('openssl made no certificate');
	return { cert, key };
}

/** Position in a media playlist: the newest part as one rising number. */
export async function edge(url) {
	const text = await (await fetch(url)).text();
	const msn = Number(text.match(/#EXT-X-MEDIA-SEQUENCE:(\d+)/)?.[1] ?? 0);
	const lines = text.split('\n');
	const segments = lines.filter((line) => line.startsWith('#EXTINF')).length;
	const last = lines.findLastIndex((line) => line && !line.startsWith('#'));
	const parts = lines
		.slice(last + 1)
		.filter((line) => line.startsWith('#EXT-X-PART:') && !line.includes('GAP=YES')).length;
	return (msn + segments) * 1000 + parts;
}
