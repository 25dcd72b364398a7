// The chat pane where something is late or missing: answers that come out of order, and pages that are left meanwhile.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open } from './browser.mjs';
import { closeAll, Server } from './harness.mjs';
import { enter, field, row, say, visible } from './pane.mjs';

let server, browser;

const person = (name, path, options) => enter(browser, server, name, path, options);

before(async () => {
	server = await Server.start();
	browser = await launch();
	await server.creator('maya');
	await server.creator('kees');
});

after(() => closeAll(server, browser));

/** Keeps the answers to `pattern` back; the answer lets them through. */
async function keepBack(page, pattern) {
	let letThrough;
	const gate = new Promise((resolve) => (letThrough = resolve));
	await page.route(pattern, async (route) => {
		await gate;
		await route.continue().catch(() => undefined);
	});
	return letThrough;
}

const focused = (element) => element === document.activeElement;

/** Waits until the room has told the page who it is. */
const greeted = (page) => page.getByPlaceholder('Say something as').waitFor();

test('a page that learns late who is signed in keeps the chat that knew it', async () => {
	const { page, context, complaints } = await person('kees', '/popout/maya/chat', { width: 380, height: 700 });
	await field(page).waitFor();
	await say(page, 'said before the reload');
	await visible(row(page, 'said before the reload'));
	const letThrough = await keepBack(page, '**/api/v1/me');
	await page.reload();
	await visible(row(page, 'said before the reload'));
	const answered = page.waitForResponse('**/api/v1/me');
	letThrough();
	await answered;
	await field(page).waitFor();
	await say(page, 'said after it');
	await visible(row(page, 'said after it'));
	assert.equal(await row(page, 'said before the reload').count(), 1);
	assert.deepEqual(complaints, []);
	await context.close();
});

test('a channel that is left before it answered is not followed', async () => {
	const { page, context, complaints } = await open(browser, { width: 1440, height: 900 });
	const followed = [];
	page.on('request', (request) => request.url().endsWith('/events') && followed.push(request.url()));
	const letThrough = await keepBack(page, '**/api/v1/channels/maya');
	const asked = page.waitForRequest('**/api/v1/channels/maya');
	await page.goto(`${server.url}/maya`);
	const ended = (await asked).response().catch(() => null);
	await page.getByRole('banner').getByRole('link', { name: 'Footlight' }).click();
	await page.waitForURL(`${server.url}/`);
	await page.getByRole('log').waitFor({ state: 'detached' });
	letThrough();
	await ended;
	// Whatever the page did with that answer, it did before this one.
	await page.evaluate(() => fetch('/api/v1/time').then((answer) => answer.text()));
	assert.deepEqual(followed, []);
	assert.deepEqual(complaints, []);
	await context.close();
});

test('a text that is on its way when the pane is closed is there when it is opened again', async () => {
	const { page, context } = await person('kees', '/maya');
	await greeted(page);
	process.kill(server.pid, 'SIGSTOP');
	try {
		await say(page, 'on its way');
		assert.equal(await field(page).inputValue(), '');
		const button = (name) => page.getByRole('button', { name });
		await button('Hide chat').press('Enter');
		await field(page).waitFor({ state: 'detached' });
		assert.ok(await button('Show chat').evaluate(focused), 'the focus goes to what shows it again');
		await button('Show chat').press('Enter');
		assert.equal(await field(page).inputValue(), 'on its way');
		assert.ok(await button('Hide chat').evaluate(focused), 'and back');
	} finally {
		process.kill(server.pid, 'SIGCONT');
	}
	await context.close();
});

