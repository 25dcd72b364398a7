// The servers that are compared: each starts on free loopback ports and says where to publish and what to watch.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { certificate, Child, Hopeless, Server, temporaryFolder, until } from '../e2e/harness.mjs';

/** A port that nothing listens on. Somebody may take it before us; then the server says so and the run fails. */
export async function freePort() {
	const probe = net.createServer();
	await new Promise((ready) => probe.listen(0, '127.0.0.1', ready));
	const { port } = probe.address();
	await new Promise((done) => probe.close(done));
	return port;
}

const listens = (port) =>
	new Promise((resolve) => {
		const socket = net.connect({ host: '127.0.0.1', port }, () => resolve(true) || socket.destroy());
		socket.on('error', () => resolve(false));
	});

async function started(child, ports) {
	for (const port of ports) {
		await until(`${child.name} listens on ${port}`, async () => {
			if (child.end) throw new Hopeless(child.log);
			return listens(port);
		});
	}
	return child;
}

/** A viewer's row: `stock` is hls.js with that configuration, `height` the rung that our own page is pinned to. */
const CATCH_UP = { maxLiveSyncPlaybackRate: 1.5 };

async function footlight({ kind, far }) {
	const data = temporaryFolder();
	// Streams of one channel after the other: the first must not keep its transcode slot for a minute and a half.
	const config = kind === 'glass' ? 'grace = "3s"\ngrace_clean_close = "3s"\n' : '';
	const { cert, key } = far ? await certificate(data) : {};
	const tls = far ? `[http.tls]\ncert = "${cert}"\nkey = "${key}"\n` : '';
	const server = await Server.start({ data, config: config + tls, env: { FOOTLIGHT_LOG_FILTER: 'warn' } });
	const low = await server.creator('low_latency');
	const normal = await server.creator('normal_mode');
	await server.expect(200, 'PATCH', '/api/v1/channels/normal_mode', {
		token: normal.token,
		body: { latency: 'normal' }
	});
	const channel = ({ name, ingest }) => ({
		publish: ingest,
		playlist: server.playlist(name),
		page: `${server.url}/${name}`,
		// With every rung of the ladder on air.
		ready: () => server.live(name, 3, 60_000),
		over: () => until(`${name} is off air`, async () => (await server.stream(name)) === null, { ms: 60_000 })
	});
	return {
		name: 'Footlight',
		pid: server.pid,
		http: server.http,
		server,
		channels: { low: channel(low), normal: channel(normal) },
		rows: [
			{ name: 'own page, source', channel: 'low', height: Infinity },
			{ name: 'own page, 480p', channel: 'low', height: 480 },
			{ name: 'own page, 160p', channel: 'low', height: 160 },
			{ name: 'own page, automatic', channel: 'low' },
			{ name: 'hls.js, rate 1.5', channel: 'low', stock: CATCH_UP },
			{ name: 'hls.js, default', channel: 'low', stock: {} },
			{ name: 'own page, normal mode', channel: 'normal', height: Infinity }
		],
		starts: [
			{ name: 'own page', channel: 'low' },
			{ name: 'own page, normal mode', channel: 'normal' },
			{ name: 'hls.js, default', channel: 'low', stock: {} }
		],
		outages: [
			{ name: 'own page', channel: 'low', height: Infinity },
			{ name: 'hls.js, rate 1.5', channel: 'low', stock: CATCH_UP }
		],
		stop: () => server.dispose()
	};
}

