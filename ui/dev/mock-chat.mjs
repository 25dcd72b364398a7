// A chat server for work on the pane without the real one: the native protocol (docs/api/chat.md) and chat's HTTP, with
// people who talk. Not a model of the server: it believes everything. Whispers, blocks and requests: mock-chat-personal.mjs. POST /mock/chat/ADA/WHAT with a query does:
// whisper (to, by, text), block (by, names, many), shoutout, ask (by, text), answer (to, status, text), burst (rate, seconds), drop, bye, say (text, by), hold, modes (JSON body), warn (to), timeout (to, seconds, reason), ban (to, reason, ago), unban,
// clear, announce, sub, gap, leave-out, quiet.
import { WebSocketServer } from 'ws';
import { PERSONAL, personally } from './mock-chat-personal.mjs';
import { isFollowed } from './mock-follows.mjs';

export const PEOPLE = [
	['u2', 'Bea', 'moderator,subscriber/14/1', '2e8b57'],
	['u3', 'cato_the_elder', 'vip', '0000ff'],
	['u4', 'Dimitri', '', 'ff0000'],
	['u5', 'eve__', 'subscriber/2/1', '8a2be2'],
	['u6', 'FinBot', 'bot,moderator', 'daa520'],
	['u7', 'gundel', '', '00ff7f'],
	['u8', 'HedyL', 'partner', 'ff69b4'],
	['u9', 'ivo', '', '111111']
];
const SAYINGS = [
	'the carry lever sticks because of the burr on the third wheel',
	'hello from a very cold workshop :wave:',
	'how many teeth does that gear have?',
	'have a look at https://example.org/wiki/Arithmometer (page 12) it has drawings',
	'@ada could you show the other side again?',
	':lamp: :lamp: :lamp:',
	'that sound when it clicks into place :heart:',
	'I tried this with aluminium and it galled within an hour, brass is the right choice for anything that slides this much under load'
];
export const EMOTES = [
	['e1', ':wave:', '#e0a030', '👋'],
	['e2', ':lamp:', '#d08020', 'L'],
	['e3', ':heart:', '#c03050', '♥'],
	['e4', ':clap:', '#4080c0', 'C'],
	['e5', ':gear:', '#708090', 'G']
];
export const CHANNEL_EMOTES = [
	['e10', 'adaCarry', '#3a7', 'A'],
	['e11', 'adaBrass', '#b82', 'B']
];
const MODES = {
	slow_s: 0,
	followers_min: null,
	subscribers_only: false,
	emote_only: false,
	unique: false,
	delay_s: 0,
	block_links: false,
	automod: 1,
	verified_only: false,
	account_age_min: 0,
	history: true,
	log: false,
	shield_on: false
};
const SHIELD = {
	slow_s: 10,
	followers_min: null,
	subscribers_only: false,
	emote_only: false,
	verified_only: true,
	account_age_min: 10_080,
	block_links: true,
	automod: 4
};

/** Who a cookie says: `t` is ada, anything else a login. */
export const loginOf = (cookie = '') => {
	const value = /footlight_session=([\w-]+)/.exec(cookie)?.[1];
	return value ? (value === 't' ? 'ada' : value) : null;
};
const emotesIn = (text) =>
	[...EMOTES, ...CHANNEL_EMOTES]
		.flatMap(([id, code]) => [...text.matchAll(new RegExp(code, 'g'))].map((m) => [id, m.index, m.index + code.length]))
		.sort((a, b) => a[1] - b[1]);

class Room {
	modes = { ...MODES };
	shield = { ...SHIELD };
	pinned = null;
	seq = 0;
	epoch = '18446744073709551615';
	events = [];
	clients = new Set();
	held = [];
	entries = [];
	terms = [
		{
			id: '1',
			kind: 'blocked',
			text: 'buy followers*',
			public: false,
			by: 'ada',
			at: new Date(Date.now() - 9e8).toISOString()
		},
		{
			id: '2',
			kind: 'permitted',
			text: 'example.org',
			public: true,
			by: 'bea',
			at: new Date(Date.now() - 3e8).toISOString()
		}
	];
	bans = new Map();
	requests = [];
	/** Logins. */
	roles = { moderators: ['bea'], vips: ['cato_the_elder'] };
	warnings = new Map();
	number = 0;
	#last = new Map();

