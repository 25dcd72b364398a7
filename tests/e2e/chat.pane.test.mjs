// The chat pane against the server, in real browsers: two people talk, a moderator acts, modes hold, a warning is read, a
// lost connection loses no text, and guests, windows and frames of their own get what they should.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { launch } from './browser.mjs';
import { closeAll, Server, until } from './harness.mjs';
import { enter, field, row, say, visible } from './pane.mjs';

let server, browser, maya, kees;

const person = (name, path, options) => enter(browser, server, name, path, options);

const focused = (element) => element === document.activeElement;

async function freePort() {
	const probe = createServer().listen(0, '127.0.0.1');
	await once(probe, 'listening');
	const { port } = probe.address();
	probe.close();
	await once(probe, 'close');
	return port;
}

before(async () => {
	// The same port after the fall, so that the pages find it again.
	server = await Server.start({ config: `[http]\nlisten = "127.0.0.1:${await freePort()}"\n` });
	browser = await launch();
	await server.creator('maya');
	await server.creator('kees');
	maya = await person('maya', '/maya');
	kees = await person('kees', '/maya');
	await field(maya.page).waitFor();
	await field(kees.page).waitFor();
});

after(() => closeAll(server, browser));

describe('two people', () => {
	test('read each other, with badges, emotes, mentions and replies', async () => {
		await say(kees.page, 'hello @maya footLove');
		const heard = row(maya.page, 'hello @maya');
		await visible(heard);
		assert.match(await heard.getAttribute('class'), /mine/);
		await heard.locator('img[alt=footLove]').waitFor();
		await maya.page.waitForFunction(() => document.querySelector('img[alt=footLove]')?.naturalWidth > 0);
		await heard.hover();
		await maya.page.getByRole('button', { name: 'Reply to kees' }).click();
		await say(maya.page, 'welcome');
		const answer = row(kees.page, 'welcome');
		await visible(answer);
		await visible(answer.getByText('hello @maya'));
		await visible(answer.getByRole('img', { name: 'Broadcaster' }));
		assert.equal(await field(maya.page).inputValue(), '');
	});

	test('complete names, emotes and commands by keyboard', async () => {
		await field(maya.page).pressSequentially('@ke');
		await maya.page.getByRole('option', { name: '@kees' }).waitFor();
		await field(maya.page).press('Tab');
		await field(maya.page).pressSequentially(':footWa');
		await maya.page.getByRole('option', { name: 'footWave' }).waitFor();
		await field(maya.page).press('Enter');
		assert.equal(await field(maya.page).inputValue(), '@kees footWave ');
		await field(maya.page).fill('');
		await field(maya.page).pressSequentially('/slowo');
		await visible(maya.page.getByRole('option', { name: /slowoff/ }));
		await field(maya.page).fill('');
	});
});

