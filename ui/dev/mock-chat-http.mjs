// Chat's HTTP of the mock: lists, acts of moderators, emotes and their pictures, and the controls of mock-chat.mjs.
import { answerBlocks, answerPersonal } from './mock-chat-personal.mjs';
import {
	banOf,
	changeOf,
	listOf,
	moderatorOf,
	personOf,
	settingsOf,
	termOf,
	userOf,
	viewOf
} from './mock-chat-shapes.mjs';
import { CHANNEL_EMOTES, CONTROLS, EMOTES, loginOf, PEOPLE, roomOf } from './mock-chat.mjs';

/** Answers chat's addresses; false if the path is none of them. */
export async function answerChat(req, res, url, { json, problem, body }) {
	const path = url.pathname;
	const control = /^\/mock\/chat\/(\w+)\/(\w+)$/.exec(path);
	if (control) {
		const change = CONTROLS[control[2]];
		change?.(roomOf(control[1]), url.searchParams);
		json(res, 200, {});
		return true;
	}
	const added = /^\/api\/v1\/channels\/\w+\/emotes(?:\/(\w+))?$/.exec(path);
	if (added && req.method !== 'GET') return (changeEmotes(req, res, url, added[1], { json, problem }), true);
	const picture = /^\/emotes\/(\w+)\/\d+$/.exec(path);
	if (picture) {
		const [, code, colour, sign] = [...EMOTES, ...CHANNEL_EMOTES].find((e) => e[0] === picture[1]) ?? [
			'',
			'?',
			'#888',
			'?'
		];
		res.writeHead(200, { 'content-type': 'image/svg+xml', 'cache-control': 'max-age=3600' });
		res.end(
			`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28" width="28" height="28"><title>${code}</title><circle cx="14" cy="14" r="13" fill="${colour}"/><text x="14" y="20" font-size="16" font-family="sans-serif" text-anchor="middle" fill="#fff">${sign}</text></svg>`
		);
		return true;
	}
	const emoteList = (all) => ({
		data: all.map(([id, code]) => ({
			id,
			code,
			animated: false,
			images: Object.fromEntries([28, 56, 112].map((s) => [s, `/emotes/${id}/${s}`]))
		}))
	});
	if (path === '/api/v1/emotes/global') return (json(res, 200, emoteList(EMOTES)), true);
	if (/^\/api\/v1\/channels\/\w+\/emotes$/.test(path)) return (json(res, 200, emoteList(CHANNEL_EMOTES)), true);
	if (path === '/api/v1/me/color') return (res.writeHead(204).end(), true);
	if (path.startsWith('/api/v1/me/blocks'))
		return (answerBlocks(req, res, path, json, (login) => userOf(roomOf('ada'), login)), true);
	const chat = /^\/api\/v1\/channels\/(\w+)\/chat\/(.+)$/.exec(path);
	if (!chat) return false;
	const room = roomOf(chat[1]);
	const login = loginOf(req.headers.cookie);
	const you = room.you(login);
	const what = `${req.method} ${chat[2]}`;
	if (await answerPersonal(room, login, what, req, res, { json, problem, body })) return true;
	if (!you?.moderates) return (problem(res, 403, 'no_permission', 'Only moderators may do this.'), true);
	const sent = ['POST', 'PUT', 'PATCH'].includes(req.method) ? await body(req) : {};
	const data = act(room, login, what, url.searchParams, sent);
	if (data === null) problem(res, 404, 'not_found', 'Nothing here.');
	else if (data === undefined) res.writeHead(204).end();
	else json(res, 200, data);
	return true;
}

/** Adds an emote, whose picture is not looked at, or takes one away. */
function changeEmotes(req, res, url, id, { json, problem }) {
	req.resume();
	if (req.method === 'DELETE') {
		const at = CHANNEL_EMOTES.findIndex((e) => e[0] === id);
		if (at >= 0) CHANNEL_EMOTES.splice(at, 1);
		return res.writeHead(204).end();
	}
	const code = url.searchParams.get('code') ?? '';
	if (CHANNEL_EMOTES.some((e) => e[1] === code)) return problem(res, 409, 'code_taken', 'Taken.');
	const emote = [`e${Date.now() % 100_000}`, code, '#a6b', code.charAt(0).toUpperCase()];
	CHANNEL_EMOTES.push(emote);
	return json(res, 201, { id: emote[0], code });
}