	constructor(name) {
		this.name = name;
		const began = Date.now() - SAYINGS.length * 40_000;
		if (name === 'quiet') return;
		for (const [i, text] of SAYINGS.entries()) {
			const m = this.message(PEOPLE[i % PEOPLE.length], text, { h: 1 });
			m[2] = began + i * 40_000;
			this.record(m);
		}
	}

	person(login) {
		if (login === this.name || (login === 'ada' && this.name.startsWith('ada')))
			return ['u1', login === 'ada' ? 'Ada' : login, 'broadcaster,subscriber/24/3', 'b5651d'];
		return PEOPLE.find((p) => p[1].toLowerCase() === login) ?? [`u-${login}`, login, '', '9acd32'];
	}

	you(login) {
		if (!login) return null;
		const [id, display, badges, colour] = this.person(login);
		const ban = this.bans.get(login);
		return {
			id,
			login,
			display,
			colour: `#${colour}`,
			badges,
			moderates: /broadcaster|moderator/.test(badges),
			warning: this.warnings.get(login) ?? null,
			timeout_ms: ban ? (ban.until ? Math.max(1, Date.parse(ban.until) - Date.now()) : 0) : null,
			ban: ban ? { reason: ban.reason, at: Date.parse(ban.at), until: ban.until ? Date.parse(ban.until) : null } : null
		};
	}

	message([user, display, badges, colour], text, extra = {}) {
		this.number += 1;
		const e = emotesIn(text);
		return [
			'm',
			`${this.name}-${this.number}`,
			Date.now(),
			user,
			display,
			badges,
			colour,
			text,
			{ ...(e.length ? { e } : {}), ...extra }
		];
	}

	record(event, only) {
		this.seq += 1;
		this.events.push({ seq: this.seq, event, only });
		if (this.events.length > 2000) this.events.shift();
	}

	/** Tells everybody (or those that `only` picks) and remembers for who resumes. */
	tell(events, only) {
		for (const event of events) this.record(event, only);
		const at = ['at', 0, this.seq];
		for (const c of this.clients) if (!only || only(c)) c.send([...events, at]);
	}

	entry(by, action, target = null, detail = '', seconds = null) {
		const entry = {
			id: String(this.entries.length + 1),
			at: new Date().toISOString(),
			by: { id: this.person(by)[0], login: by },
			action,
			target: target && { id: this.person(target)[0], login: target },
			detail,
			seconds
		};
		this.entries.push(entry);
		this.tell([['l', entry]], (c) => c.moderates);
	}

	join(socket, url, login) {
		const you = this.you(login);
		const client = {
			login,
			moderates: you?.moderates ?? false,
			send: (events) => {
				if (socket.bufferedAmount < 4e6)
					socket.send(JSON.stringify(events).replace('["at",0,', `["at","${this.epoch}",`));
			},
			socket
		};
		const after = /^(\d+)\.(\d+)$/.exec(url.searchParams.get('after') ?? '');
		const resumed = after?.[1] === this.epoch && Number(after[2]) >= (this.events[0]?.seq ?? 1) - 1;
		const missed = this.events.filter(
			(e) => (resumed ? e.seq > Number(after[2]) : e.event[0] === 'm') && (!e.only || e.only(client))
		);
		const history = missed.slice(resumed ? 0 : -50).map((e) => (resumed ? e.event : asHistory(e.event)));
		const hi = {
			channel: { id: 'c1', name: this.name, display: this.name },
			epoch: this.epoch,
			seq: this.seq,
			settings: this.modes,
			pinned: this.pinned,
			you,
			resumed,
			budget: 60,
			ping_s: 30
		};
		client.send([['hi', hi], ...history, ['at', 0, this.seq]]);
		this.clients.add(client);
		socket.on('message', (data) => this.heard(client, JSON.parse(String(data))));
		socket.on('close', () => this.clients.delete(client));
	}