describe('a moderator', () => {
	test('deletes by a key, and it is gone everywhere', async () => {
		await say(kees.page, 'something to delete');
		await visible(row(maya.page, 'something to delete'));
		await row(maya.page, 'something to delete').focus();
		await maya.page.keyboard.press('d');
		await maya.page.keyboard.press('Escape');
		await visible(kees.page.getByText('Message deleted'));
		assert.equal(await row(kees.page, 'something to delete').count(), 0);
	});

	test('deletes what is being answered: the answer keeps its words and loses its quote', async () => {
		await say(kees.page, 'a question to delete');
		const question = row(maya.page, 'a question to delete');
		await visible(question);
		const reader = await person('kees', '/popout/maya/chat', { width: 380, height: 700 });
		await row(reader.page, 'a question to delete').hover();
		await reader.page.getByRole('button', { name: 'Reply to kees' }).click();
		await field(reader.page).fill('an answer');
		await question.focus();
		await maya.page.keyboard.press('d');
		await maya.page.keyboard.press('Escape');
		await visible(reader.page.getByText('that you were replying to was deleted'));
		assert.equal(await reader.page.getByText(/^Replying to/).count(), 0);
		assert.equal(await field(reader.page).inputValue(), 'an answer');
		await reader.page.getByText('Message deleted').last().hover();
		assert.equal(await reader.page.getByRole('button', { name: 'Reply to kees' }).count(), 0);
		await field(reader.page).fill('');
		await reader.context.close();
	});

	test('times out by a button, and takes it back', async () => {
		await say(kees.page, 'a bit much');
		await row(maya.page, 'a bit much').hover();
		await maya.page.getByRole('button', { name: /^Time out kees for/ }).click();
		await visible(kees.page.getByText(/You are timed out/));
		await say(kees.page, 'not now');
		await visible(kees.page.getByRole('alert'));
		assert.equal(await field(kees.page).inputValue(), 'not now');
		await maya.page.getByRole('button', { name: 'Undo' }).click();
		await visible(maya.page.getByText('Undone.'));
		await say(kees.page, 'thank you');
		await visible(row(maya.page, 'thank you'));
		await kees.page.getByText(/You are timed out/).waitFor({ state: 'detached' });
	});

	test('takes a timeout back by keyboard, and is where it was', async () => {
		await say(kees.page, 'once more');
		const said = row(maya.page, 'once more');
		await said.focus();
		await maya.page.keyboard.press('t');
		const undo = maya.page.getByRole('button', { name: 'Undo' });
		await undo.focus();
		await maya.page.keyboard.press('Enter');
		// "Undone." may still be said aloud of the test before.
		await until('the keyboard is on the row again', () => said.evaluate(focused));
		await maya.page.keyboard.press('Escape');
		await kees.page.getByText(/You are timed out/).waitFor({ state: 'detached' });
	});

	test('warns from the card; nothing is said until it is acknowledged', async () => {
		await row(maya.page, 'thank you').getByRole('button', { name: 'kees' }).click();
		const card = maya.page.getByRole('region', { name: 'Card of kees' });
		await field(kees.page).fill('so nice');
		await kees.page.evaluate(() => addEventListener('keydown', ({ key }) => (document.title += key)));
		const title = await kees.page.title();
		await card.getByRole('textbox', { name: /Reason/ }).fill('Be kind.');
		await card.getByRole('button', { name: 'Warn' }).click();
		await visible(kees.page.getByText('Be kind.'));
		assert.equal(await field(kees.page).count(), 0);
		// What is typed on acknowledges nothing, and no shortcut of the page hears it.
		await kees.page.keyboard.type(' m');
		await kees.page.keyboard.press('Enter');
		assert.ok(await kees.page.locator('.warning').evaluate(focused));
		assert.equal(await kees.page.title(), title);
		await visible(card.getByText('Warned, not yet acknowledged.'));
		await kees.page.getByRole('button', { name: 'I have read this' }).click();
		assert.equal(await field(kees.page).inputValue(), 'so nice');
		assert.ok(await field(kees.page).evaluate(focused));
		await card.getByRole('button', { name: 'Close the card' }).click();
		await say(kees.page, 'I will');
		await visible(row(maya.page, 'I will'));
	});

	test('warns by a key, and only with a reason', async () => {
		await say(kees.page, 'shouting again');
		await row(maya.page, 'shouting again').focus();
		await maya.page.keyboard.press('w');
		const reason = maya.page.getByRole('textbox', { name: /Reason/ });
		await maya.page.waitForFunction(() => document.activeElement?.getAttribute('aria-label')?.startsWith('Reason'));
		await maya.page.keyboard.press('Enter');
		await maya.page.keyboard.type('No capitals.');
		assert.equal(await kees.page.getByRole('button', { name: 'I have read this' }).count(), 0);
		const warnings = [];
		maya.page.on('request', (one) => one.url().endsWith('/warnings') && warnings.push(one.url()));
		// A key that is held down.
		await maya.page.keyboard.down('Enter');
		await maya.page.keyboard.down('Enter');
		await maya.page.keyboard.up('Enter');
		await visible(kees.page.getByText('No capitals.'));
		await visible(maya.page.getByText('Warned, not yet acknowledged.'));
		assert.equal(await reason.inputValue(), '');
		assert.equal(warnings.length, 1);
		await maya.page.keyboard.press('Escape');
		assert.ok(await row(maya.page, 'shouting again').evaluate((one) => one === document.activeElement));
		await maya.page.keyboard.press('Escape');
		await kees.page.getByRole('button', { name: 'I have read this' }).click();
		await field(kees.page).waitFor();
	});

	test('has a page with modes, terms and what was done', async () => {
		const { page, context, complaints } = await person('maya', '/maya/mod');
		await visible(page.getByText('maya timed out kees for'));
		await page.getByRole('tab', { name: 'Modes' }).last().click();
		await page.getByLabel('Slow mode').first().selectOption('30');
		await visible(kees.page.getByText('Slow 30 sec'));
		await say(kees.page, 'too soon');
		await visible(kees.page.getByRole('alert'));
		assert.equal(await field(kees.page).inputValue(), 'too soon');
		await page.getByLabel('Slow mode').first().selectOption('0');
		await kees.page.getByText('Slow 30 sec').waitFor({ state: 'detached' });
		await kees.page.getByRole('alert').waitFor({ state: 'detached' });
		assert.equal(await field(kees.page).inputValue(), 'too soon');
		await page.getByRole('tab', { name: 'Terms' }).last().click();
		await page.getByLabel('Term', { exact: true }).fill('forbidden*');
		await page.getByRole('button', { name: 'Add the term' }).click();
		await visible(page.getByRole('button', { name: 'Remove “forbidden*”' }));
		await say(kees.page, 'some forbiddenness');
		await visible(kees.page.getByRole('alert').getByText(/moderation settings|term/));
		await page.getByRole('button', { name: 'Shield mode' }).click();
		await visible(kees.page.getByText('Shield', { exact: true }));
		await page.getByRole('button', { name: 'Shield mode', pressed: true }).click();
		await kees.page.getByText('Shield', { exact: true }).waitFor({ state: 'detached' });
		assert.deepEqual(complaints, []);
		await context.close();
	});
});

