// The HTTP interface with canned data, and the built site, for work on the page without the server:
// `npm run build && npm run mock`, then http://127.0.0.1:8099. POST /mock/{interrupt,resume,end,start,empty,full}
// changes what is on air; refuse lets the next follow fail; any name and password of 8 characters signs in. Chat: mock-chat.mjs. NO_MEDIA=1 runs no FFmpeg.
import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { loginOf, serveSockets } from './mock-chat.mjs';
import { answerChat } from './mock-chat-http.mjs';
import { answerFollows, followersOf, isFollowed, refuse } from './mock-follows.mjs';
import { Broadcast } from './mock-hls.mjs';

const PORT = Number(process.env.PORT ?? 8099);
const SITE = new URL('../build/', import.meta.url).pathname;
const TYPES = {
	'.html': 'text/html; charset=utf-8',
	'.js': 'text/javascript',
	'.css': 'text/css',
	'.svg': 'image/svg+xml',
	'.woff2': 'font/woff2',
	'.json': 'application/json',
	'.webmanifest': 'application/manifest+json',
	'.txt': 'text/plain'
};

const broadcast = new Broadcast();
let condition = 'live';
let listed = true;
let streamNumber = 1;
let startedAt = new Date(Date.now() - 3_753_000).toISOString();
const followers = new Set();
let keys = [
	{
		id: 'k1',
		label: 'OBS at home',
		created_at: '2026-10-02T09:00:00Z',
		last_used_at: new Date(Date.now() - 3_800_000).toISOString()
	},
	{ id: 'k2', label: 'Phone', created_at: '2026-11-01T09:00:00Z', last_used_at: null }
];
let tokens = [{ id: '3', label: 'FinBot', scope: 'chat', created_at: '2026-09-12T09:00:00Z' }];
const channel = {
	id: 'c1',
	name: 'ada',
	title: 'Building a mechanical calculator, part 12: the carry that would not carry',
	category: 'Makers',
	tags: ['brass', 'lathe', 'history'],
	language: 'en',
	latency: 'low',
	ladder: null,
	partner: true
};

const OTHERS = [
	[
		'grace_h',
		'Compilers from the ground up, with questions',
		'Programming',
		1204,
		['compilers'],
		'mandelbrot=s=640x360:start_scale=0.4'
	],
	[
		'nightowl',
		'Slow synths until the sun comes up',
		'Music',
		862,
		['ambient', 'modular'],
		'gradients=s=640x360:c0=0x102030:c1=0x705030:c2=0x203a30:n=3'
	],
	[
		'potter_jo',
		'Throwing forty mugs in one sitting',
		'Makers',
		431,
		['clay'],
		'gradients=s=640x360:c0=0x6b4a34:c1=0x2c211a:n=2:seed=4'
	],
	[
		'la_velada',
		'Una larga charla sobre el futbol de los ochenta y todo lo que vino despues de aquella final',
		'Talk',
		97,
		[],
		'gradients=s=640x360:c0=0x183a2a:c1=0x0a1a10:n=2:seed=9'
	],
	['cell_by_cell', 'Rule 110, forever', 'Science', 12, ['automata'], 'cellauto=s=640x360:rule=110'],
	[
		'life_goes_on',
		'',
		'Science',
		3,
		[],
		'life=s=640x360:mold=10:r=30:ratio=0.1:death_color=#402010:life_color=#f0b050'
	],
	['pal_m', 'Calibrating an old monitor', 'Retro', 1, ['crt'], 'smptehdbars=s=640x360']
];

const pictures = mkdtempSync(join(tmpdir(), 'footlight-mock-'));
function picture(name, source) {
	const file = join(pictures, `${name}.jpg`);
	if (!existsSync(file)) {
		const args = ['-v', 'error', '-f', 'lavfi', '-i', source, '-ss', '2', '-frames:v', '1', '-q:v', '5', '-y', file];
		execFileSync('ffmpeg', args);
	}
	return readFileSync(file);
}

