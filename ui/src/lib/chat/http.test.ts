// Chat's HTTP: what is asked for what, and what is made of the answers where that is not the answer itself.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { block, chatOf, setColour, type ChatHttp } from './http.ts';
import { changeTo, settingsFrom, type SettingsWire } from './settings-wire.ts';
import { termsFrom, type TermWire } from './terms-wire.ts';

afterEach(() => vi.unstubAllGlobals());

const AT = '/api/v1/channels/ada/chat';
const term = (over: Partial<TermWire>): TermWire => ({
	id: '1',
	text: 'x',
	created_at: '2026-11-28T12:00:00Z',
	regex: false,
	public: false,
	moderator_id: null,
	moderator_login: null,
	moderator_name: null,
	...over
});
const [pattern] = termsFrom([term({ id: '7', regex: true })], []);
const [passes] = termsFrom([], [term({ id: '8' })]);
if (!pattern || !passes) throw new Error('no terms');

describe('an act is asked for as the server reads it', () => {
	test.each<[string, (http: ChatHttp) => Promise<unknown>, string, unknown?]>([
		['an answer to a held message', (http) => http.decide('5', false), `POST held`, { msg_id: '5', action: 'DENY' }],
		['a deletion', (http) => http.remove('5'), 'DELETE messages?message_id=5'],
		['the clearing of a room', (http) => http.clear(), 'DELETE messages'],
		['a ban', (http) => http.ban('bea', null), 'POST bans', { data: { user_login: 'bea' } }],
		[
			'a timeout',
			(http) => http.ban('bea', 60, 'rude'),
			'POST bans',
			{ data: { user_login: 'bea', duration: 60, reason: 'rude' } }
		],
		['the end of a ban', (http) => http.unban('bea'), 'DELETE bans?user_login=bea'],
		['a warning', (http) => http.warn('bea', 'rude'), 'POST warnings', { data: { user_login: 'bea', reason: 'rude' } }],
		[
			'a yes to a request',
			(http) => http.resolveRequest('9', true, 'be kind & come'),
			'PATCH unban-requests?unban_request_id=9&status=approved&resolution_text=be+kind+%26+come'
		],
		[
			'a no without words',
			(http) => http.resolveRequest('9', false, ''),
			'PATCH unban-requests?unban_request_id=9&status=denied'
		],
		['a role', (http) => http.grant('vips', 'bea'), 'POST vips?user_login=bea'],
		['the end of a role', (http) => http.revoke('moderators', 'bea'), 'DELETE moderators?user_login=bea'],
		['a term', (http) => http.addTerm('blocked', 'x*', true), 'POST blocked-terms', { text: 'x*', public: true }],
		[
			'a pattern',
			(http) => http.addTerm('blocked_regex', 'x+', false),
			'POST blocked-terms',
			{ text: 'x+', public: false, regex: true }
		],
		[
			'a term that passes',
			(http) => http.addTerm('permitted', 'ex', true),
			'POST permitted-terms',
			{ text: 'ex', public: true }
		],
		['the end of a pattern', (http) => http.removeTerm(pattern), 'DELETE blocked-terms?id=7'],
		['the end of a term that passes', (http) => http.removeTerm(passes), 'DELETE permitted-terms?id=8'],
		[
			'an announcement',
			(http) => http.announce('hi', 'green'),
			'POST announcements',
			{ message: 'hi', color: 'green' }
		],
		['a pin', (http) => http.pin('5', 1200), 'PUT pin', { message_id: '5', seconds: 1200 }],
		['kept messages', (http) => http.logs({ user: 'bea', before: '9' }), 'GET logs?user=bea&before=9'],
		['the erasing of what one said', (http) => http.eraseLog('bea'), 'DELETE logs?user=bea'],
		['the erasing of all', (http) => http.eraseLog(''), 'DELETE logs'],
		['shield mode', (http) => http.shield(true), 'PUT shield-mode', { is_active: true }],
		['a watch', (http) => http.suspect('bea', null), 'POST suspects', { user_login: 'bea', how: null }],
		['a block', () => block('bea'), 'PUT /api/v1/me/blocks/bea'],
		['a colour', () => setColour('#aabbcc'), 'PUT /api/v1/me/color', { color: '#aabbcc' }]
	])('%s', async (_, act, expected, body) => {
		const asked: unknown[] = [];
		vi.stubGlobal('fetch', (path: string, { method, body: sent }: { method: string; body?: string }) => {
			asked.push(`${method} ${path.replace(`${AT}/`, '')}`, sent && (JSON.parse(sent) as unknown));
			return Promise.resolve(new Response(null, { status: 204 }));
		});
		await act(chatOf('ada'));
		expect(asked).toEqual([expected, body]);
	});
});

