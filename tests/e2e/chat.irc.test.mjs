// Twitch IRC line by line, as clients rely on it, over TCP and WebSocket: what other clients' libraries hide.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Chatter } from './chatter.mjs';
import { Irc, tags, text } from './irc.mjs';
import { closeAll, Server, until } from './harness.mjs';

let server, maya, moda, bob, carol;
const ids = {};
const chat = '/api/v1/channels/maya/chat';

before(async () => {
	server = await Server.start();
	[maya, moda, bob, carol] = await Promise.all(
		['maya', 'modesta', 'bobby', 'carol'].map((name) => server.creator(name))
	);
	for (const one of [maya, moda, bob, carol]) {
		ids[one.name] = (await server.expect(200, 'GET', '/api/v1/me', { token: one.token })).user.id;
	}
	await server.expect(204, 'POST', `${chat}/moderators?user_login=modesta`, { token: maya.token });
});

after(() => closeAll(server));

const bye = (...all) => all.forEach((one) => one.close());

test('the welcome and a join have the lines, the order and the form that clients wait for', async () => {
	const irc = await Irc.open(server);
	irc.send('CAP LS 302');
	assert.equal(
		await irc.hears(/ CAP \* LS /),
		':tmi.twitch.tv CAP * LS :twitch.tv/commands twitch.tv/membership twitch.tv/tags'
	);
	irc.send('CAP REQ :twitch.tv/tags twitch.tv/commands', 'CAP REQ :twitch.tv/Tags', 'CAP END');
	assert.equal(await irc.hears(/ ACK /), ':tmi.twitch.tv CAP * ACK :twitch.tv/tags twitch.tv/commands');
	assert.equal(await irc.hears(/ NAK /), ':tmi.twitch.tv CAP * NAK :twitch.tv/Tags');
	// The JOIN comes before 001, as twitch-irc sends it.
	irc.send(`PASS :oauth:${bob.token}`, 'NICK Bobby', 'USER bobby 8 * :bobby', 'JOIN #MAYA');
	await irc.hears(/ ROOMSTATE /).then((line) => irc.lines.push(line));
	const shape = irc.lines.map((line) => line.replace(/^@\S+ /, ''));
	assert.deepEqual(shape, [
		':tmi.twitch.tv 001 bobby :Welcome, GLHF!',
		':tmi.twitch.tv 002 bobby :Your host is tmi.twitch.tv',
		':tmi.twitch.tv 003 bobby :This server is rather new',
		':tmi.twitch.tv 004 bobby :-',
		':tmi.twitch.tv 375 bobby :-',
		shape[5],
		':tmi.twitch.tv 376 bobby :>',
		':tmi.twitch.tv GLOBALUSERSTATE',
		':bobby!bobby@bobby.tmi.twitch.tv JOIN #maya',
		':bobby.tmi.twitch.tv 353 bobby = #maya :bobby',
		':bobby.tmi.twitch.tv 366 bobby #maya :End of /NAMES list',
		':tmi.twitch.tv USERSTATE #maya',
		':tmi.twitch.tv ROOMSTATE #maya'
	]);
	const global = tags(irc.lines[7]);
	for (const key of ['badge-info', 'badges', 'color', 'display-name', 'emote-sets', 'turbo', 'user-id', 'user-type'])
		assert.ok(key in global, key);
	assert.equal(global['user-id'], ids.bobby);
	assert.match(global.color, /^#[0-9A-F]{6}$/);
	const room = tags(irc.lines[12]);
	assert.deepEqual(Object.keys(room).sort(), ['emote-only', 'followers-only', 'r9k', 'room-id', 'slow', 'subs-only']);
	assert.deepEqual([room['followers-only'], room.slow, room['room-id']], ['-1', '0', ids.maya]);
	bye(irc);
});

test('three CAP REQs after NICK, as TwitchIO sends them, count for the welcome', async () => {
	const irc = await Irc.open(server, '/irc');
	const caps = ['tags', 'commands', 'membership'].map((cap) => `CAP REQ :twitch.tv/${cap}`);
	irc.send(`PASS oauth:${bob.token}`, 'NICK bobby', ...caps);
	await irc.hears(/^@.* GLOBALUSERSTATE$/);
	bye(irc);
});

test('anonymous readers come in with any password, or none, and hear no state of theirs', async () => {
	for (const [pass, nick, where] of [
		['PASS SCHMOOPIIE', 'justinfan1234', '/'],
		[null, 'justinfan64537', 'tcp'],
		['PASS oauth:59301', 'JustinFan123123', '/irc']
	]) {
		const irc = await Irc.open(server, where);
		irc.send(
			'CAP REQ :twitch.tv/tags twitch.tv/commands twitch.tv/membership',
			...(pass ? [pass] : []),
			`NICK ${nick}`
		);
		await irc.hears(/ 376 /);
		irc.send('JOIN #maya');
		await irc.hears(/ ROOMSTATE #maya$/);
		irc.send('PRIVMSG #maya :may I?');
		const rest = await irc.all();
		assert.ok(!rest.some((line) => /GLOBALUSERSTATE|USERSTATE|may I/.test(line)), rest.join('\n'));
		bye(irc);
	}
});

test('login errors are the words that clients match, and the server closes', async () => {
	for (const [lines, words] of [
		[['PASS oauth:nonsense', 'NICK bobby'], 'Login authentication failed'],
		[[`PASS oauth:${bob.token}`, 'NICK carol'], 'Login authentication failed'],
		[['PASS nonsense', 'NICK bobby'], 'Improperly formatted auth'],
		[['NICK bobby'], 'Login unsuccessful'],
		[[`PASS oauth:${bob.token}`, 'NICK bob-by'], 'Invalid NICK']
	]) {
		const irc = await Irc.open(server);
		irc.send(...lines);
		assert.equal(await irc.hears(/NOTICE/), `:tmi.twitch.tv NOTICE * :${words}`);
		await irc.closed();
	}
});

test('keep-alive and the habits of plain IRC clients are answered in the form that each wants', async () => {
	const irc = await Irc.enter(server, bob);
	const asked = {
		PING: 'PONG :tmi.twitch.tv',
		'PING tmi.twitch.tv': ':tmi.twitch.tv PONG tmi.twitch.tv :tmi.twitch.tv',
		'PING :x y': ':tmi.twitch.tv PONG tmi.twitch.tv :x y',
		'PING chatterino/2.5': ':tmi.twitch.tv PONG tmi.twitch.tv :chatterino/2.5',
		'WHO #maya': ':tmi.twitch.tv 315 bobby #maya :End of /WHO list',
		'MODE #maya': ':tmi.twitch.tv 324 bobby #maya +',
		'NAMES #maya': ':bobby.tmi.twitch.tv 366 bobby #maya :End of /NAMES list',
		'TOPIC #maya :mine': ':tmi.twitch.tv 421 bobby TOPIC :Unknown command',
		JOIN: ':tmi.twitch.tv 461 bobby JOIN :Not enough parameters',
		'CAP LIST': ':tmi.twitch.tv CAP * LIST :twitch.tv/commands twitch.tv/tags'
	};
	for (const [line, answer] of Object.entries(asked)) {
		irc.send(line);
		assert.equal(await until(line, () => irc.lines.shift()), answer);
	}
	irc.send('PONG :tmi.twitch.tv', 'PONG');
	irc.send('JOIN #nobody_here', 'JOIN #a_name_that_is_longer_than_names');
	for (let n = 0; n < 2; n++)
		assert.match(await irc.hears(/NOTICE/), /^@msg-id=msg_channel_suspended :tmi\.twitch\.tv NOTICE #\w+ :/);
	irc.send('PART #maya');
	assert.equal(await irc.hears(/PART/), ':bobby!bobby@bobby.tmi.twitch.tv PART #maya');
	irc.send('QUIT :bye');
	await irc.closed();
});

test("a frame may hold several lines, and its end is a line's end; the subprotocol is echoed", async () => {
	for (const where of ['/', '/irc', '/api/v1/chat/maya']) {
		const irc = await Irc.open(server, where);
		assert.equal(irc.socket.protocol, 'irc');
		irc.write('CAP REQ :twitch.tv/tags twitch.tv/commands\r\nNICK justinfan99\r\nJOIN #maya');
		await irc.hears(/ROOMSTATE #maya/);
		bye(irc);
	}
	const bare = await Irc.open(server, '/irc', []);
	assert.equal(bare.socket.protocol, '');
	bye(bare);
});

test('the sender hears USERSTATE, its other connections and everybody else PRIVMSG with every tag', async () => {
	const [writes, reads, other] = await Promise.all([
		Irc.enter(server, bob),
		Irc.enter(server, bob, { where: '/irc' }),
		Irc.enter(server, null)
	]);
	const state = tags(await writes.say('maya', 'first words :) é🙂 :)', 'client-nonce=abc'));
	assert.equal(state['client-nonce'], 'abc');
	for (const one of [reads, other]) {
		const line = await one.hears(/PRIVMSG/);
		const told = tags(line);
		for (const key of [
			'badge-info',
			'badges',
			'color',
			'display-name',
			'emotes',
			'flags',
			'id',
			'mod',
			'room-id',
			'subscriber',
			'tmi-sent-ts',
			'turbo',
			'user-id',
			'user-type',
			'first-msg',
			'returning-chatter'
		])
			assert.ok(key in told, key);
		assert.equal(told['client-nonce'], 'abc');
		assert.equal(told.id, state.id);
		assert.equal(told['first-msg'], '1');
		// Code points, inclusive: é and the face are one each.
		assert.match(told.emotes, /^\d+:12-13,18-19$/);
		assert.match(line, / :bobby!bobby@bobby\.tmi\.twitch\.tv PRIVMSG #maya :first words :\) é🙂 :\)$/);
	}
	assert.ok(!(await writes.all()).some((line) => line.includes('PRIVMSG')));
	bye(writes, reads, other);
});

test('/me in all its forms, ". text", and a reply with its tags and its @Parent', async () => {
	const [owner, guest] = await Promise.all([Irc.enter(server, maya), Irc.enter(server, null)]);
	for (const form of ['/me waves :)', '.me waves :)', '\x01ACTION waves :)\x01']) {
		await owner.say('maya', form);
		const line = await guest.hears(/ACTION/);
		assert.equal(text(line), '\x01ACTION waves :)\x01');
		assert.match(tags(line).emotes, /:6-7$/);
	}
	await owner.say('maya', '. /ban bobby');
	assert.equal(text(await guest.hears(/PRIVMSG/)), '/ban bobby');
	const { id } = tags(await owner.say('maya', 'what; is it?'));
	await guest.hears(/what; is it/);
	await owner.say('maya', 'this is it :)', `reply-parent-msg-id=${id}`);
	const line = await guest.hears(/this is it/);
	const reply = tags(line);
	assert.equal(text(line), '@maya this is it :)');
	assert.match(reply.emotes, /:17-18$/);
	assert.deepEqual(
		['msg-id', 'user-id', 'user-login', 'display-name', 'msg-body'].map((key) => reply[`reply-parent-${key}`]),
		[id, ids.maya, 'maya', 'maya', 'what; is it?']
	);
	assert.deepEqual([reply['reply-thread-parent-msg-id'], reply['reply-thread-parent-user-login']], [id, 'maya']);
	// 500 code points, and the channel without its sign (twitchdev/issues#431).
	owner.send(`PRIVMSG maya :${'ü'.repeat(600)}`);
	assert.equal(text(await guest.hears(/PRIVMSG #maya :ü/)), 'ü'.repeat(500));
	bye(owner, guest);
});

test('what a client did not ask for it is not sent', async () => {
	const [owner, plain] = await Promise.all([Irc.enter(server, maya), Irc.enter(server, bob, { caps: '' })]);
	await owner.say('maya', 'hello plain client');
	assert.equal(await plain.hears(/PRIVMSG/), ':maya!maya@maya.tmi.twitch.tv PRIVMSG #maya :hello plain client');
	owner.send('PRIVMSG #maya :/slow 30', 'PRIVMSG #maya :/slowoff', 'PRIVMSG #maya :/clear');
	await owner.hears(/CLEARCHAT/);
	const heard = await plain.all();
	assert.ok(
		heard.every((line) => / (00\d|37\d|35\d|366|JOIN) /.test(line)),
		heard.join('\n')
	);
	bye(owner, plain);
});

test('membership is told to who asks', async () => {
	const watcher = await Irc.enter(server, null, { caps: 'membership' });
	const guest = await Irc.enter(server, carol);
	await watcher.hears(/^:carol!carol@carol\.tmi\.twitch\.tv JOIN #maya$/);
	bye(guest);
	await watcher.hears(/^:carol!carol@carol\.tmi\.twitch\.tv PART #maya$/);
	bye(watcher);
});

test('modes: a partial ROOMSTATE and a NOTICE to everybody, already_… to who asks again', async () => {
	const [owner, guest] = await Promise.all([Irc.enter(server, maya), Irc.enter(server, null)]);
	for (const [command, tag, id, again] of [
		['slow 10', ['slow', '10'], 'slow_on', 'already_slow_on'],
		['slowoff', ['slow', '0'], 'slow_off', 'already_slow_off'],
		['followers 1h', ['followers-only', '60'], 'followers_on', 'already_followers_on'],
		['followers', ['followers-only', '0'], 'followers_on_zero', 'already_followers_on'],
		['followersoff', ['followers-only', '-1'], 'followers_off', 'already_followers_off'],
		['subscribers', ['subs-only', '1'], 'subs_on', 'already_subs_on'],
		['subscribersoff', ['subs-only', '0'], 'subs_off', 'already_subs_off'],
		['emoteonly', ['emote-only', '1'], 'emote_only_on', 'already_emote_only_on'],
		['emoteonlyoff', ['emote-only', '0'], 'emote_only_off', 'already_emote_only_off'],
		['uniquechat', ['r9k', '1'], 'r9k_on', 'already_r9k_on'],
		['r9kbetaoff', ['r9k', '0'], 'r9k_off', 'already_r9k_off']
	]) {
		owner.send(`PRIVMSG #maya :/${command}`);
		const state = tags(await guest.hears(/ROOMSTATE/));
		assert.deepEqual(state, { 'room-id': ids.maya, [tag[0]]: tag[1] }, command);
		await guest.hears(new RegExp(`^@msg-id=${id} :tmi\\.twitch\\.tv NOTICE #maya :`));
		owner.send(`PRIVMSG #maya :/${command}`);
		await owner.hears(new RegExp(`^@msg-id=${again} `));
	}
	owner.send('PRIVMSG #maya :/slow 2');
	await owner.hears(/msg-id=bad_slow_duration/);
	bye(owner, guest);
});

test('every moderation command answers with its id, and everybody sees what it does', async () => {
	const [owner, mod, guest, watcher] = await Promise.all([
		Irc.enter(server, maya),
		Irc.enter(server, moda),
		Irc.enter(server, bob),
		Irc.enter(server, null)
	]);
	const does = async (who, command, id) => {
		who.send(`PRIVMSG #maya :/${command}`);
		return who.hears(new RegExp(`^@msg-id=${id} :tmi\\.twitch\\.tv NOTICE #maya :`));
	};
	const said = tags(await guest.say('maya', 'delete this'));
	await does(mod, `delete ${said.id}`, 'delete_message_success');
	const deleted = await watcher.hears(/CLEARMSG/);
	assert.equal(text(deleted), 'delete this');
	assert.deepEqual(
		[tags(deleted).login, tags(deleted)['target-msg-id'], tags(deleted)['room-id']],
		['bobby', said.id, ids.maya]
	);
	await does(mod, `delete ${said.id}`, 'bad_delete_message_error');
	await does(mod, 'timeout bobby 1d2h be nice', 'timeout_success');
	const timeout = await watcher.hears(/CLEARCHAT #maya :bobby$/);
	assert.deepEqual([tags(timeout)['ban-duration'], tags(timeout)['target-user-id']], ['93600', ids.bobby]);
	const refused = await guest.say('maya', 'may I?');
	assert.match(text(refused), /^You are timed out for \d+ more seconds\.$/);
	await does(mod, 'untimeout bobby', 'untimeout_success');
	await does(mod, 'untimeout bobby', 'timeout_no_timeout');
	await does(mod, 'timeout bobby 0', 'bad_timeout_duration');
	await does(mod, 'timeout bobby 15d', 'bad_timeout_duration');
	await does(mod, 'ban bobby', 'ban_success');
	assert.ok(!('ban-duration' in tags(await watcher.hears(/CLEARCHAT #maya :bobby$/))));
	assert.match(text(await guest.say('maya', 'may I?')), /^You are permanently banned /);
	await does(mod, 'ban bobby', 'already_banned');
	guest.send('PART #maya', 'JOIN #maya');
	await guest.hears(/msg-id=msg_banned/);
	await does(mod, 'unban bobby', 'unban_success');
	await does(mod, 'unban bobby', 'bad_unban_no_ban');
	guest.send('JOIN #maya');
	await guest.hears(/ROOMSTATE/);
	guest.lines.length = 0;
	await does(mod, 'ban modesta', 'bad_ban_self');
	await does(mod, 'ban maya', 'bad_ban_broadcaster');
	await does(mod, 'ban justinfan12', 'invalid_user');
	await does(mod, 'ban no_such_user', 'invalid_user');
	await does(mod, 'mod bobby', 'no_permission');
	await does(guest, 'ban carol', 'no_permission');
	await does(mod, 'warn bobby be nice', 'warn_success');
	await guest.hears(/msg-id=msg_warned/);
	assert.match(await guest.say('maya', 'hello?'), /msg-id=msg_warned/);
	await server.expect(204, 'POST', `${chat}/warnings/acknowledge`, { token: bob.token });
	assert.match(await guest.say('maya', 'hello again'), /USERSTATE/);
	await does(owner, 'mod bobby', 'mod_success');
	await guest.hears(/mod=1.* USERSTATE #maya$/);
	await does(owner, 'mod bobby', 'bad_mod_mod');
	assert.equal(text(await does(guest, 'mods', 'room_mods')), 'The moderators of this channel are: bobby, modesta');
	await does(owner, 'unmod bobby', 'unmod_success');
	await does(owner, 'unmod bobby', 'bad_unmod_mod');
	await does(guest, 'vips', 'no_vips');
	await does(owner, 'vip bobby', 'vip_success');
	await does(owner, 'vip bobby', 'bad_vip_grantee_already_vip');
	assert.equal(text(await does(guest, 'vips', 'vips_success')), 'The VIPs of this channel are: bobby.');
	await does(owner, 'unvip bobby', 'unvip_success');
	await does(owner, 'unvip bobby', 'bad_unvip_grantee_not_vip');
	await does(mod, 'monitor bobby', 'monitor_success');
	await does(mod, 'restrict bobby', 'restrict_success');
	await guest.say('maya', 'only moderators see this');
	await mod.hears(/only moderators see this/);
	assert.ok(!(await watcher.all()).some((line) => line.includes('only moderators')));
	await does(mod, 'unrestrict bobby', 'unrestrict_success');
	mod.send('PRIVMSG #maya :/announceblue look here');
	const announced = await watcher.hears(/USERNOTICE #maya :look here$/);
	assert.deepEqual([tags(announced)['msg-id'], tags(announced)['msg-param-color']], ['announcement', 'BLUE']);
	await does(mod, 'shield', 'shield_on').catch(() => {});
	await does(mod, 'shieldoff', 'shield_off').catch(() => {});
	assert.match(text(await does(mod, 'chatters', 'chatters')), /signed-in people are here: .*bobby/);
	assert.match(text(await does(mod, 'user bobby', 'user_card')), /^bobby: \d+ recent messages/);
	await does(mod, 'requests', 'unban_requests');
	await does(mod, 'shoutout carol', 'shoutout_success');
	assert.equal(tags(await watcher.hears(/msg-id=shoutout.* USERNOTICE #maya$/))['msg-param-login'], 'carol');
	await does(mod, 'shoutout bobby', 'bad_shoutout_limit');
	await does(guest, 'help', 'cmds_available');
	await does(guest, 'help ban', 'usage_ban');
	await does(guest, 'help dance', 'no_help');
	await does(guest, 'dance', 'unrecognized_cmd');
	for (const later of ['raid carol', 'poll', 'prediction', 'commercial 30', 'marker', 'clip', 'endpoll', 'unraid'])
		await does(owner, later, 'unavailable_command');
	mod.send('PRIVMSG #maya :/clear');
	await watcher.hears(/^@room-id=\d+;tmi-sent-ts=\d+ :tmi\.twitch\.tv CLEARCHAT #maya$/);
	guest.send('PRIVMSG #maya :/disconnect');
	await guest.closed();
	bye(owner, mod, watcher);
});

test('a viewer who is too fast, or says the same again, is told so', async () => {
	const guest = await Irc.enter(server, carol);
	assert.match(await guest.say('maya', 'once'), /USERSTATE/);
	guest.send('PRIVMSG #maya :at once again');
	await guest.hears(/msg-id=msg_ratelimit/);
	assert.match(await guest.say('maya', 'once'), /msg-id=msg_duplicate/);
	bye(guest);
});

test('who writes without joining is answered with the name of the room', async () => {
	const writes = await Irc.enter(server, maya, { rooms: [] });
	assert.match(await writes.say('maya', 'from outside'), / USERSTATE #maya$/);
	writes.send('PRIVMSG #maya :/slow 1');
	await writes.hears(/^@msg-id=bad_slow_duration :tmi\.twitch\.tv NOTICE #maya :/);
	bye(writes);
});

test("whispers reach all connections of whom they are for, within Twitch's limits, and nobody who blocks", async () => {
	const [from, tcp, ws] = await Promise.all([
		Irc.enter(server, moda, { rooms: [] }),
		Irc.enter(server, carol, { rooms: [] }),
		Irc.enter(server, carol, { where: '/' })
	]);
	const [native, other] = await Promise.all([carol, moda].map((who) => Chatter.open(server, 'maya', who)));
	from.send('PRIVMSG #jtv :/w carol psst :)');
	for (const one of [tcp, ws]) {
		const line = await one.hears(/WHISPER/);
		assert.match(line, / :modesta!modesta@modesta\.tmi\.twitch\.tv WHISPER carol :psst :\)$/);
		const told = tags(line);
		assert.deepEqual(Object.keys(told), [
			'badges',
			'color',
			'display-name',
			'emotes',
			'message-id',
			'thread-id',
			'turbo',
			'user-id',
			'user-type'
		]);
		assert.equal(told['thread-id'], [ids.carol, ids.modesta].sort((a, b) => Number(BigInt(a) - BigInt(b))).join('_'));
		assert.match(told.emotes, /:5-6$/);
	}
	const [, told] = await native.hears((event) => event[0] === 'whisper');
	assert.deepEqual(
		[told.from.login, told.to.login, told.text, told.e[0].slice(1)],
		['modesta', 'carol', 'psst :)', [5, 7]]
	);
	const [, echoed] = await other.hears((event) => event[0] === 'whisper');
	assert.deepEqual([echoed.from.login, echoed.id], ['modesta', told.id], "the sender's other windows show it too");
	assert.ok(!(await from.all()).some((line) => /WHISPER|NOTICE/.test(line)));

	const refusal = async (line, id) => {
		for (;;) {
			from.send(line);
			const answer = await from.hears(/NOTICE/);
			if (id.startsWith('whisper_limit') || !/whisper_limit_per_sec/.test(answer)) {
				return assert.match(answer, new RegExp(`^@msg-id=${id} :tmi\\.twitch\\.tv NOTICE #jtv :`));
			}
			await new Promise((go) => setTimeout(go, 300));
		}
	};
	await refusal('PRIVMSG #jtv :/w modesta hi', 'whisper_invalid_self');
	await refusal('PRIVMSG #jtv :/w no_such_user hi', 'whisper_invalid_login');
	await refusal('PRIVMSG #jtv :/w carol', 'whisper_invalid_args');
	await server.expect(204, 'PUT', '/api/v1/me/blocks/modesta', { token: carol.token });
	assert.deepEqual(
		(await server.expect(200, 'GET', '/api/v1/me/blocks', { token: carol.token })).data.map((one) => one.user_login),
		['modesta']
	);
	await refusal('PRIVMSG #jtv :/w carol hi', 'whisper_restricted_recipient');
	tcp.send('PRIVMSG #jtv :/unblock modesta');
	await tcp.hears(/msg-id=unblock_success/);
	from.send(...Array.from({ length: 8 }, (_, n) => `PRIVMSG #jtv :/w carol quick ${n}`));
	await from.hears(/msg-id=whisper_limit_per_sec/);

	const whispered = { token: carol.token, body: { message: 'x'.repeat(900) } };
	await server.expect(422, 'POST', `/api/v1/whispers?from_user_id=${ids.maya}&to_user_id=${ids.modesta}`, whispered);
	await server.expect(409, 'POST', `/api/v1/whispers?to_user_id=${ids.carol}`, whispered);
	await server.expect(204, 'POST', `/api/v1/whispers?from_user_id=${ids.carol}&to_user_id=${ids.modesta}`, whispered);
	const answer = await from.hears(/WHISPER modesta :x+$/);
	assert.equal(text(answer).length, 900, 'an answer may be long');
	await Promise.all([native, other].map((one) => one.close()));
	bye(from, tcp, ws);
});

test('a colour is chosen from anywhere and shown in every room at once', async () => {
	// Not the moderator nor carol: both have asked as much by now as somebody may outside of a channel.
	const [guest, watcher] = await Promise.all([Irc.enter(server, bob), Irc.enter(server, null)]);
	guest.send('PRIVMSG #tmijs :/color HotPink');
	await guest.hears(/msg-id=color_changed/);
	// Their own client draws the line from this.
	assert.equal(tags(await guest.say('maya', 'in pink')).color, '#FF69B4');
	assert.equal(tags(await watcher.hears(/in pink/)).color, '#FF69B4');
	guest.send('PRIVMSG #tmijs :/color mud');
	await guest.hears(/msg-id=usage_color/);
	bye(guest, watcher);
});

test('somebody banned asks to be let in again, and a moderator decides', async () => {
	const requests = `${chat}/unban-requests`;
	const body = { text: 'I was rude, sorry' };
	await server.expect(409, 'POST', requests, { token: carol.token, body });
	const ban = { data: { user_id: ids.carol, reason: 'rude' } };
	await server.expect(200, 'POST', `${chat}/bans`, { token: moda.token, body: ban });
	const [native, mod] = await Promise.all([Chatter.open(server, 'maya', carol), Chatter.open(server, 'maya', moda)]);
	assert.deepEqual([native.hi.you.timeout_ms, native.hi.you.ban.reason], [0, 'rude']);
	await server.expect(204, 'POST', requests, { token: carol.token, body });
	await mod.hears((event) => event[0] === 'l' && event[1].action === 'create_unban_request');
	await server.expect(409, 'POST', requests, { token: carol.token, body });
	const mine = await server.expect(200, 'GET', requests, { token: carol.token });
	assert.deepEqual(
		mine.data.map((one) => [one.user_login, one.status, one.text]),
		[['carol', 'pending', body.text]]
	);
	assert.deepEqual((await server.expect(200, 'GET', requests, { token: bob.token })).data, []);
	const approve = `${requests}?unban_request_id=${mine.data[0].id}&status=approved&resolution_text=welcome+back`;
	await server.expect(403, 'PATCH', approve, { token: bob.token });
	await server.expect(200, 'PATCH', approve, { token: moda.token });
	const [, , words] = await native.hears((event) => event[0] === 'n' && event[1] === 'unban_request_approved');
	assert.match(words, /welcome back/);
	const approved = await server.expect(200, 'GET', `${requests}?status=approved`, { token: moda.token });
	assert.deepEqual(
		approved.data.map((one) => [one.user_login, one.moderator_login]),
		[['carol', 'modesta']]
	);
	assert.equal((await native.speak('thank you'))[0], 'ok');
	await Promise.all([native, mod].map((one) => one.close()));
});

test('asked to reconnect, every client is told in its language', async () => {
	const plain = await Irc.enter(server, null, { caps: '', rooms: [] });
	assert.equal((await server.command('chat', 'reconnect', '--over', '1s')).code, 0);
	assert.equal(await plain.hears(/RECONNECT/), ':tmi.twitch.tv RECONNECT');
	bye(plain);
});
