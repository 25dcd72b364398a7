// Following, in real browsers: from the channel's page and from a room for followers only, into the list of those who look
// after the channel, and back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { closeAll, Server, until } from './harness.mjs';
import { enter, field, row, say, visible } from './pane.mjs';

let server, browser, maya, kees;

before(async () => {
	server = await Server.start();
	browser = await launch();
	await server.creator('maya');
	await server.creator('kees');
	maya = await enter(browser, server, 'maya', '/maya');
	kees = await enter(browser, server, 'kees', '/maya');
	await field(maya.page).waitFor();
	await field(kees.page).waitFor();
});

after(() => closeAll(server, browser));

const pane = (page) => page.getByRole('region', { name: 'Chat of maya' });
const about = (page) => page.getByRole('region', { name: 'About this stream' });

test('whom a room for followers keeps out follows there, and writes at once', async () => {
	await say(maya.page, '/followers');
	const note = pane(kees.page).getByText('Only followers may write here.', { exact: true });
	await note.waitFor();
	await say(kees.page, 'let me in');
	await pane(kees.page).getByText('Not sent: only followers may write here.').waitFor();
	assert.equal(await row(maya.page, 'let me in').count(), 0);
	await pane(kees.page).getByRole('button', { name: 'Follow maya' }).first().click();
	await note.waitFor({ state: 'detached' });
	assert.equal(await field(kees.page).inputValue(), 'let me in', 'the text stays');
	// As anybody, kees may write once a second: who is faster is told so, and keeps the text.
	await until('the line is there', async () => {
		await field(kees.page).press('Enter');
		return visible(row(maya.page, 'let me in'), 500).then(
			() => true,
			() => false
		);
	});
});

test('the channel page says so, and takes it back', async () => {
	const following = about(kees.page).getByRole('button', { name: 'Following maya, unfollow' });
	await following.waitFor();
	await about(kees.page).getByText('1 follower', { exact: true }).waitFor();
	// Whoever else is on the page sees it without a reload.
	await about(maya.page).getByText('1 follower', { exact: true }).waitFor();
	await maya.page.goto(`${server.url}/creator`);
	const newest = maya.page.getByRole('region', { name: 'Newest followers' });
	await newest.getByText('kees').waitFor();
	await following.click();
	await about(kees.page).getByRole('button', { name: 'Follow maya' }).waitFor();
	await about(kees.page).getByText('0 followers', { exact: true }).waitFor();
	await maya.page.reload();
	await newest.getByText('Nobody follows you yet.').waitFor();
	await maya.page.goto(`${server.url}/maya`);
	assert.equal(
		await about(maya.page)
			.getByRole('button', { name: /follow/i })
			.count(),
		0,
		'nobody follows themselves'
	);
});
