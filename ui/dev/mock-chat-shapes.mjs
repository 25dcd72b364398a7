// How the mock's chat looks over HTTP: the shapes of its answers, and settings both ways. The socket has its own names.

/** Somebody; `logins` of the mock are enough to know who. */
export const userOf = (room, login) => {
	const [user_id, user_name] = room.person(login);
	return { user_id, user_login: login, user_name };
};

/** Who did it, if anybody did. */
export const moderatorOf = (room, login) => {
	const [moderator_id, moderator_name] = login ? room.person(login) : [null, null];
	return { moderator_id, moderator_login: login ?? null, moderator_name };
};

export const personOf = (room, login) => ({ id: room.person(login)[0], login });

/** A list, as a whole. */
export const listOf = (data) => ({ data, pagination: {} });

export const banOf = (room, { login, until, reason, by, at }) => ({
	...userOf(room, login),
	expires_at: until,
	created_at: at,
	reason,
	...moderatorOf(room, by)
});

export const termOf = (room, { id, kind, text, public: named, by, at }) => ({
	broadcaster_id: 'u1',
	...moderatorOf(room, by),
	id,
	text,
	created_at: at,
	updated_at: at,
	expires_at: null,
	regex: kind === 'blocked_regex',
	public: named
});

export const requestOf = (room, { id, login, text, status, at, resolved_at, resolution_text, by }) => ({
	id,
	broadcaster_id: 'u1',
	...userOf(room, login),
	text,
	status,
	created_at: at,
	resolved_at,
	resolution_text,
	...moderatorOf(room, by)
});

/** A message. */
export const viewOf = ([, id, ms, user, display, badges, color, text], deleted = false) => ({
	id,
	author: { id: user, login: display.toLowerCase() },
	display,
	color: `#${color}`,
	badges: badges.split(',').filter(Boolean),
	text,
	action: false,
	emotes: [],
	reply_to: null,
	deleted,
	at: new Date(ms).toISOString()
});

/** Names of modes that HTTP has otherwise, and what it has for "off". */
const NAMES = [
	['slow_s', 'slow_mode_wait_time', 0],
	['followers_min', 'follower_mode_duration', null],
	['delay_s', 'non_moderator_chat_delay_duration', 0],
	['subscribers_only', 'subscriber_mode'],
	['emote_only', 'emote_mode'],
	['unique', 'unique_chat_mode']
];

const modesOf = (modes) =>
	Object.fromEntries(
		Object.entries(modes).map(([key, value]) => {
			const [, name, off] = NAMES.find(([ours]) => ours === key) ?? [key, key];
			return [name, value === off ? null : value];
		})
	);

export const settingsOf = ({ modes, shield }) => ({
	broadcaster_id: 'u1',
	slow_mode: modes.slow_s > 0,
	follower_mode: modes.followers_min !== null,
	non_moderator_chat_delay: modes.delay_s > 0,
	...modesOf(modes),
	shield: modesOf(shield)
});

/** A change as the room makes it; a switch alone is a time, a time alone switches. */
export function changeOf({ slow_mode, follower_mode, non_moderator_chat_delay, shield, ...change }) {
	const times = {
		...(slow_mode === undefined ? {} : { slow_mode_wait_time: slow_mode ? 30 : null }),
		...(follower_mode === undefined ? {} : { follower_mode_duration: follower_mode ? 0 : null }),
		...(non_moderator_chat_delay === false ? { non_moderator_chat_delay_duration: null } : {})
	};
	const out = Object.entries({ ...times, ...change }).map(([key, value]) => {
		const [name, , off] = NAMES.find(([, theirs]) => theirs === key) ?? [key];
		return [name, value ?? off];
	});
	return { ...Object.fromEntries(out), ...(shield ? { shield: changeOf(shield) } : {}) };
}
