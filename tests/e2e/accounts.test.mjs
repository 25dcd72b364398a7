// A creator: an account, a key and the way on air, all by the pages; and nothing of it is lost by a restart.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open, plays } from './browser.mjs';
import { closeAll, PASSWORD, publish, Server, until } from './harness.mjs';

let server, browser;

before(async () => {
	server = await Server.start();
	browser = await launch();
	// Of several tests: one address makes no more than ten accounts in a while.
	await server.creator('alan');
});

after(() => closeAll(server, browser));

async function fill(page, fields) {
	for (const [label, text] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).first().fill(text);
}

test('somebody signs up, makes a key, goes live with it and sees that all is well', async () => {
	const { page, context, complaints } = await open(browser);
	await page.goto(`${server.url}/signup`);
	await fill(page, { Name: 'grace', 'E-mail': 'grace@example.org', Password: PASSWORD });
	await page.getByRole('button', { name: 'Make the account' }).click();
	await until('the account is there', async () => (await server.ask('GET', '/api/v1/channels/grace')).status === 200);
	await page.waitForURL((url) => !url.pathname.startsWith('/signup'));
	await page.goto(`${server.url}/creator`);
	await fill(page, { 'What is it for': 'OBS at home' });
	await page.getByRole('button', { name: 'Make a key' }).click();
	await page.getByText('OBS at home').first().waitFor();
	await page.getByRole('button', { name: 'Show key' }).first().click();
	// The key is shown once; whatever the page calls the field, it is the only text that the ingest endpoint knows.
	const shown = await page.evaluate(() => {
		const fields = [...document.querySelectorAll('input')].map((input) => input.value);
		return [...fields, ...document.body.innerText.split(/\s+/)].filter((word) => word.length >= 16);
	});
	const key = await firstKnownKey(shown);
	assert.ok(key, `no stream key on the page among ${shown.length} words`);
	const encoder = publish(`rtmp://${server.rtmp}/live/${key}`, { size: '640x360', bitrate: '800k' });
	await server.live('grace');
	await page.getByText(/^Good/).first().waitFor({ timeout: 20_000 });
	await page.goto(`${server.url}/grace`);
	await plays(page);
	assert.deepEqual(complaints, []);
	await context.close();
	await encoder.stop();
});

async function firstKnownKey(words) {
	for (const stream_key of words) {
		const body = { stream_key, codec: 'h264', bitrate: 800_000 };
		if ((await server.ask('POST', '/api/v1/streams/ingest', { body })).status === 200) return stream_key;
	}
	return null;
}

test('signing out and in again by the pages', async () => {
	const { page, context, complaints } = await open(browser);
	await page.goto(`${server.url}/signin`);
	await fill(page, { 'Name or e-mail': 'alan', Password: 'not the password' });
	await page.getByRole('button', { name: 'Sign in' }).last().click();
	await page.getByText('do not belong together').waitFor();
	// The refusal is a 401 that Chromium prints; everything after it must be clean.
	complaints.length = 0;
	await fill(page, { 'Name or e-mail': 'alan', Password: PASSWORD });
	await page.getByRole('button', { name: 'Sign in' }).last().click();
	await page.waitForURL((url) => !url.pathname.startsWith('/signin'));
	const who = await page.evaluate(async () => (await fetch('/api/v1/me')).json());
	assert.equal(who.user.name, 'alan');
	const cookies = await context.cookies();
	const session = cookies.find((cookie) => cookie.name === 'footlight_session');
	assert.ok(session?.httpOnly, 'the session is out of scripts’ reach');
	assert.equal(session.sameSite, 'Lax');
	assert.deepEqual(complaints, []);
	await context.close();
});

test('whoever could not be signed out is told so, and still is who they were', async () => {
	const { page, context } = await creatorPage('alan', '/');
	const sessions = '**/api/v1/sessions/current';
	await page.route(sessions, (route) => route.abort());
	const menu = page.getByRole('button', { name: 'Account of alan' });
	await menu.click();
	await page.getByRole('button', { name: 'Sign out' }).click();
	await page.getByRole('alert').filter({ hasText: 'You are still signed in.' }).waitFor();
	assert.equal((await context.request.get(`${server.url}/api/v1/me`)).status(), 200);
	await page.unroute(sessions);
	await page.getByRole('button', { name: 'Sign out' }).click();
	await menu.waitFor({ state: 'detached' });
	assert.equal((await context.request.get(`${server.url}/api/v1/me`)).status(), 401);
	await context.close();
});

