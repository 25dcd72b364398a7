// The native protocol over real sockets, and the same room seen by HTTP: what one does the other sees.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Chatter } from './chatter.mjs';
import { closeAll, Server, until } from './harness.mjs';

let server, maya, bob, carol;
const chat = '/api/v1/channels/maya/chat';

before(async () => {
	server = await Server.start();
	[maya, bob, carol] = await Promise.all(['maya', 'bobby', 'carol'].map((name) => server.creator(name)));
});

after(() => closeAll(server));

test('a message reaches everybody once, in order, with its number', async () => {
	const [speaker, guest] = await Promise.all([Chatter.open(server, 'maya', bob), Chatter.open(server, 'maya')]);
	assert.equal(speaker.hi.you.login, 'bobby');
	assert.equal(guest.hi.you, null);
	const ok = await speaker.say('one');
	assert.equal(ok[0], 'ok');
	await speaker.hears((event) => event[0] === 'm' && event[1] === ok[2]);
	const message = await guest.hears((event) => event[0] === 'm' && event[1] === ok[2]);
	assert.equal(message[7], 'one');
	assert.deepEqual(await guest.say('may I?').then((answer) => answer[0]), 'no');
	await Promise.all([speaker.close(), guest.close()]);
});

test('whoever comes back is given what was missed, and nothing twice', async () => {
	const [speaker, guest] = await Promise.all([Chatter.open(server, 'maya', maya), Chatter.open(server, 'maya')]);
	await speaker.say('before');
	await guest.hears((event) => event[7] === 'before');
	const at = guest.at;
	await guest.close();
	for (const text of ['missed 1', 'missed 2']) await speaker.say(text);
	// At once, and after longer than a reader that is only slow may be behind.
	for (const ms of [0, 6_000]) {
		await new Promise((go) => setTimeout(go, ms));
		const back = await Chatter.open(server, 'maya', { query: `after=${at}` });
		assert.equal(back.hi.resumed, true);
		await back.hears((event) => event[7] === 'missed 2');
		assert.deepEqual(back.texts, ['missed 1', 'missed 2']);
		assert.ok(!back.events.some((event) => event[0] === 'g'), 'nothing was left out');
		await back.close();
	}
	await speaker.close();
});

test('what is done by HTTP is seen on every screen and gone from the history', async () => {
	const [speaker, guest] = await Promise.all([Chatter.open(server, 'maya', carol), Chatter.open(server, 'maya')]);
	const [, , id] = await speaker.say('not for long');
	await guest.hears((event) => event[7] === 'not for long');
	await server.expect(403, 'DELETE', `${chat}/messages?message_id=${id}`, { token: bob.token });
	await server.expect(204, 'DELETE', `${chat}/messages?message_id=${id}`, { token: maya.token });
	await guest.hears((event) => event[0] === 'd' && event[1] === id);
	const later = await Chatter.open(server, 'maya');
	assert.ok(!later.texts.includes('not for long'));
	const timeout = { data: { user_login: 'carol', duration: 60, reason: 'too loud' } };
	const made = await server.expect(200, 'POST', `${chat}/bans`, { token: maya.token, body: timeout });
	assert.equal(Date.parse(made.data[0].end_time) - Date.parse(made.data[0].created_at), 60_000);
	const you = await speaker.hears((event) => event[0] === 'you' && event[1].ban !== null);
	assert.equal(you[1].ban.reason, 'too loud');
	const cleared = await guest.hears((event) => event[0] === 'c' && event[2] === 'carol');
	assert.equal(cleared[3], 60);
	const refused = await speaker.say('let me');
	assert.deepEqual([refused[0], refused[2]], ['no', 'msg_timedout']);
	await server.expect(204, 'DELETE', `${chat}/bans?user_login=carol`, { token: maya.token });
	assert.equal((await speaker.speak('thank you'))[0], 'ok');
	await Promise.all([speaker, guest, later].map((one) => one.close()));
});

