// What people do among themselves in the mock: whispers, blocks, requests to be unbanned, and everybody's view of a card.
import { listOf, requestOf } from './mock-chat-shapes.mjs';

/** Logins, by who blocks them. */
const blocks = new Map();
const blockedBy = (login) => blocks.get(login) ?? blocks.set(login, new Set()).get(login);

/** Also to the sender's other windows; `at` is the one that said it. */
function whisper(room, by, to, text, at) {
	const [id, display, , colour] = room.person(by);
	const from = { id, login: by, display, colour: `#${colour}` };
	room.number += 1;
	const event = {
		id: `w-${room.number}`,
		at: Date.now(),
		from,
		to: { id: room.person(to)[0], login: to },
		text,
		e: []
	};
	for (const c of room.clients) if (c.login === to || (c.login === by && c !== at)) c.send([['whisper', event]]);
}

/** `/w`, `/block` and `/unblock`, for everybody; false if the text is none of them. */
export function personally(room, client, { text, nonce }, no) {
	const [, name, login, rest = ''] = /^\/(w|block|unblock) @?(\w+) ?(.*)$/i.exec(text) ?? [];
	if (!name) return false;
	const { login: me } = client;
	if (name === 'w' && blockedBy(login).has(me)) {
		no('whisper_restricted_recipient', "That user's settings prevent them from receiving this whisper.");
		return true;
	}
	if (name === 'w') whisper(room, me, login, rest, client);
	else if (name === 'block') blockedBy(me).add(login);
	else blockedBy(me).delete(login);
	const told =
		name === 'w' ? [] : [['n', `${name}_success`, `${name === 'block' ? 'You now' : 'You no longer'} block ${login}.`]];
	client.send([['ok', nonce, null], ...told]);
	return true;
}

/** Answers a request; false if it does not wait. */
const decide = (room, request, status, text, by) => {
	if (request?.status !== 'pending') return false;
	const { login } = request;
	Object.assign(request, { status, resolution_text: text, by, resolved_at: new Date().toISOString() });
	room.entry(by, status === 'approved' ? 'approve_unban_request' : 'deny_unban_request', login, text || request.text);
	if (status === 'approved') room.bans.delete(login);
	room.refresh(login);
	const words = `Your request was ${status}${text ? `: ${text}` : '.'}`;
	for (const c of room.clients) if (c.login === login) c.send([['n', `unban_request_${status}`, words]]);
	return true;
};

const request = (room, login, text, agoS = 0) => {
	const at = new Date(Date.now() - agoS * 1000).toISOString();
	room.number += 1;
	const id = `r-${room.number}`;
	room.requests = room.requests.filter((r) => r.login !== login);
	room.requests.unshift({ id, login, text, at, status: 'pending', resolution_text: '', by: null, resolved_at: null });
	room.entry(login, 'create_unban_request', login, text);
};

/** Controls of `POST /mock/chat/ROOM/WHAT`. */
export const PERSONAL = {
	whisper: (room, q) => whisper(room, q.get('by') ?? 'bea', q.get('to'), q.get('text') ?? 'psst, over here'),
	/** Somebody blocks these, and so many more. */
	block(room, q) {
		const many = Array.from({ length: Number(q.get('many') ?? 0) }, (_, i) => `spam_account_number_${i + 1}`);
		for (const one of [...(q.get('names')?.split(',') ?? []), ...many]) blockedBy(q.get('by')).add(one);
	},
	shoutout(room) {
		const m = room.message(room.person('ada'), '');
		room.tell([['u', 'shoutout', 'Ada gives a shoutout to gundel.', { login: 'gundel', id: 'u7' }, m]]);
	},
	ask: (room, q) => request(room, q.get('by'), q.get('text') ?? 'I was rude, sorry.', Number(q.get('ago') ?? 0)),
	answer(room, q) {
		const asked = room.requests.find((r) => r.login === q.get('to'));
		decide(room, asked, q.get('status') ?? 'denied', q.get('text') ?? '', 'bea');
	}
};

/** `user` says who a login is. */
export function answerBlocks(req, res, path, json, user) {
	const me = /footlight_session=([\w-]+)/.exec(req.headers.cookie ?? '')?.[1] ?? '';
	const mine = blockedBy(me === 't' ? 'ada' : me);
	const login = decodeURIComponent(path.split('/')[5] ?? '');
	if (req.method === 'GET') return json(res, 200, { data: [...mine].map(user) });
	if (req.method === 'PUT') mine.add(login);
	else mine.delete(login);
	return res.writeHead(204).end();
}

/** What of chat's HTTP is not for moderators alone; false if `what` is none of it. */
export async function answerPersonal(room, login, what, req, res, { json, problem, body }) {
	const [method, path] = what.split(' ');
	const [noun, id] = path.split('/').map(decodeURIComponent);
	const moderates = room.you(login)?.moderates ?? false;
	if (method === 'GET' && noun === 'users' && !moderates) {
		const [pid, display, badges] = room.person(id);
		const account = { id: pid, login: id, display, created_at: '2024-03-05T00:00:00Z' };
		json(res, 200, { account, badges: badges.split(',').filter(Boolean), subscriber: null });
		return true;
	}
	if (noun !== 'unban-requests') return false;
	const query = new URL(req.url, 'http://mock').searchParams;
	if (!login) problem(res, 401, 'not_signed_in', 'Sign in.');
	else if (method === 'GET') {
		const status = query.get('status');
		const mine = room.requests.filter((r) => moderates || r.login === login);
		json(res, 200, listOf(mine.filter((r) => !status || r.status === status).map((r) => requestOf(room, r))));
	} else if (method === 'PATCH') {
		const asked = room.requests.find((r) => r.id === query.get('unban_request_id'));
		const decided = decide(room, asked, query.get('status'), query.get('resolution_text') ?? '', login);
		if (decided) json(res, 200, { data: [requestOf(room, asked)] });
		else problem(res, 409, 'bad_unban_request', 'No request waits for a decision.');
	} else if (method === 'POST') {
		const last = room.requests.find((r) => r.login === login)?.status;
		if (last === 'denied') problem(res, 409, 'bad_unban_request_denied', 'Your request was denied.');
		else {
			request(room, login, (await body(req)).text);
			res.writeHead(204).end();
		}
	} else {
		const mine = room.requests.find((r) => r.login === login);
		if (mine) mine.status = 'canceled';
		res.writeHead(204).end();
	}
	return true;
}
