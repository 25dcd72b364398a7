// What is kept survives a kill, and what is live goes on while nothing can be kept. (The loss of every store altogether is
// tested where stores can be taken away: crates/video/tests/lost_stores.rs.)
import assert from 'node:assert/strict';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { freezes, launch, open, plays } from './browser.mjs';
import { closeAll, edge, PASSWORD, publish, Server, until } from './harness.mjs';

let server, browser;

before(async () => {
	// Accounts are made as fast as they can be.
	const config = '[accounts.sign_up_per_address]\nburst = 100000\nrefill = "1s"\n';
	server = await Server.start({ config });
	browser = await launch();
});

after(() => closeAll(server, browser));

test('what was acknowledged is there after kill -9 in the middle of writing', async () => {
	const kept = new Map();
	for (let round = 0; round < 3; round++) {
		let killed = false;
		const write = async (worker) => {
			for (let n = 0; !killed; n++) {
				const name = `kept_${round}_${worker}_${n}`;
				const account = { name, email: `${name}@example.org`, password: PASSWORD };
				try {
					const { token } = await server.expect(201, 'POST', '/api/v1/accounts', { body: account });
					kept.set(name, { token, title: '' });
					const title = `Title of ${name}`;
					await server.expect(200, 'PATCH', `/api/v1/channels/${name}`, { token, body: { title } });
					kept.set(name, { token, title });
				} catch (error) {
					if (!killed) throw error;
				}
			}
		};
		const workers = [0, 1, 2].map(write);
		const enough = kept.size + 10;
		await until('enough is written', () => kept.size >= enough, { ms: 60_000 });
		killed = true;
		await server.stop('SIGKILL');
		await Promise.all(workers);
		await server.up();
		for (const [name, { token, title }] of kept) {
			const { user, channel } = await server.expect(200, 'GET', '/api/v1/me', { token });
			assert.equal(user.name, name);
			// A change that was under way when the process died may have been kept or not.
			if (title) assert.equal(channel.title, title);
		}
	}
});

test('a live stream goes on while no store can be written', async () => {
	const ada = await server.creator('ada');
	publish(ada.ingest, { size: '640x360', bitrate: '800k' });
	await server.live('ada', 2);
	const { page, context, complaints } = await open(browser);
	await page.goto(`${server.url}/ada`);
	await plays(page, { seconds: 2 });
	const { source } = await server.renditions('ada');
	await freezes(page, { clear: true });

	// Somebody else holds the files and does not let go.
	const locks = ['footlight.db', 'chatlog.db'].map((name) => new DatabaseSync(path.join(server.data, name)));
	for (const lock of locks) lock.exec('BEGIN EXCLUSIVE');
	const before = await edge(source);
	const key = { token: ada.token, body: { label: 'not now' } };
	const refused = await server.expect(503, 'POST', '/api/v1/me/stream-keys', key);
	assert.equal(refused.code, 'unavailable');
	// Longer than a lease: 10 s.
	await plays(page, { seconds: 12, ms: 60_000 });
	const [longest = 0] = await freezes(page);
	assert.ok(longest < 1_000, `the live stream froze for ${longest} ms`);
	assert.ok((await edge(source)) > before);

	for (const lock of locks) lock.close();
	await server.expect(201, 'POST', '/api/v1/me/stream-keys', key);
	assert.deepEqual(complaints, []);
	await context.close();
});
