// Follows of the mock: one list for whoever is signed in, and canned followers of every channel. POST /mock/refuse lets the
// next change of a follow fail.
import { PEOPLE } from './mock-chat.mjs';

const MINUTE = 60_000;
let follows = [
	{ name: 'nightowl', at: Date.now() - 90_000 * 60 },
	{ name: 'potter_jo', at: Date.now() - 86_400_000 * 40 }
];
let refusing = false;
export const refuse = () => (refusing = true);

const COUNTS = { ada: 12_345, quiet: 1, life_goes_on: 0 };
const follower = (i) => ({
	user: { id: `f${i}`, name: i < PEOPLE.length ? PEOPLE[i][1].toLowerCase() : `viewer_${i}` },
	followed_at: new Date(Date.now() - (i * i * 7 + 1) * MINUTE).toISOString()
});
const asFollow = ({ name, at }) => ({ channel: { id: `c-${name}`, name }, followed_at: new Date(at).toISOString() });

export const isFollowed = (name) => follows.some((one) => one.name === name);
export const followersOf = (name) => (COUNTS[name] ?? name.length * 97) + (isFollowed(name) ? 1 : 0);

/** Answers the addresses of follows; false if the path is none of them. */
export function answerFollows(req, res, url, me, { json, problem }) {
	const own = /^\/api\/v1\/me\/follows(?:\/(\w+))?$/.exec(url.pathname);
	const of = /^\/api\/v1\/channels\/(\w+)\/followers$/.exec(url.pathname);
	if (!own && !of) return false;
	if (!me) problem(res, 401, 'not_signed_in', 'Sign in first.');
	else if (of) json(res, 200, page(followersOf(of[1]), url.searchParams));
	else if (!own[1]) json(res, 200, { follows: follows.map(asFollow), next: null });
	else change(req, res, own[1], me, { json, problem });
	return true;
}

function page(total, query) {
	const from = Number(query.get('after') ?? 0);
	const to = Math.min(total, from + Number(query.get('limit') ?? 20));
	const followers = Array.from({ length: to - from }, (_, i) => follower(from + i));
	return { total, followers, next: to < total ? String(to) : null };
}

function change(req, res, name, me, { json, problem }) {
	const found = follows.find((one) => one.name === name);
	if (req.method !== 'GET' && refusing) {
		refusing = false;
		return problem(res, 409, 'too_many_follows', 'No.');
	}
	if (req.method === 'PUT') {
		if (name === me) return problem(res, 409, 'own_channel', 'No.');
		if (!found) follows = [{ name, at: Date.now() }, ...follows];
		return json(res, 200, asFollow(follows.find((one) => one.name === name)));
	}
	if (req.method === 'DELETE') {
		follows = follows.filter((one) => one !== found);
		res.writeHead(204);
		return res.end();
	}
	return json(res, 200, found ? asFollow(found) : { channel: { id: `c-${name}`, name }, followed_at: null });
}
