// The chat pane under a finger, on screens as small as they come: what can be done with a message shows by a tap, and what
// the composer opens leaves its field in sight.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch } from './browser.mjs';
import { closeAll, Server } from './harness.mjs';
import { enter, field, row, say, visible } from './pane.mjs';

const PHONE = { width: 390, height: 844, hasTouch: true, isMobile: true };

let server, browser;

before(async () => {
	server = await Server.start();
	browser = await launch();
	await server.creator('maya');
	await server.creator('kees');
});

after(() => closeAll(server, browser));

describe('a tap on a message', () => {
	for (const path of ['/maya', '/popout/maya/chat', '/maya/mod'])
		test(`shows what can be done with it, and one elsewhere hides it, at ${path}`, async () => {
			const { page, context, complaints } = await enter(browser, server, 'maya', path, PHONE);
			if (path.endsWith('/mod')) await page.getByRole('tab', { name: 'Chat' }).first().tap();
			await field(page).waitFor();
			await say(page, `one at ${path}`);
			await say(page, `two at ${path}`);
			await visible(row(page, `two at ${path}`));
			const tools = (text) => row(page, text).locator('.tools button');
			await row(page, `one at ${path}`).tap();
			await visible(tools(`one at ${path}`));
			// They come up under the finger, and are not meant by it.
			assert.equal(await page.getByText('Replying to').count(), 0);
			await row(page, `two at ${path}`).tap();
			await visible(tools(`two at ${path}`));
			assert.equal(await tools(`one at ${path}`).count(), 0);
			await page.getByRole('button', { name: 'Reply to maya' }).tap();
			await visible(page.getByText('Replying to maya'));
			await field(page).tap();
			await page.locator('.tools').waitFor({ state: 'detached' });
			assert.deepEqual(complaints, []);
			await context.close();
		});

	test('is not a drag', async () => {
		const { page, context } = await enter(browser, server, 'maya', '/popout/maya/chat', PHONE);
		const { x, y } = await row(page, 'one at /maya').first().boundingBox();
		await page.evaluate(() => {
			const look = () => (window.__tools ||= document.querySelector('.tools') !== null);
			new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
		});
		const touch = await context.newCDPSession(page);
		const finger = (type, by) =>
			touch.send('Input.dispatchTouchEvent', {
				type,
				touchPoints: type === 'touchEnd' ? [] : [{ x: x + 20, y: y + 8 + by }]
			});
		await finger('touchStart', 0);
		for (const by of [10, 20, 40, 80]) await finger('touchMove', by);
		await finger('touchEnd');
		// Whatever the drag did, it did before this tap.
		await field(page).tap();
		await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA');
		assert.notEqual(await page.evaluate(() => window.__tools), true);
		await context.close();
	});
});

test('a moderator whose chat is behind another tab is told of it aloud', async () => {
	const { page, context } = await enter(browser, server, 'maya', '/maya/mod', PHONE);
	await page.getByRole('tab', { name: 'Modes' }).first().tap();
	await page.getByRole('log').waitFor({ state: 'hidden' });
	const kees = await enter(browser, server, 'kees', '/popout/maya/chat', PHONE);
	await say(kees.page, '@maya can you hear me');
	await page.waitForFunction(() =>
		[...document.querySelectorAll('[aria-live=polite]')].some(
			(told) => told.checkVisibility() && told.textContent.includes('can you hear me')
		)
	);
	await kees.context.close();
	await context.close();
});

test('two fingers that look closer leave chat as high as it was', async () => {
	const { page, context } = await enter(browser, server, 'maya', '/maya', PHONE);
	const height = () => page.locator('.column > .pane').evaluate((pane) => pane.clientHeight);
	const before = await height();
	const looked = page.evaluate(() => new Promise((done) => visualViewport.addEventListener('resize', done)));
	const fingers = await context.newCDPSession(page);
	await fingers.send('Emulation.setPageScaleFactor', { pageScaleFactor: 2 });
	await looked;
	assert.equal(await page.evaluate(() => visualViewport.scale), 2);
	assert.equal(await height(), before);
	await context.close();
});

describe('what the composer opens leaves the field in sight', () => {
	for (const [width, height] of [
		[360, 640],
		[320, 568],
		[390, 500]
	])
		for (const path of ['/maya', '/popout/maya/chat', '/embed/maya/chat'])
			test(`on ${width}×${height} at ${path}`, async () => {
				const { page, context } = await enter(browser, server, 'kees', path, { ...PHONE, width, height });
				const send = page.getByRole('button', { name: 'Send' });
				const inSight = async () => {
					for (const part of [field(page), send]) {
						const box = await part.boundingBox();
						assert.ok(box.y > 0 && box.y + box.height <= height, JSON.stringify(box));
					}
				};
				await page.getByRole('button', { name: 'Emotes' }).tap();
				await visible(page.getByRole('button', { name: 'footWave' }));
				await inSight();
				await page.getByRole('button', { name: 'footWave' }).tap();
				assert.equal(await field(page).inputValue(), 'footWave ');
				await page.getByRole('button', { name: 'Emotes' }).tap();
				await field(page).fill('/');
				await visible(page.getByRole('option').first());
				await inSight();
				await field(page).fill('');
				await context.close();
			});
});
