// The player when its viewer does something, or something does not come: what is said, what is heard, where the focus is.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { HEARD, launch, loudness, open, plays } from './browser.mjs';
import { closeAll, PASSWORD, publish, RESULTS, Server, until } from './harness.mjs';

let server, browser, ada;

before(async () => {
	server = await Server.start({ config: 'ladder = ["240p 300kbps"]\n' });
	browser = await launch();
	ada = await server.creator('ada');
	publish(ada.ingest, { size: '640x360', bitrate: '600k' });
	await server.live('ada', 3);
});

after(() => closeAll(server, browser));

/** What is heard of the page's video. */
const sound = (page) =>
	page.evaluate(() => {
		const { muted, volume } = document.querySelector('video');
		return { muted, volume };
	});

/** Answers as the server does again. What is on its way still is answered by the test. */
const letThrough = (page) => page.unrouteAll({ behavior: 'wait' });

const focused = (element) => element === document.activeElement;

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
	await letThrough(page);
	await page.getByRole('button', { name: 'Try again' }).click();
	await plays(page);
	// What the browser itself says of the missing script is no fault of the page.
	assert.deepEqual(
		complaints.filter((one) => !one.startsWith('Failed to load resource')),
		[]
	);
	await context.close();
});

test('a picture without its controls says so, and another try may get them', async () => {
	const { page, context } = await open(browser);
	const withoutControls = async (route) => {
		const response = await route.fetch();
		// They alone have shadow trees.
		return (await response.text()).includes('attachShadow') ? route.abort() : route.fulfill({ response });
	};
	await page.route('**/_app/immutable/**/*.js', withoutControls);
	await page.goto(`${server.url}/ada`);
	await plays(page);
	await page.getByRole('alert').filter({ hasText: 'controls did not load' }).waitFor();
	await page.screenshot({ path: path.join(RESULTS, 'player-without-controls.png') });
	await letThrough(page);
	await page.getByRole('button', { name: 'Try again' }).press('Enter');
	await page.getByRole('alert').waitFor({ state: 'detached' });
	assert.ok(await page.locator('media-play-button').evaluate(focused));
	await plays(page);
	await context.close();
});

test('letters mean nothing to who turned them off, on every page', async () => {
	const { page, context } = await open(browser);
	await page.goto(`${server.url}/ada`);
	await plays(page);
	const gear = page.getByRole('button', { name: 'Quality and settings' });
	await gear.press('Enter');
	await page.getByRole('checkbox', { name: 'Single-letter shortcuts' }).uncheck();
	await page.keyboard.press('Escape');
	await page.keyboard.press('m');
	await page.keyboard.press('?');
	await page.keyboard.press('/');
	assert.ok(await gear.evaluate(focused), 'the focus stays where it was');
	assert.equal((await sound(page)).muted, false);
	assert.equal(await page.getByRole('dialog').count(), 0);
	await gear.press('Enter');
	await page.getByRole('button', { name: 'Keyboard shortcuts' }).press('Enter');
	const keys = page.getByRole('dialog').locator('kbd');
	assert.deepEqual(await keys.allInnerTexts(), ['Space', '↑', '↓', '←', '→', 'Double click', 'Esc']);
	await page.goto(server.url);
	await page.getByRole('combobox').waitFor();
	await page.keyboard.press('/');
	assert.equal(await page.getByRole('combobox').evaluate(focused), false);
	await context.close();
});

test('keys for the volume say what is heard', async () => {
	const { page, context } = await open(browser);
	await page.goto(`${server.url}/ada`);
	await plays(page);
	const said = (words) => page.getByRole('status').filter({ hasText: words }).waitFor();
	await page.locator('video').click();

	await page.keyboard.press('m');
	await said('Muted');
	await page.keyboard.press('ArrowDown');
	await said('Volume 95 %');
	assert.deepEqual(await sound(page), { muted: true, volume: 0.95 }, 'softer is not on');
	await page.keyboard.press('ArrowUp');
	await said('Volume 100 %');
	assert.deepEqual(await sound(page), { muted: false, volume: 1 }, 'louder is');

	await page.evaluate(() => (document.querySelector('video').volume = 0));
	await page.keyboard.press('m');
	await said('Muted');
	await page.keyboard.press('m');
	await said('Sound on');
	assert.deepEqual(await sound(page), { muted: false, volume: 0.25 });
	await context.close();
});

