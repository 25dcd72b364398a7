// tmi.js, the client that most Twitch bots are made of, against our server: both ways, moderation, reconnecting.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import tmi from 'tmi.js';
import { closeAll, Server, until } from './harness.mjs';

let server, maya, mod, bob;
const clients = [];

before(async () => {
	server = await Server.start();
	[maya, mod, bob] = await Promise.all(['maya', 'modesta', 'bobby'].map((name) => server.creator(name)));
});

after(async () => {
	// A client that a failed test left behind would try for ever, and this process never end.
	for (const one of clients) one.reconnect = false;
	await closeAll(server);
});

/** A client in maya's room; `who` is an account, or nobody. Everything that it says is kept in `heard`. */
async function client(who, { transport = 'ws', channels = ['#maya'] } = {}) {
	assert.equal(transport, 'ws', 'tmi.js speaks WebSocket only');
	const [host, port] = server.http.split(':');
	const identity = who && { username: who.name, password: `oauth:${who.token}` };
	const made = new tmi.Client({
		options: { skipUpdatingEmotesets: true, skipMembership: false },
		connection: { server: host, port: Number(port), secure: false, reconnect: true },
		...(identity && { identity }),
		channels
	});
	clients.push(made);
	made.heard = [];
	made.on('message', (channel, tags, text, self) => made.heard.push({ channel, tags, text, self }));
	made.on('notice', (channel, id, text) => made.heard.push({ channel, notice: id, text }));
	await made.connect();
	await until(`${who?.name ?? 'somebody'} is in the room`, () =>
		channels.every((channel) => made.getChannels().includes(channel))
	);
	return made;
}

const heard = (client, what) =>
	until('it is heard', () => client.heard.find(what)).catch((fault) => {
		throw new Error(`${fault.message}; heard: ${JSON.stringify(client.heard.map((m) => m.notice ?? m.text))}`);
	});

test('what one says the other hears, with the tags that clients need', async () => {
	const [owner, guest, nobody] = await Promise.all([client(maya), client(bob), client(null)]);
	await guest.say('#maya', 'hello from bobby');
	for (const listener of [owner, nobody]) {
		const message = await heard(listener, (m) => m.text === 'hello from bobby');
		assert.equal(message.tags.username, 'bobby');
		assert.equal(message.tags['message-type'], 'chat');
		for (const tag of ['id', 'user-id', 'room-id', 'tmi-sent-ts', 'display-name']) assert.ok(message.tags[tag], tag);
		assert.equal(message.self, false);
	}
	await owner.action('#maya', 'waves');
	const action = await heard(guest, (m) => m.text === 'waves');
	assert.equal(action.tags['message-type'], 'action');
	assert.equal(action.tags.badges?.broadcaster, '1');
	assert.equal(nobody.getUsername().startsWith('justinfan'), true);
	await Promise.all([owner, guest, nobody].map((one) => one.disconnect()));
});

test('a broadcaster moderates, and everybody sees it', async () => {
	const [owner, guest, watcher] = await Promise.all([client(maya), client(bob), client(null)]);
	// A viewer may write once a second, and wrote just now.
	await new Promise((go) => setTimeout(go, 1100));
	await guest.say('#maya', 'delete me please');
	const { tags } = await heard(watcher, (m) => m.text === 'delete me please');
	const deleted = once(watcher, 'messagedeleted');
	await owner.deletemessage('#maya', tags.id);
	assert.equal((await deleted)[3]['target-msg-id'], tags.id);

	const timedOut = once(watcher, 'timeout');
	await owner.timeout('#maya', 'bobby', 60, 'a test');
	const [, login, , seconds] = await timedOut;
	assert.deepEqual([login, seconds], ['bobby', 60]);
	await guest.say('#maya', 'may I?').catch(() => {});
	const refused = await heard(guest, (m) => m.notice === 'msg_timedout');
	assert.match(refused.text, /You are timed out for \d+ more seconds\./);
	await owner.untimeout?.('#maya', 'bobby').catch(() => {});
	await owner.unban('#maya', 'bobby').catch(() => {});

	const banned = once(watcher, 'ban');
	await owner.ban('#maya', 'bobby', 'a test');
	assert.equal((await banned)[1], 'bobby');
	await owner.unban('#maya', 'bobby');

	const slow = once(watcher, 'slowmode');
	await owner.slow('#maya', 30);
	assert.deepEqual((await slow).slice(1), [true, 30]);
	await owner.slowoff('#maya');
	const emoteOnly = once(watcher, 'emoteonly');
	await owner.emoteonly('#maya');
	assert.equal((await emoteOnly)[1], true);
	await owner.emoteonlyoff('#maya');

	await owner.mod('#maya', 'modesta');
	assert.deepEqual(await owner.mods('#maya'), ['modesta']);
	const helper = await client(mod);
	const cleared = once(watcher, 'clearchat');
	await helper.clear('#maya');
	await cleared;
	await owner.unmod('#maya', 'modesta');
	await Promise.all([owner, guest, watcher, helper].map((one) => one.disconnect()));
});

test('a wrong token is refused in the words that clients look for', async () => {
	const [host, port] = server.http.split(':');
	const wrong = new tmi.Client({
		connection: { server: host, port: Number(port), secure: false, reconnect: false },
		identity: { username: 'bobby', password: 'oauth:nonsense' }
	});
	await assert.rejects(wrong.connect(), (reason) => /Login authentication failed/.test(String(reason)));
});

test('asked to reconnect, a client comes back by itself and goes on', async () => {
	const guest = await client(bob);
	const back = once(guest, 'connected');
	const asked = await server.command('chat', 'reconnect', '--over', '1s');
	assert.equal(asked.code, 0, asked.log);
	await back;
	await until('bobby is in the room again', () => guest.getChannels().includes('#maya'), { ms: 30_000 });
	const watcher = await client(null);
	// A text of words: AutoMod takes one with a number as long as a time for spam, now and then.
	await until(
		'bobby is heard again',
		async () => {
			await guest.say('#maya', 'I am back again').catch(() => {});
			return watcher.heard.some((m) => m.text === 'I am back again');
		},
		{ ms: 20_000, every: 1500 }
	);
	await Promise.all([guest, watcher].map((one) => one.disconnect()));
});