test('a moderator reads the messages that are kept, of one user too, and erases them', async () => {
	const { page, context, complaints } = await person('maya', '/maya/mod');
	const panel = page.getByRole('tabpanel', { name: 'Messages kept' });
	const open = () => page.getByRole('tab', { name: 'Messages kept' }).last().click();
	await open();
	await visible(panel.getByText('does not keep what is said'));
	await page.getByRole('tab', { name: 'Modes' }).last().click();
	await page.getByLabel('Keep a log of messages').check();
	await say(maya.page, 'for the record');
	await say(kees.page, 'off the record');
	await visible(row(page, 'off the record'));
	await row(maya.page, 'off the record').focus();
	await maya.page.keyboard.press('d');
	await maya.page.keyboard.press('Escape');
	await open();
	const line = (text) => panel.getByRole('listitem').filter({ hasText: text });
	await until('both are kept', async () => {
		await panel.getByRole('button', { name: 'Show' }).click();
		return (await line('for the record').count()) === 1 && (await line('off the record').locator('s').count()) === 1;
	});
	await panel.getByLabel('Said by').fill('@Kees');
	await panel.getByRole('button', { name: 'Show' }).click();
	await line('for the record').waitFor({ state: 'detached' });
	await line('off the record').getByRole('button').click();
	await visible(page.getByRole('region', { name: 'Card of kees' }));
	await open();
	await panel.getByRole('button', { name: 'Erase what kees said' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Erase' }).click();
	await visible(panel.getByText('No messages of kees are kept.'));
	await panel.getByLabel('Said by').fill('');
	await panel.getByRole('button', { name: 'Show' }).click();
	await visible(line('for the record'));
	assert.deepEqual(complaints, []);
	await context.close();
});

test('a moderator announces in a colour, and everybody sees it', async () => {
	const { page, context, complaints } = await person('maya', '/maya/mod');
	await page.getByRole('tab', { name: 'Announce' }).last().click();
	await page.getByLabel('Announcement', { exact: true }).fill('The second half begins at nine.');
	await page.getByText('Green', { exact: true }).click();
	await page.getByRole('button', { name: 'Announce', exact: true }).click();
	const heard = kees.page.locator('.row.announcement', { hasText: 'The second half begins at nine.' });
	await visible(heard);
	assert.match(await heard.getAttribute('class'), /green/);
	await visible(page.getByText('Announced.'));
	assert.equal(await page.getByLabel('Announcement', { exact: true }).inputValue(), '');
	assert.deepEqual(complaints, []);
	await context.close();
});

test('a guest reads and is asked to sign in; the mod view is not theirs', async () => {
	const guest = await person(null, '/embed/maya/chat', { width: 380, height: 700 });
	await visible(row(guest.page, 'I will'));
	await visible(guest.page.getByRole('link', { name: 'Sign in to chat' }));
	assert.equal(await guest.page.getByRole('navigation').count(), 0);
	await guest.page.goto(`${server.url}/maya/mod`);
	await visible(guest.page.getByText('Sign in to moderate'));
	await guest.context.close();
});

test('a server that comes back finds the pane, its text and its viewer', async () => {
	await field(kees.page).fill('typed before the fall');
	await server.stop('SIGKILL');
	await visible(kees.page.getByText(/connection to chat is lost|Connecting to chat/), 20_000);
	await server.up();
	await kees.page
		.getByText(/connection to chat is lost|Connecting to chat/)
		.waitFor({ state: 'detached', timeout: 45_000 });
	assert.equal(await field(kees.page).inputValue(), 'typed before the fall');
	await field(kees.page).press('Enter');
	await visible(row(maya.page, 'typed before the fall'), 45_000);
});