function stream(name, title, category, viewers, tags, state = 'live') {
	const number = name === 'ada' ? streamNumber : 1;
	return {
		id: `s-${name}-${number}`,
		channel: { id: `c-${name}`, name },
		title,
		category,
		tags,
		language: 'en',
		latency: 'low',
		state,
		started_at: startedAt,
		viewers,
		source: { width: 1280, height: 720, fps: 30, codecs: ['h264', 'aac'] },
		renditions: ['source', '360p', 'audio'],
		playlist_url: `/api/v1/streams/${name}/playlist.m3u8`,
		thumbnail_url: `/api/v1/streams/${name}/thumbnail.jpg`
	};
}

const own = () =>
	condition === 'offline' ? null : stream('ada', channel.title, channel.category, 2_310, channel.tags, condition);
const streams = () =>
	listed ? [own(), ...OTHERS.map(([n, t, c, v, g]) => stream(n, t, c, v, g))].filter(Boolean) : [];
const channelOf = (name) => {
	const found = shapeOf(name);
	return found && { ...found, followers: followersOf(name) };
};
const shapeOf = (name) => {
	if (name === 'ada') return { ...channel, stream: own() };
	// One room for each picture of chat.
	if (/^ada_/.test(name)) return { ...channel, name, stream: null };
	if (name === 'quiet') return { ...channel, id: 'c9', name, title: 'Back on Thursday', partner: false, stream: null };
	const found = streams().find((s) => s.channel.name === name);
	return (
		found && {
			...channel,
			id: found.channel.id,
			name,
			title: found.title,
			category: found.category,
			tags: found.tags,
			partner: false,
			stream: found
		}
	);
};

function health() {
	const history = Array.from({ length: 120 }, (_, i) => ({
		at: new Date(Date.now() - (120 - i) * 1000).toISOString(),
		video_bps: 2_500_000 + 220_000 * Math.sin(i / 5) + (i % 7) * 30_000 - (i > 70 && i < 76 ? 1_500_000 : 0),
		audio_bps: 160_000 + (i % 3) * 2_000,
		fps: i > 70 && i < 76 ? 21 : 30
	}));
	return {
		state: condition === 'starting' ? 'live' : condition,
		level: condition === 'live' ? 'good' : 'bad',
		sentence: condition === 'live' ? 'Good. 2.5 Mb/s, key frame every 2.0 s.' : 'Nothing arrives from your encoder.',
		video: { codec: 'H.264 High', width: 1280, height: 720, fps: 30, bitrate_bps: 2_500_000, keyframe_interval_s: 2 },
		audio: { codec: 'AAC-LC', sample_rate: 48_000, channels: 2, bitrate_bps: 160_000 },
		warnings: [
			{ code: 'keyframes_far', text: 'Key frames come every 2.0 s. At 1 s viewers join and switch quality sooner.' }
		],
		transcode: { state: 'running', encoder: 'x264', renditions: ['480p', '160p'] },
		history
	};
}

const state = () => ({ state: condition, viewers: condition === 'offline' ? 0 : 2_310, stream: own() });
function change(next) {
	condition = next;
	for (const tell of followers) tell();
}

const CONTROLS = {
	interrupt: () => (broadcast.interrupt(), change('interrupted')),
	resume: () => (broadcast.start(), change('live')),
	end: () => (broadcast.end(), change('offline')),
	start: () => {
		streamNumber += 1;
		startedAt = new Date().toISOString();
		broadcast.start();
		change('starting');
		setTimeout(() => change('live'), 1500);
	},
	empty: () => (listed = false),
	full: () => (listed = true),
	refuse
};

const json = (res, status, body, headers = {}) => {
	const type = status >= 400 ? 'application/problem+json' : 'application/json';
	res.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers });
	res.end(JSON.stringify(body));
};
const problem = (res, status, code, detail, errors) =>
	json(res, status, { type: 'about:blank', title: code, status, detail, code, errors });

async function body(req) {
	let text = '';
	for await (const chunk of req) text += chunk;
	return text ? JSON.parse(text) : {};
}