test('the list stands still while the keyboard is in it, and has one stop for Tab', async () => {
	const { page, context, complaints } = await person('maya', '/popout/maya/chat', { width: 380, height: 700 });
	await greeted(page);
	await say(page, 'one @kees');
	await say(page, 'two https://example.org/');
	await row(page, 'two').hover();
	await page.getByRole('button', { name: 'Reply to maya' }).click();
	await say(page, 'of two');
	await visible(row(page, 'of two').getByRole('link'));
	const stops = () => page.locator('[role=log] :is(button, a):not([tabindex="-1"])');
	const at = (text) =>
		page.waitForFunction((text) => document.activeElement?.closest('.row')?.textContent.includes(text), text);
	await page.mouse.move(0, 0);
	assert.equal(await stops().count(), 0);
	await page.getByRole('log').focus();
	await page.keyboard.press('ArrowUp');
	await at('of two');
	await page.keyboard.press('ArrowUp');
	await at('two');
	await visible(row(page, 'two').first().locator('.tools'));
	const kees = await person('kees', '/popout/maya/chat', { width: 380, height: 700 });
	await greeted(kees.page);
	await say(kees.page, 'three');
	await visible(page.getByRole('button', { name: '1 new message' }));
	await page.keyboard.press('Tab');
	await page.keyboard.press('ArrowUp');
	await at('one');
	assert.equal(await row(page, 'three').count(), 0);
	await row(page, 'one').hover();
	await page.mouse.move(0, 0);
	await visible(row(page, 'one').locator('.tools'));
	await page.keyboard.press('End');
	await at('three');
	await page.keyboard.press('Escape');
	await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA');
	// A room that is cleared under the keyboard leaves it in the list.
	await page.getByRole('log').focus();
	await page.keyboard.press('ArrowUp');
	await at('three');
	await page.evaluate(() => fetch('/api/v1/channels/maya/chat/messages', { method: 'DELETE' }));
	await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'log');
	assert.deepEqual(complaints, []);
	await kees.context.close();
	await context.close();
});

test('the wheel moves the list over the pill too, and the pill can be reached from a row', async () => {
	const { page, context, complaints } = await person('maya', '/popout/maya/chat', { width: 380, height: 300 });
	await greeted(page);
	for (const text of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l']) await say(page, `filler ${text}`);
	await visible(row(page, 'filler l'));
	const log = page.getByRole('log');
	await log.hover();
	await page.mouse.wheel(0, -1000);
	const pill = page.getByRole('button', { name: 'Go to the newest' });
	await pill.hover();
	const above = await log.evaluate((list) => list.scrollTop);
	await page.mouse.wheel(0, 40);
	await page.waitForFunction((above) => document.querySelector('[role=log]').scrollTop > above, above);
	await pill.click();
	await pill.waitFor({ state: 'detached' });
	assert.ok(await log.evaluate(focused), 'the focus stays in the list');
	await page.mouse.move(0, 0);
	await page.keyboard.press('ArrowUp');
	await page.evaluate(() =>
		fetch('/api/v1/channels/maya/chat/messages', {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ message: 'from elsewhere' })
		})
	);
	const fresh = page.getByRole('button', { name: '1 new message' });
	await fresh.waitFor();
	for (let stops = 0; stops < 9 && !(await fresh.evaluate(focused)); stops += 1) await page.keyboard.press('Tab');
	await page.keyboard.press('Enter');
	await visible(row(page, 'from elsewhere'));
	assert.ok(await log.evaluate(focused));
	assert.deepEqual(complaints, []);
	await context.close();
});

test('a refusal is told once: the seconds that are counted beside it are not part of it', async () => {
	const { page, context } = await person('kees', '/popout/maya/chat', { width: 380, height: 700 });
	await greeted(page);
	const maya = await person('maya', '/popout/maya/chat', { width: 380, height: 700 });
	await greeted(maya.page);
	await say(page, 'the first');
	await visible(row(page, 'the first'));
	await say(maya.page, '/slow 60');
	await visible(page.getByText('Slow 1 min'));
	await say(page, 'the second');
	await visible(page.getByRole('alert'));
	await visible(page.locator('.note .numbers'));
	assert.equal(await page.locator('.composer .numbers').count(), 1);
	assert.equal(await page.locator('[role=alert] .numbers, [role=status] .numbers').count(), 0);
	await say(maya.page, '/slowoff');
	await maya.context.close();
	await context.close();
});

test('chat that could not be started says so, and starts when it is asked to', async () => {
	const { page, context } = await open(browser, { width: 380, height: 700 });
	const script = /worker.*\.js/;
	await page.route(script, (route) => route.abort());
	await page.goto(`${server.url}/popout/maya/chat`);
	await visible(page.getByRole('status').getByText('Chat could not be started.'));
	await page.unroute(script);
	await page.getByRole('button', { name: 'Try now' }).click();
	// Gone once the room has greeted.
	await page.locator('.line [role=status]').waitFor({ state: 'detached' });
	await context.close();
});
