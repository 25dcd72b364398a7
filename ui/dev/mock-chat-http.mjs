// Chat's HTTP of the mock: lists, acts of moderators, emotes and their pictures, and the controls of mock-chat.mjs.
import { answerBlocks, answerPersonal } from './mock-chat-personal.mjs';
import { CHANNEL_EMOTES, CONTROLS, EMOTES, loginOf, PEOPLE, roomOf } from './mock-chat.mjs';

/** A message as HTTP shows it. */
const viewOf = ([, id, ms, user, display, badges, colour, text]) => ({
	id,
	author: { id: user, login: display.toLowerCase() },
	display,
	colour: `#${colour}`,
	badges: badges.split(',').filter(Boolean),
	text,
	action: false,
	emotes: [],
	reply_to: null,
	at: new Date(ms).toISOString()
});

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
	if (path === '/api/v1/me/colour') return (json(res, 200, {}), true);
	if (path.startsWith('/api/v1/me/blocks')) return (answerBlocks(req, res, path, json), true);
	const chat = /^\/api\/v1\/channels\/(\w+)\/chat\/(.+)$/.exec(path);
	if (!chat) return false;
	const room = roomOf(chat[1]);
	const login = loginOf(req.headers.cookie);
	const you = room.you(login);
	const what = `${req.method} ${chat[2]}`;
	if (await answerPersonal(room, login, what, req, res, { json, problem, body })) return true;
	if (!you?.moderates) return (problem(res, 403, 'no_permission', 'Only moderators may do this.'), true);
	const data = await act(room, login, what, ['POST', 'PUT', 'PATCH'].includes(req.method) ? await body(req) : {});
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

async function act(room, by, what, b) {
	const [method, path] = what.split(' ');
	const [noun, id] = path.split('/').map(decodeURIComponent);
	switch (`${method} ${noun}`) {
		case 'GET settings':
			return { ...room.modes, shield: room.shield };
		case 'PATCH settings':
			room.change(b, by);
			return { ...room.modes, shield: room.shield };
		case 'GET held':
			return {
				data: room.held.map(({ message, ...why }) => ({ message: viewOf(message), ...why }))
			};
		case 'POST held': {
			const held = room.held.find((h) => h.message[1] === id);
			room.held = room.held.filter((h) => h !== held);
			room.tell([['hd', id, b.allow ? 'allowed' : 'denied', by]], (c) => c.moderates);
			if (b.allow && held) room.tell([held.message]);
			room.entry(by, b.allow ? 'automod_allow' : 'automod_deny', held?.message[4].toLowerCase(), held?.message[7]);
			return undefined;
		}
		case 'DELETE messages': {
			if (!id) {
				room.tell([['c']]);
				room.entry(by, 'clear');
				return undefined;
			}
			const found = room.events.find((e) => e.event[1] === id);
			room.tell([['d', id, 'x']]);
			room.entry(by, 'delete', found?.event[4].toLowerCase(), found?.event[7]);
			return undefined;
		}
		case 'GET bans':
			return { data: [...room.bans.values()] };
		case 'POST bans':
			room.ban(by, b.login, b.seconds, b.reason);
			return undefined;
		case 'DELETE bans':
			room.bans.delete(id);
			room.entry(by, 'unban', id);
			room.refresh(id);
			return undefined;
		case 'POST warnings':
			room.warnings.set(b.login, b.reason);
			room.entry(by, 'warn', b.login, b.reason);
			room.refresh(b.login);
			return undefined;
		case 'GET terms':
			return { data: room.terms };
		case 'POST terms':
			room.terms.push({ id: String(Date.now()), ...b, by: { id: 'u1', login: by }, at: new Date().toISOString() });
			room.entry(by, 'add_blocked_term', null, b.text);
			return undefined;
		case 'DELETE terms':
			room.terms = room.terms.filter((t) => t.id !== id);
			return undefined;
		case 'GET moderators':
		case 'GET vips':
			return { data: room.roles[noun] };
		case 'PUT moderators':
		case 'PUT vips':
			room.roles[noun].push({ id: room.person(id)[0], login: id });
			room.entry(by, noun === 'vips' ? 'vip' : 'mod', id);
			return undefined;
		case 'DELETE moderators':
		case 'DELETE vips':
			room.roles[noun] = room.roles[noun].filter((p) => p.login !== id);
			room.entry(by, noun === 'vips' ? 'unvip' : 'unmod', id);
			return undefined;
		case 'GET chatters':
			return { data: PEOPLE.map(([pid, display]) => ({ id: pid, login: display.toLowerCase() })) };
		case 'GET users': {
			const [pid, display, badges] = room.person(id);
			const said = room.events.filter((e) => e.event[0] === 'm' && e.event[4].toLowerCase() === id);
			return {
				account: { id: pid, login: id, display, verified: true, bot: false, created_at: '2024-03-05T00:00:00Z' },
				badges: badges.split(',').filter(Boolean),
				messages: said.map((e) => viewOf(e.event)),
				ban: room.bans.get(id) ?? null,
				warning: room.warnings.has(id)
					? { reason: room.warnings.get(id), by: { id: 'u1', login: 'ada' }, at: new Date().toISOString() }
					: null,
				suspicion: null,
				log: room.entries.filter((e) => e.target?.login === id)
			};
		}
		case 'POST announcements':
			room.tell([['a', b.colour, room.message(room.person(by), b.text)]]);
			return undefined;
		case 'PUT pin': {
			const m = room.events.find((e) => e.event[1] === b.message)?.event;
			if (!m) return null;
			room.pinned = {
				message: m[1],
				author: { id: m[3], login: m[4].toLowerCase() },
				text: m[7],
				by: { id: 'u1', login: by },
				until: null
			};
			room.tell([['p', room.pinned]]);
			room.entry(by, 'pin', m[4].toLowerCase());
			return undefined;
		}
		case 'DELETE pin':
			room.pinned = null;
			room.tell([['p', null]]);
			return undefined;
		case 'PUT shield':
			room.modes.shield_on = b.on;
			room.tell([
				['s', room.modes, [[b.on ? 'shield_on' : 'shield_off', b.on ? 'Shield mode is on.' : 'Shield mode is off.']]]
			]);
			room.entry(by, b.on ? 'shield' : 'shieldoff');
			return undefined;
		case 'POST suspects':
			room.entry(by, b.how === null ? 'unmonitor' : b.how === 'monitored' ? 'monitor' : 'restrict', b.login);
			return undefined;
		case 'POST sweep':
			room.entry(by, 'sweep', null, JSON.stringify(b));
			return undefined;
		case 'DELETE logs':
			return { erased: 3 };
		case 'GET log':
			return { data: [...room.entries].reverse(), next: null };
		default:
			return null;
	}
}