async function answer(req, res) {
	const url = new URL(req.url, 'http://mock');
	const path = url.pathname;
	const is = (method, pattern) => req.method === method && new RegExp(`^${pattern}$`).exec(path);
	const signedIn = /footlight_session=/.test(req.headers.cookie ?? '');
	if (await answerChat(req, res, url, { json, problem, body })) return undefined;
	if (answerFollows(req, res, url, loginOf(req.headers.cookie), { json, problem })) return undefined;
	let m;
	if ((m = is('POST', '/mock/(\\w+)'))) return (CONTROLS[m[1]]?.(), json(res, 200, state()));
	if ((m = is('GET', '/live/[^/]+/([^/]+)/([^/]+)'))) {
		const { status, type, body: bytes } = await broadcast.answer(m[1], m[2], url.searchParams);
		res.writeHead(status, { 'content-type': type ?? 'text/plain', 'access-control-allow-origin': '*' });
		return res.end(bytes);
	}
	if (is('GET', '/api/v1/site'))
		return json(res, 200, {
			name: 'Footlight',
			version: '0.1.0',
			signup: 'open',
			rtmp: 'rtmp://127.0.0.1:1935/live',
			rtmps: null,
			ladder: ['720p', '480p', '160p'].map((name) => ({ name, partners_only: false }))
		});
	if (is('GET', '/api/v1/time')) return json(res, 200, { now: new Date().toISOString() });
	if (is('GET', '/api/v1/streams')) {
		const followed = url.searchParams.get('followed') === 'true';
		if (followed && !signedIn) return problem(res, 401, 'not_signed_in', 'Sign in first.');
		return json(res, 200, { streams: streams().filter((s) => !followed || isFollowed(s.channel.name)), next: null });
	}
	if ((m = is('GET', '/api/v1/streams/(\\w+)/playlist.m3u8'))) {
		if (condition === 'offline') return problem(res, 404, 'offline', 'The channel is not live.');
		res.writeHead(200, { 'content-type': 'application/vnd.apple.mpegurl' });
		return res.end(broadcast.master(`/live/${streamNumber}`));
	}
	if ((m = is('GET', '/api/v1/streams/(\\w+)/thumbnail.jpg'))) {
		const source = OTHERS.find((o) => o[0] === m[1])?.[5] ?? process.env.PICTURE ?? 'testsrc2=size=1280x720:rate=30';
		res.writeHead(200, { 'content-type': 'image/jpeg', 'cache-control': 'max-age=5' });
		return res.end(picture(m[1], source));
	}
	if ((m = is('GET', '/api/v1/channels/(\\w+)/events'))) return events(m[1], req, res);
	if ((m = is('GET', '/api/v1/channels/(\\w+)'))) {
		const found = channelOf(m[1]);
		return found ? json(res, 200, found) : problem(res, 404, 'no_such_channel', 'There is no such channel.');
	}
	if (is('PATCH', '/api/v1/channels/(\\w+)'))
		return (Object.assign(channel, await body(req)), json(res, 200, channelOf('ada')));
	if (is('POST', '/api/v1/(accounts|sessions)')) return signIn(path, await body(req), res);
	if (is('DELETE', '/api/v1/sessions/current'))
		return (res.writeHead(204, { 'set-cookie': 'footlight_session=; Max-Age=0; Path=/' }), res.end());
	if (path.startsWith('/api/v1/me')) {
		if (!signedIn) return problem(res, 401, 'not_signed_in', 'Sign in first.');
		return me(is, req, res);
	}
	if (path.startsWith('/api/') || path.startsWith('/live/')) return problem(res, 404, 'not_found', 'Nothing here.');
	return file(path, res);
}

