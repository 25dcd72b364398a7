// Somebody else's player: hls.js as it comes from npm, default settings, on another origin.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, loadId, open, plays } from './browser.mjs';
import { closeAll, publish, Server, until } from './harness.mjs';
import { stockSite } from './stock-site.mjs';

let server, browser, site, ada;

before(async () => {
	site = await stockSite();
	server = await Server.start();
	browser = await launch();
	ada = await server.creator('ada');
});

after(async () => {
	await closeAll(server, browser);
	site?.close();
});

test('stock hls.js plays, and survives an encoder that is gone for five seconds', async () => {
	const first = publish(ada.ingest);
	await server.live('ada', 3);
	const { page, context } = await open(browser);
	await page.goto(`${site.url}?src=${encodeURIComponent(server.playlist('ada'))}`);
	await plays(page, { seconds: 3 });
	const load = await loadId(page);
	await first.stop('SIGKILL');
	const killed = Date.now();
	await until('the outage is over', () => Date.now() - killed >= 5_000);
	publish(ada.ingest);
	await server.live('ada');
	await plays(page, { seconds: 3, ms: 15_000 });
	assert.equal(await loadId(page), load);
	assert.deepEqual(await page.evaluate(() => window.errors.filter((error) => error.fatal)), []);
	await context.close();
});