test('a blocked term refuses, AutoMod holds, a moderator lets it pass', async () => {
	const [speaker, owner, guest] = await Promise.all([
		Chatter.open(server, 'maya', bob),
		Chatter.open(server, 'maya', maya),
		Chatter.open(server, 'maya')
	]);
	const term = { text: 'cabbage*' };
	await server.expect(200, 'POST', `${chat}/blocked-terms`, { token: maya.token, body: term });
	const refused = await speaker.speak('I sell c.a.b.b.a.g.e.s');
	assert.deepEqual([refused[0], refused[2]], ['no', 'msg_rejected_mandatory']);
	await server.expect(200, 'PATCH', `${chat}/settings`, { token: maya.token, body: { automod: 4 } });
	await until(
		'AutoMod holds something',
		async () => {
			const answer = await speaker.speak(`Buy followers, primes and viewers at bigfollows dot com ${Date.now()}`);
			return answer[0] === 'no' && answer[2] === 'msg_rejected';
		},
		{ every: 1100 }
	);
	const held = await owner.hears((event) => event[0] === 'h');
	assert.ok(!guest.events.some((event) => event[0] === 'h'), 'only moderators see what is held');
	const waiting = await server.expect(200, 'GET', `${chat}/held`, { token: maya.token });
	assert.ok(waiting.data.some((one) => one.message.id === held[2][1]));
	const decision = { msg_id: held[2][1], action: 'ALLOW' };
	await server.expect(204, 'POST', `${chat}/held`, { token: maya.token, body: decision });
	await guest.hears((event) => event[0] === 'm' && event[1] === held[2][1]);
	await server.expect(200, 'PATCH', `${chat}/settings`, { token: maya.token, body: { automod: 1 } });
	await Promise.all([speaker, owner, guest].map((one) => one.close()));
});

test('a channel that opts in has a log that its moderators read, export and erase', async () => {
	const speaker = await Chatter.open(server, 'maya', maya);
	await server.expect(403, 'GET', `${chat}/logs`, { token: bob.token });
	await server.expect(200, 'PATCH', `${chat}/settings`, { token: maya.token, body: { log: true } });
	await speaker.say('for the record');
	const page = await until('the message is in the log', async () => {
		const found = await server.expect(200, 'GET', `${chat}/logs`, { token: maya.token });
		return found.data.some((message) => message.text === 'for the record') && found;
	});
	assert.ok(page.data.length >= 1);
	const exported = await fetch(`${server.url}${chat}/logs/export`, {
		headers: { authorization: `Bearer ${maya.token}` }
	});
	const lines = (await exported.text())
		.trim()
		.split('\n')
		.map((line) => JSON.parse(line));
	assert.ok(lines.some((line) => line.text === 'for the record'));
	await server.expect(200, 'DELETE', `${chat}/logs`, { token: maya.token });
	const empty = await server.expect(200, 'GET', `${chat}/logs`, { token: maya.token });
	assert.deepEqual(empty.data, []);
	await speaker.close();
});

test('a token for chat speaks in chat and is refused everywhere else', async () => {
	const body = { label: 'my bot', scope: 'chat' };
	const { token } = await server.expect(201, 'POST', '/api/v1/me/tokens', { token: bob.token, body });
	const bot = await Chatter.open(server, 'maya', { token });
	assert.equal(bot.hi.you.login, 'bobby');
	assert.equal((await bot.speak('beep'))[0], 'ok');
	const refused = await server.ask('PATCH', '/api/v1/channels/bobby', { token, body: { title: 'mine' } });
	assert.deepEqual([refused.status, refused.body.code], [403, 'scope']);
	await bot.close();
});

test('another site’s page can’t use a visitor’s cookie', async () => {
	await assert.rejects(
		Chatter.open(server, 'maya', { origin: 'https://evil.example', token: undefined }).then(async (opened) => {
			// Reading is for everybody; but nobody is signed in by it.
			assert.equal(opened.hi.you, null);
			throw new Error('as a guest');
		}),
		/as a guest|403/
	);
});