/** Debian's nginx with its RTMP module: HLS-TS of 1 s fragments, the best that it does for latency. */
async function nginx({ far }) {
	const module = '/usr/lib/nginx/modules/ngx_rtmp_module.so';
	if (!existsSync(module)) throw new Error('nginx-rtmp is missing: install libnginx-mod-rtmp');
	const folder = temporaryFolder();
	const [rtmp, http] = [await freePort(), await freePort()];
	const { cert, key } = far ? await certificate(folder) : {};
	const tls = far ? `ssl http2; ssl_certificate ${cert}; ssl_certificate_key ${key}` : '';
	const hls = path.join(folder, 'hls');
	mkdirSync(hls);
	// The worker keeps our user only where we are not root; then it runs as `user` says.
	const user = process.getuid() === 0 ? 'user root;' : '';
	writeFileSync(
		path.join(folder, 'nginx.conf'),
		`${user} daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log; load_module ${module};
		events { worker_connections 256; }
		rtmp { server { listen 127.0.0.1:${rtmp}; application live {
			live on; hls on; hls_path ${hls}; hls_fragment 1s; hls_playlist_length 10s; } } }
		http { access_log off; types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; }
			client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c;
			uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
			server { listen 127.0.0.1:${http} ${tls}; root ${hls};
			add_header Access-Control-Allow-Origin * always; add_header Cache-Control no-cache always; } }`
	);
	const child = new Child('nginx', ['-c', `${folder}/nginx.conf`, '-p', folder, '-e', `${folder}/error.log`], {
		name: 'nginx'
	});
	await started(child, [rtmp, http]);
	const playlist = `${far ? 'https' : 'http'}://127.0.0.1:${http}/a.m3u8`;
	const stock = { ...CATCH_UP, liveSyncDurationCount: 2 };
	return {
		name: 'nginx-rtmp, 1 s fragments',
		pid: child.pid,
		http: `127.0.0.1:${http}`,
		channels: { low: { publish: `rtmp://127.0.0.1:${rtmp}/live/a`, playlist, ready: () => served(playlist) } },
		rows: [{ name: 'hls.js, count 2, rate 1.5', channel: 'low', stock }],
		starts: [{ name: 'hls.js, count 2, rate 1.5', channel: 'low', stock }],
		outages: [{ name: 'hls.js, count 2, rate 1.5', channel: 'low', stock }],
		stop: () => ended(child, folder)
	};
}

async function mediamtx({ mediamtx, far }) {
	const folder = temporaryFolder();
	const [rtmp, hls] = [await freePort(), await freePort()];
	const { cert, key } = far ? await certificate(folder) : {};
	const tls = far ? `hlsEncryption: yes\nhlsServerCert: ${cert}\nhlsServerKey: ${key}\n` : '';
	writeFileSync(
		path.join(folder, 'mediamtx.yml'),
		`logLevel: warn\napi: no\nrtsp: no\nwebrtc: no\nsrt: no\nmoq: no\nrtmp: yes\nrtmpAddress: 127.0.0.1:${rtmp}\n` +
			`hls: yes\nhlsAddress: 127.0.0.1:${hls}\nhlsAlwaysRemux: yes\n${tls}paths:\n  all_others:\n`
	);
	const child = new Child(mediamtx, ['mediamtx.yml'], { name: 'mediamtx', spawn: { cwd: folder } });
	await started(child, [rtmp, hls]);
	const playlist = `${far ? 'https' : 'http'}://127.0.0.1:${hls}/live/a/index.m3u8`;
	return {
		name: 'MediaMTX, 200 ms parts',
		pid: child.pid,
		http: `127.0.0.1:${hls}`,
		channels: { low: { publish: `rtmp://127.0.0.1:${rtmp}/live/a`, playlist, ready: () => served(playlist) } },
		rows: [
			{ name: 'hls.js, rate 1.5', channel: 'low', stock: CATCH_UP },
			{ name: 'hls.js, default', channel: 'low', stock: {} }
		],
		starts: [{ name: 'hls.js, rate 1.5', channel: 'low', stock: CATCH_UP }],
		outages: [{ name: 'hls.js, rate 1.5', channel: 'low', stock: CATCH_UP }],
		stop: () => ended(child, folder)
	};
}

const served = (url) => until(`${url} is served`, async () => (await fetch(url)).ok, { ms: 30_000 });

async function ended(child, folder) {
	await child.stop();
	rmSync(folder, { recursive: true, force: true });
}

/** The servers that were asked for, or all that can be had: {name: start}. */
export function chosen(plan) {
	const all = { footlight, 'nginx-rtmp': nginx, ...(plan.mediamtx && { mediamtx }) };
	const unknown = plan.servers.filter((name) => !all[name]);
	if (unknown.length) throw new Error(`no such server: ${unknown} (mediamtx needs --mediamtx PATH)`);
	const names = plan.servers.length ? plan.servers : Object.keys(all);
	return names.map((name) => () => all[name](plan));
}