test('terms come from two addresses and are one list, the oldest first', async () => {
	const lists: Record<string, TermWire[]> = {
		'blocked-terms?first=1000': [term({ id: '1' }), term({ id: '3', regex: true, created_at: '2026-11-30T12:00:00Z' })],
		'permitted-terms?first=1000': [term({ id: '2', created_at: '2026-11-29T12:00:00Z' })]
	};
	vi.stubGlobal('fetch', (path: string) =>
		Promise.resolve(new Response(JSON.stringify({ data: lists[path.replace(`${AT}/`, '')], pagination: {} })))
	);
	const terms = await chatOf('ada').terms();
	expect(terms.map(({ id, kind }) => `${id} ${kind}`)).toEqual(['1 blocked', '2 permitted', '3 blocked_regex']);
});

describe('settings', () => {
	const wire: SettingsWire = {
		broadcaster_id: '1',
		slow_mode: true,
		slow_mode_wait_time: 30,
		follower_mode: true,
		follower_mode_duration: 0,
		subscriber_mode: false,
		emote_mode: true,
		unique_chat_mode: true,
		non_moderator_chat_delay: true,
		non_moderator_chat_delay_duration: 4,
		block_links: true,
		automod: 2,
		verified_only: false,
		account_age_min: 60,
		history: true,
		log: false,
		shield_on: true,
		shield: {
			slow_mode_wait_time: null,
			follower_mode_duration: null,
			subscriber_mode: true,
			emote_mode: false,
			verified_only: true,
			account_age_min: 10,
			block_links: false,
			automod: 4
		}
	};
	const shield = {
		slow_s: 0,
		followers_min: null,
		subscribers_only: true,
		emote_only: false,
		verified_only: true,
		account_age_min: 10,
		block_links: false,
		automod: 4
	};

	test('are read as the socket tells them', () => {
		expect(settingsFrom(wire)).toEqual({
			slow_s: 30,
			followers_min: 0,
			subscribers_only: false,
			emote_only: true,
			unique: true,
			delay_s: 4,
			block_links: true,
			automod: 2,
			verified_only: false,
			account_age_min: 60,
			history: true,
			log: false,
			shield_on: true,
			shield
		});
	});

	test.each([
		['null', null],
		['a time that is kept for later', 30]
	])('that are off are off, with %s beside the switch', (_, time) => {
		const off = { slow_mode: false, follower_mode: false, non_moderator_chat_delay: false };
		const times = {
			slow_mode_wait_time: time,
			follower_mode_duration: time,
			non_moderator_chat_delay_duration: time
		};
		expect(settingsFrom({ ...wire, ...off, ...times })).toMatchObject({ slow_s: 0, followers_min: null, delay_s: 0 });
	});

	test.each([
		[{ slow_s: 10 }, { slow_mode_wait_time: 10 }],
		[{ slow_s: 0 }, { slow_mode_wait_time: null }],
		[{ followers_min: 0 }, { follower_mode_duration: 0 }],
		[{ followers_min: null }, { follower_mode_duration: null }],
		[{ delay_s: 6 }, { non_moderator_chat_delay_duration: 6 }],
		[{ delay_s: 0 }, { non_moderator_chat_delay_duration: null }],
		[{ subscribers_only: false }, { subscriber_mode: false }],
		[{ emote_only: true }, { emote_mode: true }],
		[{ unique: true }, { unique_chat_mode: true }],
		[
			{ automod: 0, log: true },
			{ automod: 0, log: true }
		],
		[{ shield }, { shield: wire.shield }],
		[{}, {}]
	])('change alone: %j', (change, expected) => expect(changeTo(change)).toEqual(expected));

	test('are answered in a list of one', async () => {
		vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify({ data: [wire] }))));
		expect((await chatOf('ada').change({ slow_s: 30 })).slow_s).toBe(30);
	});
});