test('a finger beside a dialog closes it and presses nothing beneath', async () => {
	const phone = { width: 390, height: 844, hasTouch: true, isMobile: true };
	const { page, context } = await creatorPage('alan', '/creator/account', phone);
	const menu = page.getByRole('button', { name: 'Account of alan' });
	const { x, y, width, height } = await menu.boundingBox();
	await page.getByRole('button', { name: 'Change the password' }).tap();
	await page.getByRole('dialog').waitFor();
	// The click is what a touch ends with: by then it is known what it pressed.
	await page.evaluate(() => addEventListener('click', ({ target }) => (window.__clicked = target.localName)));
	await page.touchscreen.tap(x + width / 2, y + height / 2);
	await page.getByRole('dialog').waitFor({ state: 'detached' });
	await page.waitForFunction(() => window.__clicked);
	assert.equal(await page.evaluate(() => window.__clicked), 'dialog');
	await context.close();
});

/** A page of `name`'s, signed in without the form. */
async function creatorPage(name, path, options) {
	const found = await open(browser, options);
	const data = { name, password: PASSWORD };
	assert.equal((await found.context.request.post(`${server.url}/api/v1/sessions`, { data })).status(), 201);
	await found.page.goto(server.url + path);
	return found;
}

test('a creator adds an emote from a picture, which chat then knows, and takes it away', async () => {
	await server.creator('edith');
	const { page, context, complaints } = await creatorPage('edith', '/creator/emotes');
	const buffer = await page.locator('header svg').first().screenshot();
	await page.getByLabel('Choose a picture').setInputFiles({ name: 'my lamp.png', mimeType: 'image/png', buffer });
	assert.equal(await page.getByLabel('What is written for it').inputValue(), 'myLamp');
	await page.getByRole('button', { name: 'Add the emote' }).click();
	await page.getByText('myLamp is added.').waitFor();
	const { data } = await server.expect(200, 'GET', '/api/v1/channels/edith/emotes');
	assert.deepEqual(
		data.map((emote) => emote.code),
		['myLamp']
	);
	await page.getByRole('button', { name: 'Remove myLamp' }).click();
	await page.getByRole('button', { name: 'Remove emote' }).click();
	await page.getByText('myLamp is removed.').waitFor();
	assert.deepEqual((await server.expect(200, 'GET', '/api/v1/channels/edith/emotes')).data, []);
	assert.deepEqual(complaints, []);
	await context.close();
});

test('a token for a bot is made, opens chat alone, and is revoked', async () => {
	await server.creator('otto');
	const { page, context } = await creatorPage('otto', '/creator/account');
	await fill(page, { 'What is it for': 'my bot' });
	await page.getByRole('button', { name: 'Make a token' }).click();
	await page.getByRole('button', { name: 'Show key' }).click();
	const token = await page.locator('.fresh code').innerText();
	const said = { body: { message: 'hello from the bot' }, token };
	const sent = await server.expect(200, 'POST', '/api/v1/channels/otto/chat/messages', said);
	assert.equal(sent.data[0].is_sent, true);
	assert.equal((await server.ask('GET', '/api/v1/me/stream-keys', { token })).status, 403);
	await page.getByRole('button', { name: 'Revoke: my bot' }).click();
	await page.getByRole('button', { name: 'Revoke token' }).click();
	await page.getByText('Token “my bot” is revoked.').waitFor();
	assert.equal((await server.ask('GET', '/api/v1/me', { token })).status, 401);
	await context.close();
});