	heard(client, m) {
		const { login } = client;
		if (m.t === 'ping') return client.send([['pong', m.nonce ?? null]]);
		if (m.t === 'ack') {
			this.warnings.delete(login);
			return client.send([
				['w', null],
				['you', this.you(login)]
			]);
		}
		if (m.t !== 'say') return;
		const no = (id, text, retry = null) => client.send([['no', m.nonce, id, text, retry]]);
		if (!login) return no('login_needed', 'Sign in to chat.');
		if (personally(this, client, m, no)) return;
		if (this.bans.has(login)) return no('msg_timedout', 'You cannot write here now.');
		if (this.warnings.has(login)) return no('msg_warned', 'Acknowledge your warning first.');
		if (/badword/.test(m.text))
			return no('msg_rejected_mandatory', 'This message has a term that is blocked in this channel.');
		const since = Date.now() - (this.#last.get(login) ?? 0);
		if (this.modes.followers_min !== null && !client.moderates && !isFollowed(this.name))
			return no('msg_followersonly_zero', 'This room is in followers-only mode. Follow the channel to write here.');
		const slow = this.modes.slow_s * 1000;
		if (!client.moderates && since < slow) return no('msg_slowmode', 'Slow mode is on: not yet.', slow - since);
		const command = /^\/(\w+) ?(.*)$/.exec(m.text);
		if (command && command[1] !== 'me') return this.command(client, m, command[1], command[2], no);
		this.#last.set(login, Date.now());
		const parent = m.reply && this.events.findLast((e) => e.event[1] === m.reply)?.event;
		const r = parent && {
			id: parent[1],
			user: parent[3],
			login: parent[4].toLowerCase(),
			display: parent[4],
			text: parent[7],
			top: parent[1]
		};
		const said = this.message(this.person(login), command ? command[2] : m.text, {
			n: m.nonce,
			...(command ? { a: 1 } : {}),
			...(r ? { r } : {})
		});
		this.tell([said]);
		client.send([['ok', m.nonce, said[1]]]);
	}

	command(client, m, name, rest, no) {
		const [target, ...more] = rest.replace('@', '').toLowerCase().split(' ');
		if (name === 'mods') client.send([['n', 'room_mods', 'The moderators of this channel are: bea, finbot']]);
		else if (!client.moderates) return no('no_permission', 'You may not use this command.');
		else if (name === 'clear') this.clear(client.login);
		else if (name === 'timeout' || name === 'ban')
			this.ban(client.login, target, name === 'ban' ? null : 600, more.join(' '));
		else if (name === 'slow') this.change({ slow_s: Number(target) || 30 }, client.login);
		else if (name === 'slowoff') this.change({ slow_s: 0 }, client.login);
		else return no('unrecognized_cmd', `There is no command /${name}.`);
		client.send([['ok', m.nonce, null]]);
	}

	clear(by) {
		this.tell([['c']]);
		this.entry(by, 'clear');
	}

	change(patch, by) {
		const { shield, ...modes } = patch;
		if (shield) this.shield = { ...this.shield, ...shield };
		this.modes = { ...this.modes, ...modes };
		const words =
			'slow_s' in modes
				? [
						modes.slow_s
							? ['slow_on', `This room is now in slow mode: one message each ${modes.slow_s} seconds.`]
							: ['slow_off', 'This room is no longer in slow mode.']
					]
				: [];
		this.tell([['s', this.modes, words]]);
		if (by) for (const key of Object.keys(modes)) this.entry(by, key, null, String(modes[key]));
	}

	ban(by, login, seconds, reason, agoS = 0) {
		const [id] = this.person(login);
		const until = seconds === null ? null : new Date(Date.now() + seconds * 1000).toISOString();
		this.bans.set(login, { login, until, reason, by, at: new Date(Date.now() - agoS * 1000).toISOString() });
		this.tell([['c', id, login, seconds]]);
		this.entry(by, seconds === null ? 'ban' : 'timeout', login, reason, seconds);
		this.refresh(login);
		return this.bans.get(login);
	}

	refresh(login) {
		for (const c of this.clients) if (c.login === login) c.send([['you', this.you(login)]]);
	}

	hold(text = 'cheap followers at my page, best price', spans = [[0, 15]]) {
		const message = this.message(['u12', 'spam_account_4', '', '8b4513'], text);
		this.held.push({ category: 'spam', level: 3, spans, message });
		this.tell([['h', { category: 'spam', level: 3, spans }, message]], (c) => c.moderates);
	}
}

const asHistory = (m) => [...m.slice(0, 8), { ...m[8], h: 1 }];
const rooms = new Map();
export const roomOf = (name) => {
	if (!rooms.has(name)) rooms.set(name, new Room(name));
	return rooms.get(name);
};

/** Serves chat's sockets on `server`. */
export function serveSockets(server) {
	const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'footlight.json.v1' });
	server.on('upgrade', (req, socket, head) => {
		const url = new URL(req.url, 'http://mock');
		const name = /^\/api\/v1\/chat\/(\w+)$/.exec(url.pathname)?.[1];
		if (!name || roomOf(name).away) return socket.destroy();
		sockets.handleUpgrade(req, socket, head, (ws) => roomOf(name).join(ws, url, loginOf(req.headers.cookie)));
	});
}

