// The player when its viewer does something, or something does not come: what is said, what is heard, where the focus is.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open, plays } from './browser.mjs';
import { publish, Server, stopAll } from './harness.mjs';

let server, browser, ada;

before(async () => {
	server = await Server.start({ config: 'ladder = ["240p 300kbps"]\n' });
	browser = await launch();
	ada = await server.creator('ada');
	publish(ada.ingest, { size: '640x360', bitrate: '600k' });
	await server.live('ada', 3);
});

after(async () => {
	await browser?.close();
	await stopAll();
	await server?.dispose();
});

test('a player that cannot be fetched is told of, and another try may get it', async () => {
	const { page, context, complaints } = await open(browser);
	// Scripts have no names of their own: hls.js is the one with its events in it.
	const withoutPlayer = async (route) => {
		const response = await route.fetch();
		return (await response.text()).includes('hlsManifestParsed') ? route.abort() : route.fulfill({ response });
	};
	await page.route('**/_app/immutable/**/*.js', withoutPlayer);
	await page.goto(`${server.url}/ada`);
	await page.getByRole('alert').filter({ hasText: 'The player did not load.' }).waitFor();
	await page.unroute('**/_app/immutable/**/*.js', withoutPlayer);
	await page.getByRole('button', { name: 'Try again' }).click();
	await plays(page);
	// What the browser itself says of the missing script is no fault of the page.
	assert.deepEqual(
		complaints.filter((one) => !one.startsWith('Failed to load resource')),
		[]
	);
	await context.close();
});