function act(room, by, what, q, b) {
	const [method, path] = what.split(' ');
	const [noun, id] = path.split('/').map(decodeURIComponent);
	const login = q.get('user_login') ?? b.data?.user_login ?? b.user_login;
	switch (`${method} ${noun}`) {
		case 'GET settings':
			return { data: [settingsOf(room)] };
		case 'PATCH settings':
			room.change(changeOf(b), by);
			return { data: [settingsOf(room)] };
		case 'GET held':
			return { data: room.held.map(({ message, ...why }) => ({ message: viewOf(message), ...why })) };
		case 'POST held': {
			const allow = b.action === 'ALLOW';
			const held = room.held.find((h) => h.message[1] === b.msg_id);
			room.held = room.held.filter((h) => h !== held);
			room.tell([['hd', b.msg_id, allow ? 'allowed' : 'denied', by]], (c) => c.moderates);
			if (allow && held) room.tell([held.message]);
			room.entry(by, allow ? 'automod_allow' : 'automod_deny', held?.message[4].toLowerCase(), held?.message[7]);
			return undefined;
		}
		case 'DELETE messages': {
			const message = q.get('message_id');
			if (!message) return room.clear(by);
			const found = room.events.find((e) => e.event[1] === message);
			room.tell([['d', message, 'x']]);
			room.entry(by, 'delete', found?.event[4].toLowerCase(), found?.event[7]);
			return undefined;
		}
		case 'GET bans':
			return listOf([...room.bans.values()].map((ban) => banOf(room, ban)));
		case 'POST bans': {
			const { until, at } = room.ban(by, login, b.data.duration ?? null, b.data.reason ?? '');
			return { data: [{ ...acted(room, by, login), created_at: at, end_time: until }] };
		}
		case 'DELETE bans':
			room.bans.delete(login);
			room.entry(by, 'unban', login);
			room.refresh(login);
			return undefined;
		case 'POST warnings':
			room.warnings.set(login, b.data.reason);
			room.entry(by, 'warn', login, b.data.reason);
			room.refresh(login);
			return { data: [{ ...acted(room, by, login), reason: b.data.reason }] };
		case 'GET blocked-terms':
		case 'GET permitted-terms':
			return listOf(room.terms.filter((t) => placeOf(t) === noun).map((t) => termOf(room, t)));
		case 'POST blocked-terms':
		case 'POST permitted-terms': {
			const kind = noun === 'permitted-terms' ? 'permitted' : b.regex ? 'blocked_regex' : 'blocked';
			const at = new Date().toISOString();
			const term = { id: String(Date.now()), kind, text: b.text, public: b.public ?? false, by, at };
			room.terms.push(term);
			room.entry(by, kind === 'permitted' ? 'add_permitted_term' : 'add_blocked_term', null, b.text);
			return { data: [termOf(room, term)] };
		}
		case 'DELETE blocked-terms':
		case 'DELETE permitted-terms':
			room.terms = room.terms.filter((t) => t.id !== q.get('id') || placeOf(t) !== noun);
			return undefined;
		case 'GET moderators':
		case 'GET vips':
			return listOf(room.roles[noun].map((one) => userOf(room, one)));
		case 'POST moderators':
		case 'POST vips':
			room.roles[noun].push(login);
			room.entry(by, noun === 'vips' ? 'vip' : 'mod', login);
			return undefined;
		case 'DELETE moderators':
		case 'DELETE vips':
			room.roles[noun] = room.roles[noun].filter((one) => one !== login);
			room.entry(by, noun === 'vips' ? 'unvip' : 'unmod', login);
			return undefined;
		case 'GET chatters':
			return { ...listOf(PEOPLE.map(([, name]) => userOf(room, name.toLowerCase()))), total: PEOPLE.length };
		case 'GET users':
			return cardOf(room, id);
		case 'POST announcements':
			room.tell([['a', (b.color ?? 'primary').toUpperCase(), room.message(room.person(by), b.message)]]);
			return undefined;
		case 'PUT pin': {
			const m = room.events.find((e) => e.event[1] === b.message_id)?.event;
			if (!m) return null;
			const author = { id: m[3], login: m[4].toLowerCase() };
			room.pinned = { message: m[1], author, text: m[7], by: personOf(room, by), until: null };
			room.tell([['p', room.pinned]]);
			room.entry(by, 'pin', author.login);
			return undefined;
		}
		case 'DELETE pin':
			room.pinned = null;
			room.tell([['p', null]]);
			return undefined;
		case 'PUT shield-mode': {
			const on = b.is_active;
			room.modes.shield_on = on;
			room.tell([
				['s', room.modes, [on ? ['shield_on', 'Shield mode is on.'] : ['shield_off', 'Shield mode is off.']]]
			]);
			room.entry(by, on ? 'shield' : 'shieldoff');
			return { data: [{ is_active: on, ...moderatorOf(room, by) }] };
		}
		case 'POST suspects':
			room.entry(by, b.how === null ? 'unmonitor' : b.how === 'monitored' ? 'monitor' : 'restrict', login);
			return undefined;
		case 'POST sweep':
			room.entry(by, 'sweep', null, JSON.stringify(b));
			return undefined;
		case 'GET logs':
			return keptOf(room, q);
		case 'DELETE logs': {
			const erased = kept(room, q.get('user'));
			erased.forEach((e) => (e.erased = true));
			return { messages: erased.length };
		}
		case 'GET log':
			return { data: [...room.entries].reverse(), next: null };
		default:
			return null;
	}
}