test('a creator makes a moderator, keeps a log and erases it', async () => {
	const ruth = await server.creator('ruth');
	await server.creator('sam');
	const { page, context, complaints } = await creatorPage('ruth', '/creator/chat');
	await page.getByRole('textbox', { name: 'Name', exact: true }).fill('sam');
	await page.getByRole('button', { name: 'Add', exact: true }).click();
	await page.getByText('sam has the role.').waitFor();
	const moderators = await server.expect(200, 'GET', '/api/v1/channels/ruth/chat/moderators', { token: ruth.token });
	assert.deepEqual(
		moderators.data.map((one) => one.user_login),
		['sam']
	);
	await page.getByLabel('Keep a log of messages').check();
	await page.getByText('Messages are kept.').waitFor();
	const settings = await server.expect(200, 'GET', '/api/v1/channels/ruth/chat/settings', { token: ruth.token });
	assert.equal(settings.data[0].log, true);
	await page.getByRole('button', { name: 'Erase' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Erase' }).click();
	await page.getByText('Erased.').waitFor();
	assert.deepEqual(complaints, []);
	await context.close();
});

test('somebody changes their password, and old sessions end', async () => {
	const olga = await server.creator('olga');
	const { page, context } = await creatorPage('olga', '/creator/account');
	const ask = page.getByRole('button', { name: 'Change the password' });
	await ask.click();
	const dialog = page.getByRole('dialog');
	const change = async (old, wanted) => {
		await dialog.getByLabel('Current password', { exact: true }).fill(old);
		await dialog.getByLabel('New password', { exact: true }).fill(wanted);
		await dialog.getByRole('button', { name: 'Change the password' }).click();
	};
	await change('not the password', 'an entirely new sentence');
	await dialog.getByText('That is not your password.').waitFor();
	await change(PASSWORD, 'short');
	await dialog.getByText('at least 8 characters').waitFor();
	await change(PASSWORD, 'an entirely new sentence');
	await page.getByText('Your password is changed.').waitFor();
	assert.ok(await ask.evaluate((button) => button === document.activeElement), 'the focus is back');
	await server.expect(401, 'GET', '/api/v1/me', { token: olga.token });
	await page.reload();
	await ask.waitFor();
	const body = { name: 'olga', password: 'an entirely new sentence' };
	await server.expect(201, 'POST', '/api/v1/sessions', { body });
	await context.close();
});

test('somebody deletes their account, once the password is right', async () => {
	await server.creator('nora');
	const { page, context } = await creatorPage('nora', '/creator/account');
	await page.getByRole('button', { name: 'Delete the account' }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByLabel('Password', { exact: true }).fill('not the password');
	await dialog.getByRole('button', { name: 'Delete the account' }).click();
	await dialog.getByRole('alert').waitFor();
	await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
	await dialog.getByRole('button', { name: 'Delete the account' }).click();
	await page.waitForURL((url) => url.pathname === '/');
	assert.equal((await server.ask('GET', '/api/v1/channels/nora')).status, 404);
	await context.close();
});

test('accounts and keys survive a restart', async () => {
	const kay = await server.creator('kay');
	const end = await server.stop();
	assert.equal(end.code, 0, server.child.log);
	await server.up();
	const body = { name: 'kay', password: PASSWORD };
	const { token } = await server.expect(201, 'POST', '/api/v1/sessions', { body });
	const { keys } = await server.expect(200, 'GET', '/api/v1/me/stream-keys', { token });
	assert.deepEqual(
		keys.map((key) => key.id),
		[kay.keyId]
	);
	await server.expect(200, 'GET', '/api/v1/me', { token: kay.token });
	const encoder = publish(`rtmp://${server.rtmp}/live/${kay.key}`, { size: '640x360', bitrate: '800k' });
	await server.live('kay');
	await encoder.stop();
});

test('a revoked key ends its broadcast and no longer goes live', async () => {
	const ivy = await server.creator('ivy');
	const address = ivy.ingest.replace(/rtmp:\/\/[^/]+/, `rtmp://${server.rtmp}`);
	const live = publish(address, { size: '640x360' });
	await server.live('ivy');
	await server.expect(204, 'DELETE', `/api/v1/me/stream-keys/${ivy.keyId}`, { token: ivy.token });
	await until('the encoder is sent away', () => live.end, { ms: 20_000 });
	const encoder = publish(address, { size: '640x360' });
	await until('the encoder is refused', () => encoder.end, { ms: 15_000 });
	assert.equal(await server.stream('ivy'), null);
});

test('a second process is refused the data folder and told whose it is', async () => {
	const second = Server.start({ data: server.data });
	await assert.rejects(second, new RegExp(`${server.pid}`));
	assert.ok((await fetch(`${server.url}/readyz`)).ok, 'the first goes on');
});
