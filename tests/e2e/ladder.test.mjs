// A ladder that goes away while somebody watches one of its rungs, because a partner takes the only transcode slot, and
// comes back.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { launch, loadId, open, picture, plays } from './browser.mjs';
import { binary, closeAll, PASSWORD, publish, Server, settled, until } from './harness.mjs';

let server, browser;

before(async () => {
	// One rung, and small: this is about its coming and going, and two ladders are made at once for a moment.
	server = await Server.start({ config: 'ladder = ["240p 300kbps"]\n[transcode]\nslots = 1\n' });
	browser = await launch();
});

after(() => closeAll(server, browser));

/** An account that gets slots before everybody else; answers what its encoder is given. */
async function partner(name) {
	const account = ['user', 'create', name, '--email', `${name}@example.org`, '--partner', '--password-stdin'];
	execFileSync(binary(), ['--data', server.data, ...account], { input: `${PASSWORD}\n`, env: settled() });
	const { token } = await server.expect(201, 'POST', '/api/v1/sessions', { body: { name, password: PASSWORD } });
	const { key } = await server.expect(201, 'POST', '/api/v1/me/stream-keys', { token, body: { label: 'e2e' } });
	return `rtmp://${server.rtmp}/live/${key}`;
}

test('the menu follows the ladder, and a chosen rung is taken again when it is back', async () => {
	const ada = await server.creator('ada');
	const bob = await partner('bob');
	const small = { size: '640x360', bitrate: '600k' };
	publish(ada.ingest, small);
	await server.live('ada', 3);
	const { page, context } = await open(browser);
	await page.goto(`${server.url}/ada`);
	await plays(page);
	const load = await loadId(page);
	const menu = () => page.getByRole('radio').evaluateAll((all) => all.map((one) => one.value));
	const chosen = () => page.getByRole('radio', { checked: true }).inputValue();
	const height = (px) =>
		until(`${px}p is on the screen`, async () => (await picture(page))?.height === px, { ms: 30_000 });

	await page.getByRole('button', { name: 'Quality and settings' }).click();
	await page.getByRole('radio', { name: '240p', exact: true }).check();
	await height(240);
	assert.deepEqual(await menu(), ['auto', '360p', '240p', 'audio']);

	const rival = publish(bob, small);
	await until('the ladder is gone', async () => (await server.stream('ada')).renditions.join() === 'source,audio');
	await until('the menu has no dead rung', async () => (await menu()).join() === 'auto,360p,audio');
	assert.equal(await chosen(), 'auto');
	await page.getByText('Auto until 240p is back').waitFor();
	await height(360);
	await plays(page, { seconds: 2 });

	await rival.stop();
	await server.live('ada', 3, 60_000);
	await until('the menu has the rungs again', async () => (await menu()).length === 4, { ms: 30_000 });
	await until('the rung is chosen again', async () => (await chosen()) === '240p', { ms: 30_000 });
	await height(240);
	await plays(page, { seconds: 2 });
	assert.equal(await loadId(page), load, 'no reload');
	await context.close();
});
