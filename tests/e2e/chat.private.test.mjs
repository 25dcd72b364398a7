// What people do among themselves in the chat pane, against the server and in real browsers: whispers, blocks, a shoutout, and
// a ban that is answered by a request to the moderators.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch } from './browser.mjs';
import { closeAll, Server } from './harness.mjs';
import { enter, field, row, say, visible } from './pane.mjs';

let server, browser, maya, kees, lena;

const person = (name, path, options) => enter(browser, server, name, path, options);
const whispers = (page) => page.locator('.row.whisper');
const card = (page, name) => page.getByRole('region', { name: `Card of ${name}` });

/** Opens the card of who said `text`. */
async function openCard(page, name, text) {
	await row(page, text).getByRole('button', { name, exact: true }).click();
	await card(page, name).waitFor();
}

before(async () => {
	server = await Server.start();
	browser = await launch();
	for (const name of ['maya', 'kees', 'lena']) await server.creator(name);
	[maya, kees, lena] = await Promise.all(['maya', 'kees', 'lena'].map((name) => person(name, '/maya')));
	for (const { page } of [maya, kees, lena]) await field(page).waitFor();
});

after(() => closeAll(server, browser));

describe('two people', () => {
	test('whisper: each reads both once, told aloud, and nobody else does', async () => {
		await say(kees.page, '/w lena psst footLove');
		await lena.page.waitForFunction(() =>
			[...document.querySelectorAll('[aria-live=polite]')].some((e) => /kees whispers to you: psst/.test(e.textContent))
		);
		const heard = whispers(lena.page);
		await visible(heard.getByText('kees whispers to you'));
		await visible(heard.locator('img[alt=footLove]'));
		await visible(whispers(kees.page).getByText('You whisper to lena'));
		await visible(whispers(kees.page).locator('img[alt=footLove]'));
		await heard.getByRole('button', { name: 'Reply in a whisper to kees' }).click();
		assert.equal(await field(lena.page).inputValue(), '/w kees ');
		await lena.page.keyboard.type('what is it?');
		await lena.page.keyboard.press('Enter');
		await visible(whispers(kees.page).getByText('lena whispers to you'));
		await visible(whispers(lena.page).getByText('You whisper to kees'));
		await say(kees.page, 'and now for everybody');
		await visible(row(maya.page, 'and now for everybody'));
		const counts = await Promise.all([maya, kees, lena].map(({ page }) => whispers(page).count()));
		assert.deepEqual(counts, [0, 2, 2]);
	});

	test('whisper from a card and by a key', async () => {
		await openCard(lena.page, 'kees', 'and now for everybody');
		await card(lena.page, 'kees').getByRole('button', { name: 'Whisper' }).click();
		assert.equal(await field(lena.page).inputValue(), '/w kees ');
		await field(lena.page).fill('');
		await whispers(lena.page).first().focus();
		await lena.page.keyboard.press('r');
		await lena.page.waitForFunction(() => document.activeElement?.value === '/w kees ');
		await field(lena.page).fill('');
	});

	test('a whisper that is refused stays in the field', async () => {
		await say(kees.page, '/w nobody_at_all psst');
		await visible(kees.page.getByRole('alert'));
		assert.equal(await field(kees.page).inputValue(), '/w nobody_at_all psst');
		assert.equal(await whispers(kees.page).count(), 2);
		await field(kees.page).fill('');
	});
});

describe('who is blocked', () => {
	test('is asked about first, then no longer read, and whispers in vain', async () => {
		await openCard(lena.page, 'kees', 'and now for everybody');
		await card(lena.page, 'kees').getByRole('button', { name: 'Block', exact: true }).click();
		await lena.page.getByRole('dialog').getByRole('button', { name: 'Do not block' }).click();
		assert.equal(await row(lena.page, 'and now for everybody').count(), 1);
		await card(lena.page, 'kees').getByRole('button', { name: 'Block', exact: true }).click();
		await lena.page.getByRole('dialog').getByRole('button', { name: 'Block', exact: true }).click();
		await row(lena.page, 'and now for everybody').waitFor({ state: 'detached' });
		await visible(card(lena.page, 'kees').getByText('You block kees.'));
		await card(lena.page, 'kees').getByRole('button', { name: 'Close the card' }).click();
		await say(kees.page, 'does lena read me?');
		await visible(row(maya.page, 'does lena read me?'));
		await say(maya.page, 'she does not');
		await visible(row(lena.page, 'she does not'));
		assert.equal(await row(lena.page, 'does lena read me?').count(), 0);
		await say(kees.page, '/w lena hello?');
		await visible(kees.page.getByRole('alert'));
		await field(kees.page).fill('');
		assert.equal(await whispers(lena.page).count(), 2);
	});

	test('stays so over a reload, until they are unblocked', async () => {
		await lena.page.reload();
		await visible(row(lena.page, 'she does not'));
		await row(lena.page, 'does lena read me?').waitFor({ state: 'detached' });
		await field(lena.page).pressSequentially('/unblock k');
		await visible(lena.page.getByRole('option', { name: '@kees' }));
		await say(lena.page, '/unblock kees');
		await visible(row(lena.page, 'does lena read me?'));
	});

	test('is read all the same by who moderates', async () => {
		await say(maya.page, '/block kees');
		await visible(maya.page.getByText('You now block kees.'));
		assert.equal(await row(maya.page, 'does lena read me?').count(), 1);
		await say(maya.page, '/unblock kees');
		await visible(maya.page.getByText('You no longer block kees.'));
	});
});