async function me(is, req, res) {
	let m;
	const user = {
		id: 'u1',
		name: loginOf(req.headers.cookie) ?? 'ada',
		email: 'ada@example.org',
		admin: false,
		partner: true,
		created_at: '2026-01-05T00:00:00Z'
	};
	const server = { server: 'rtmp://127.0.0.1:1935/live', server_tls: 'rtmps://127.0.0.1:1936/live' };
	if (is('GET', '/api/v1/me')) {
		const own =
			user.name === 'ada' ? channelOf('ada') : { ...channelOf('quiet'), id: `c-${user.name}`, name: user.name };
		return json(res, 200, { user, channel: own });
	}
	if (is('GET', '/api/v1/me/health')) return json(res, 200, health());
	if (is('GET', '/api/v1/me/stream-keys')) return json(res, 200, { keys, ...server });
	if (is('POST', '/api/v1/me/stream-keys')) {
		const made = { id: `k${Date.now()}`, label: (await body(req)).label, created_at: new Date().toISOString() };
		keys = [{ ...made, last_used_at: null }, ...keys];
		return json(res, 201, { ...made, key: 'live_3vq8m2x0c9r7t5y1u6b4n8k2', ...server });
	}
	if ((m = is('DELETE', '/api/v1/me/stream-keys/(.+)'))) {
		keys = keys.filter((k) => k.id !== m[1]);
		return (res.writeHead(204), res.end());
	}
	if (is('DELETE', '/api/v1/me')) {
		const { password } = await body(req);
		if (password !== 'a sentence') return problem(res, 401, 'bad_credentials', 'No.');
		return (res.writeHead(204, { 'set-cookie': 'footlight_session=; Max-Age=0; Path=/' }), res.end());
	}
	if (is('GET', '/api/v1/me/tokens')) return json(res, 200, { tokens });
	if (is('POST', '/api/v1/me/tokens')) {
		const made = { id: `${Date.now()}`, ...(await body(req)), created_at: new Date().toISOString() };
		tokens = [...tokens, made];
		return json(res, 201, { ...made, token: 'fl_7h2kq9v0c4m8x3t6y1u5b2n7p0r4' });
	}
	if ((m = is('DELETE', '/api/v1/me/tokens/(.+)'))) {
		tokens = tokens.filter((one) => one.id !== m[1]);
		return (res.writeHead(204), res.end());
	}
	return problem(res, 404, 'not_found', 'Nothing here.');
}

function signIn(path, form, res) {
	if (path.endsWith('accounts') && form.name === 'taken') return problem(res, 409, 'name_taken', 'That name is taken.');
	if (!form.password || form.password.length < 8) return problem(res, 401, 'bad_credentials', 'No.');
	json(res, 201, { token: 't' }, { 'set-cookie': 'footlight_session=t; HttpOnly; SameSite=Lax; Path=/' });
}

function events(name, req, res) {
	res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
	const found = channelOf(name);
	const tell = () => {
		const now =
			name === 'ada'
				? state()
				: {
						state: found?.stream ? 'live' : 'offline',
						viewers: found?.stream?.viewers ?? 0,
						stream: found?.stream ?? null
					};
		const told = { ...now, followers: followersOf(name) };
		res.write(`event: state\ndata: ${JSON.stringify(told)}\n\n`);
	};
	tell();
	followers.add(tell);
	const ping = setInterval(() => res.write('event: ping\ndata: ping\n\n'), 15_000);
	req.on('close', () => (followers.delete(tell), clearInterval(ping)));
}

function file(path, res) {
	let name = join(SITE, normalize(path));
	if (!name.startsWith(SITE) || !existsSync(name) || statSync(name).isDirectory()) name = join(SITE, 'index.html');
	res.writeHead(200, { 'content-type': TYPES[extname(name)] ?? 'application/octet-stream' });
	createReadStream(name).pipe(res);
}

if (!process.env.NO_MEDIA) broadcast.start();
const server = createServer((req, res) => {
	answer(req, res).catch((e) => problem(res, 500, 'mock_failed', String(e)));
});
serveSockets(server);
server.listen(PORT, '127.0.0.1', () => console.log(`mock: http://127.0.0.1:${PORT}`));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => (broadcast.end(), process.exit(0)));