test('where the browser refuses sound the picture begins without it, and one press brings it as loud as it was', async (t) => {
	const refusing = await launch({ autoplay: false });
	t.after(() => refusing.close());
	const { page } = await open(refusing);
	const remembered = () => page.evaluate(() => JSON.parse(localStorage.getItem('footlight.volume')));
	await page.addInitScript(() => localStorage.setItem('footlight.volume', '{"level":0.4,"muted":false}'));
	// What a test asks of a page counts as its user's doing: nothing may be asked before the player has begun.
	const begun = page.waitForResponse((one) => one.url().includes('/live/') && !one.url().includes('.m3u8'));
	await page.goto(`${server.url}/ada`);
	await begun;
	await plays(page);
	assert.deepEqual(await sound(page), { muted: true, volume: 0.4 });
	assert.deepEqual(await remembered(), { level: 0.4, muted: false }, 'what the browser did is nobody’s wish');
	const press = page.getByRole('button', { name: 'Turn on sound' });
	await press.click();
	await press.waitFor({ state: 'detached' });
	assert.ok(await page.locator('media-play-button').evaluate(focused), 'the focus stays in the player');
	assert.deepEqual(await sound(page), { muted: false, volume: 0.4 });
	await until('it is heard', async () => (await loudness(page)) > HEARD);
});

test('the large picture of the front page plays on when the list is asked for again', async () => {
	const { page, context, complaints } = await open(browser, { still: false });
	const list = () => page.waitForResponse((one) => new URL(one.url()).pathname === '/api/v1/streams');
	await page.goto(server.url);
	await plays(page);
	await page.evaluate(() => {
		window.__emptied = 0;
		document.querySelector('video').addEventListener('emptied', () => (window.__emptied += 1));
	});
	await (await list()).finished();
	await plays(page);
	assert.equal(await page.evaluate(() => window.__emptied), 0, 'the player was built once');
	assert.deepEqual(complaints, []);
	await context.close();
});

test('the large picture of the front page is stopped by a press, and stays so', async () => {
	const { page, context } = await open(browser, { still: false });
	await page.goto(server.url);
	await plays(page);
	await page.getByRole('button', { name: 'Stop the picture' }).press('Enter');
	await page.locator('video').waitFor({ state: 'detached' });
	await page.reload();
	const play = page.getByRole('button', { name: 'Play the picture' });
	await play.waitFor();
	assert.equal(await page.locator('video').count(), 0);
	await play.press('Enter');
	await plays(page);
	await context.close();
});

test('what lies over the picture closes as it says, and leaves the focus in the player', async () => {
	const { page, context } = await open(browser);
	await page.goto(`${server.url}/ada`);
	await plays(page);
	const gear = page.getByRole('button', { name: 'Quality and settings' });
	const panel = page.getByRole('group', { name: 'Quality' });
	const choose = async (name) => {
		await gear.press('Enter');
		await page.getByRole('button', { name, exact: true }).press('Enter');
		await panel.waitFor({ state: 'detached' });
	};

	await gear.press('Enter');
	await panel.getByRole('radio', { checked: true }).waitFor();
	await page.getByRole('checkbox', { name: 'Single-letter shortcuts' }).press('Tab');
	await panel.waitFor({ state: 'detached' });

	await choose('Statistics');
	assert.ok(await gear.evaluate(focused), 'after Statistics');
	const statistics = page.getByRole('region', { name: 'Statistics' });
	await statistics.getByRole('button', { name: 'Close' }).press('Enter');
	await statistics.waitFor({ state: 'detached' });
	assert.ok(await gear.evaluate(focused), 'after the cross of Statistics');

	await choose('Keyboard shortcuts');
	await page.getByRole('dialog').getByRole('button', { name: 'Close' }).press('Enter');
	await page.getByRole('dialog').waitFor({ state: 'detached' });
	assert.ok(await gear.evaluate(focused), 'after the list of keys');
	await context.close();
});

test('a browser that says it is off line is believed while the player still plays', async () => {
	const { page, context } = await open(browser);
	await page.goto(`${server.url}/ada`);
	await plays(page);
	// The list of streams would speak against it: here it is slow.
	await page.route('**/api/v1/streams?*', () => undefined);
	await page.evaluate(() => {
		Object.defineProperty(navigator, 'onLine', { value: false });
		dispatchEvent(new Event('offline'));
		// Something of the player changes.
		document.querySelector('video').dispatchEvent(new Event('waiting'));
	});
	await page.getByRole('status').filter({ hasText: 'The connection is lost.' }).waitFor({ timeout: 6000 });
	await context.close();
});

test('Esc closes the settings of the creator’s preview', async () => {
	const { page, context } = await open(browser);
	await context.request.post(`${server.url}/api/v1/sessions`, { data: { name: 'ada', password: PASSWORD } });
	await page.goto(`${server.url}/creator`);
	await plays(page);
	await page.getByRole('button', { name: 'Quality and settings' }).press('Enter');
	const panel = page.getByRole('group', { name: 'Quality' });
	await panel.getByRole('radio', { checked: true }).press('Escape');
	await panel.waitFor({ state: 'detached' });
	await context.close();
});