test('a shoutout shows whose channel, and the way there', async () => {
	await say(maya.page, '/shoutout lena');
	const shown = row(kees.page, 'maya recommends the channel of lena.');
	await visible(shown);
	assert.equal(await shown.getByRole('link', { name: 'Go to lena' }).getAttribute('href'), '/lena');
});

describe('who is banned', () => {
	const banned = (page) => page.getByRole('region', { name: 'You are banned from this chat' });

	/** Asks the moderators for another chance. */
	async function ask(page, text) {
		await banned(page).getByRole('button', { name: 'Ask to be unbanned' }).click();
		await banned(page).getByLabel('Why should you be let in again?').fill(text);
		await banned(page).getByRole('button', { name: 'Send the request' }).click();
		await visible(banned(page).getByText('Your request waits for the moderators.'));
	}

	test('asks once; a moderator approves in the mod view, and they write again', async () => {
		const mod = await person('maya', '/maya/mod');
		await mod.page.getByRole('tab', { name: 'Unban requests' }).last().click();
		await visible(mod.page.getByText('Nobody asks to be unbanned.'));
		await field(kees.page).fill('half a sentence');
		await say(maya.page, '/ban kees too loud');
		await banned(kees.page).waitFor();
		assert.equal(await field(kees.page).count(), 0);
		await ask(kees.page, 'I was too loud, sorry.');
		const panel = mod.page.getByRole('tabpanel', { name: 'Unban requests' });
		await visible(panel.getByText('I was too loud, sorry.'));
		await visible(mod.page.getByRole('tab', { name: 'Unban requests' }).last().getByText('1', { exact: true }));
		await panel.getByLabel('Answer to kees, shown to them').fill('welcome back');
		await panel.getByRole('button', { name: 'Approve the request of kees' }).click();
		await visible(panel.getByText('Nobody asks to be unbanned.'));
		await visible(kees.page.getByText('Your request was approved: welcome back'));
		await field(kees.page).waitFor();
		assert.equal(await field(kees.page).inputValue(), 'half a sentence');
		await say(kees.page, 'thank you, quietly');
		await visible(row(maya.page, 'thank you, quietly'));
		assert.deepEqual(mod.complaints, []);
		await mod.context.close();
	});

	test('reads why it was denied, also after a reload, and takes a request back', async () => {
		const mod = await person('maya', '/maya/mod');
		await mod.page.getByRole('tab', { name: 'Unban requests' }).last().click();
		await say(maya.page, '/ban lena');
		await banned(lena.page).getByRole('button', { name: 'Ask to be unbanned' }).click();
		const text = banned(lena.page).getByLabel('Why should you be let in again?');
		await text.fill('Not like');
		// Esc ends what an input method composes, and nothing else.
		const composed = { key: 'Escape', isComposing: true, bubbles: true };
		await text.evaluate((field, event) => field.dispatchEvent(new KeyboardEvent('keydown', event)), composed);
		await text.press('Escape');
		await text.waitFor({ state: 'detached' });
		await lena.page.reload();
		await banned(lena.page).getByRole('button', { name: 'Ask to be unbanned' }).click();
		assert.equal(await text.inputValue(), 'Not like', 'what was typed is kept');
		await text.press('Escape');
		await ask(lena.page, 'Not like this.');
		await banned(lena.page).getByRole('button', { name: 'Take it back' }).click();
		await ask(lena.page, 'Let me in again, please.');
		const panel = mod.page.getByRole('tabpanel', { name: 'Unban requests' });
		await visible(panel.getByText('Let me in again, please.'));
		await panel.getByLabel('Answer to lena, shown to them').fill('next year');
		await panel.getByRole('button', { name: 'Deny the request of lena' }).click();
		await visible(banned(lena.page).getByText('The moderators have denied your request.'));
		await lena.page.reload();
		await visible(banned(lena.page).getByText('“next year”'));
		// About this ban there is nothing more to ask; the server knows which ban it was.
		await banned(lena.page).getByRole('button', { name: 'That was about an earlier ban' }).click();
		await banned(lena.page).getByLabel('Why should you be let in again?').fill('Once more.');
		await banned(lena.page).getByRole('button', { name: 'Send the request' }).click();
		await visible(banned(lena.page).getByRole('alert').getByText('You can ask once for each ban.'));
		// A later ban may be answered anew.
		await say(maya.page, '/unban lena');
		await field(lena.page).waitFor();
		await say(maya.page, '/ban lena');
		await banned(lena.page).getByRole('button', { name: 'That was about an earlier ban' }).click();
		await banned(lena.page).getByLabel('Why should you be let in again?').fill('This is another one.');
		await banned(lena.page).getByRole('button', { name: 'Send the request' }).click();
		await visible(panel.getByText('This is another one.'));
		assert.deepEqual(mod.complaints, []);
		await mod.context.close();
	});
});
