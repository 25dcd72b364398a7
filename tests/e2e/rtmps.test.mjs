// Publishing over TLS with a certificate from the configuration.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fatal, HEARD, launch, loudness, open, plays, playsByItself, playsEachRung } from './browser.mjs';
import { certificate, closeAll, publish, Server, temporaryFolder, until } from './harness.mjs';

let server, browser;

before(async () => {
	const data = temporaryFolder();
	const { cert, key } = await certificate(data);
	const config = `[rtmps]\nlisten = "127.0.0.1:0"\ncert = "${cert}"\nkey = "${key}"\n`;
	server = await Server.start({ data, config });
	browser = await launch();
});

after(() => closeAll(server, browser));

test('a viewer of what came over RTMPS has every rung, ABR and sound', async () => {
	assert.ok(server.rtmps, 'ports.json names the RTMPS listener');
	const ada = await server.creator('ada');
	publish(`rtmps://${server.rtmps}/live/${ada.key}`);
	// The source, two rungs and the sound alone.
	await server.live('ada', 4);
	const { page, context, complaints } = await open(browser);
	await page.goto(`${server.url}/ada`);
	await plays(page);
	await playsByItself(page);
	await playsEachRung(page, [160, 480, 720]);
	await until('the tone is heard', async () => (await loudness(page)) > HEARD);
	assert.deepEqual(await fatal(page), []);
	assert.deepEqual(complaints, []);
	await context.close();
});

test('the API names the TLS door beside the plain one', async () => {
	const site = await server.expect(200, 'GET', '/api/v1/site');
	assert.match(site.rtmp, /^rtmp:\/\//);
	assert.match(site.rtmps, /^rtmps:\/\//);
});