export const CONTROLS = {
	...PERSONAL,
	burst(room, q) {
		const rate = Number(q.get('rate') ?? 100);
		const until = Date.now() + 1000 * Number(q.get('seconds') ?? 10);
		let owed = 0;
		const timer = setInterval(() => {
			owed += rate / 20;
			const events = [];
			for (; owed >= 1; owed -= 1)
				events.push(room.message(PEOPLE[room.number % 8], `${SAYINGS[room.number % 8]} #${room.number}`));
			if (events.length) room.tell(events);
			if (Date.now() > until) clearInterval(timer);
		}, 50);
	},
	drop: (room) => room.clients.forEach((c) => c.socket.terminate()),
	away: (room) => ((room.away = true), room.clients.forEach((c) => c.socket.terminate())),
	back: (room) => (room.away = false),
	bye: (room) => room.clients.forEach((c) => c.send([['bye', { after_ms: 200, target: null }]])),
	say: (room, q) =>
		room.tell([
			room.message(room.person(q.get('by') ?? 'bea'), q.get('text') ?? 'hello', q.has('first') ? { f: 1 } : {})
		]),
	hold: (room) => room.hold(),
	warn: (room, q) => {
		room.warnings.set(q.get('to'), 'Please keep to the topic of the stream.');
		room.refresh(q.get('to'));
	},
	timeout: (room, q) => room.ban('bea', q.get('to'), Number(q.get('seconds') ?? 600), q.get('reason') ?? ''),
	ban: (room, q) => room.ban('bea', q.get('to'), null, q.get('reason') ?? '', Number(q.get('ago') ?? 0)),
	unban: (room, q) => (room.bans.delete(q.get('to')), room.refresh(q.get('to'))),
	clear: (room) => room.tell([['c']]),
	modes: (room, q) => room.change(JSON.parse(q.get('set') ?? '{}')),
	announce: (room, q) =>
		room.tell([
			[
				'a',
				q.get('colour') ?? 'PRIMARY',
				room.message(room.person('ada'), 'The workshop opens at six. Bring ear protection.')
			]
		]),
	sub: (room) =>
		room.tell([
			[
				'u',
				'resub',
				'eve__ has subscribed for 3 months.',
				{},
				room.message(room.person('eve__'), 'three already :heart:')
			]
		]),
	gap: (room) => room.tell([['g', 23]]),
	leaveOut: (room) => room.tell([['v', 1240]]),
	pin: (room) => {
		const author = { id: 'u2', login: 'bea' };
		room.pinned = {
			message: 'x',
			author,
			text: 'Drawings of today: https://example.org/carry.pdf',
			by: { id: 'u1', login: 'ada' },
			until: null
		};
		room.tell([['p', room.pinned]]);
	},
	unpin: (room) => ((room.pinned = null), room.tell([['p', null]])),
	/** One of everything, for pictures. */
	all(room) {
		room.tell([
			room.message(room.person('dimitri'), 'hi, new here', { f: 1 }),
			room.message(room.person('hedyl'), 'tips her hat to ada', { a: 1 }),
			room.message(room.person('gundel'), 'it has 24, I counted', {
				r: { id: 'ada-3', user: 'u4', login: 'dimitri', display: 'Dimitri', text: SAYINGS[2], top: 'ada-3' }
			}),
			[
				'u',
				'resub',
				'eve__ has subscribed for 3 months.',
				{},
				room.message(room.person('eve__'), 'three already :heart:')
			],
			['a', 'BLUE', room.message(room.person('bea'), 'Questions at the end of the hour, please.')],
			room.message(room.person('ivo'), 'something rude'),
			room.message(room.person('cato_the_elder'), '@viewer have you seen part 11?'),
			['g', 23]
		]);
		const rude = room.events.findLast((e) => e.event[7] === 'something rude').event;
		room.tell([['d', rude[1], 'ivo']]);
	}
};