const placeOf = ({ kind }) => (kind === 'permitted' ? 'permitted-terms' : 'blocked-terms');

/** Who did something to whom, by numbers. */
const acted = (room, by, login) => ({
	broadcaster_id: 'u1',
	moderator_id: room.person(by)[0],
	user_id: room.person(login)[0]
});

/** Whether it was deleted, or its writer or the room cleared, after it was said. */
const isDeleted = (room, { seq, event }) =>
	room.events.some(
		(e) =>
			e.seq > seq &&
			((e.event[0] === 'd' && e.event[1] === event[1]) ||
				(e.event[0] === 'c' && (e.event.length === 1 || e.event[1] === event[3])))
	);

const PAGE = 20;
/** The messages that a room's log holds, of everybody or of one. */
const kept = (room, login) =>
	room.events.filter(
		(e) => e.event[0] === 'm' && !e.erased && (!login || e.event[4].toLowerCase() === login) && room.modes.log
	);

/** A page of them, the newest first. */
function keptOf(room, q) {
	const all = kept(room, q.get('user')).reverse();
	const from = all.findIndex((e) => e.event[1] === q.get('before')) + 1;
	const page = all.slice(from, from + PAGE);
	const data = page.map((e) => {
		const { id, author, text, action, reply_to, deleted, at } = viewOf(e.event, isDeleted(room, e));
		return { id, author, text, action, reply_to, deleted, at };
	});
	return { data, next: from + PAGE < all.length ? data.at(-1).id : null };
}

function cardOf(room, login) {
	const [id, display, badges] = room.person(login);
	const said = room.events.filter((e) => e.event[0] === 'm' && e.event[4].toLowerCase() === login);
	const ban = room.bans.get(login);
	const reason = room.warnings.get(login);
	return {
		account: { id, login, display, verified: true, bot: false, created_at: '2024-03-05T00:00:00Z' },
		badges: badges.split(',').filter(Boolean),
		followed_at: '2025-11-05T00:00:00Z',
		messages: said.map((e) => viewOf(e.event, isDeleted(room, e))),
		ban: ban ? banOf(room, ban) : null,
		warning: reason ? { reason, by: personOf(room, 'ada'), at: new Date().toISOString() } : null,
		suspicion: null,
		log: room.entries.filter((e) => e.target?.login === login)
	};
}
