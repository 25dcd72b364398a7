// Chat where there is little room and much to say above the field: what was said stays in sight, and what one has dealt
// with leaves the keyboard where one goes on.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch } from './browser.mjs';
import { closeAll, Server } from './harness.mjs';
import { enter, field, row, say, visible } from './pane.mjs';

const RULES = 'Commission slots open on 1 December. Rules: one per person, no AI references, pay after the sketch.';

let server, browser, maya;

before(async () => {
	server = await Server.start();
	browser = await launch();
	for (const name of ['maya', 'kees', 'liam']) await server.creator(name);
	maya = await enter(browser, server, 'maya', '/maya/mod', { width: 1440, height: 900 });
});

after(() => closeAll(server, browser));

/** Asks the chat of maya for something, as she may. */
const ask = (method, path, body) =>
	maya.page.evaluate(
		async ([method, path, body]) => {
			const headers = { 'content-type': 'application/json' };
			const answer = await fetch(`/api/v1/channels/maya/chat/${path}`, { method, headers, body });
			if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
			return answer.status === 204 ? null : answer.json();
		},
		[method, path, body && JSON.stringify(body)]
	);

/** Waits until what has this name, or this id, has the focus. */
const focused = (page, name) =>
	page.waitForFunction((name) => {
		const at = document.activeElement;
		return (at?.getAttribute('aria-label') || at?.id || at?.textContent)?.includes(name);
	}, name);

describe('a pinned message, three modes and a refusal leave the list its room', () => {
	before(async () => {
		await say(maya.page, RULES);
		const pinned = row(maya.page, RULES);
		await visible(pinned);
		await ask('PUT', 'pin', { message_id: await pinned.getAttribute('data-id'), seconds: 1200 });
		const modes = { slow_mode_wait_time: 30, follower_mode_duration: 10, unique_chat_mode: true };
		await ask('PATCH', 'settings', modes);
	});

	after(() =>
		ask('PATCH', 'settings', {
			slow_mode_wait_time: null,
			follower_mode_duration: null,
			unique_chat_mode: false
		})
	);

	for (const [width, height, path = '/maya'] of [
		[1440, 900],
		[1024, 768],
		[720, 450],
		[834, 1112],
		[390, 844],
		[320, 640],
		[320, 360, '/popout/maya/chat']
	])
		test(`on ${width}×${height} at ${path}`, async () => {
			const { page, context, complaints } = await enter(browser, server, 'kees', path, { width, height });
			await visible(page.getByRole('region', { name: 'Pinned message' }));
			await say(page, 'let me in');
			await visible(page.getByRole('alert'));
			const parts = await page.evaluate(() => {
				const box = (of) => document.querySelector(of).getBoundingClientRect().toJSON();
				const notes = document.querySelector('.refused').parentElement;
				return {
					list: box('[role=log]').height,
					field: box('textarea').bottom,
					cut: notes.scrollHeight - notes.clientHeight
				};
			});
			assert.ok(parts.list >= 95, JSON.stringify(parts));
			assert.ok(parts.field <= height, JSON.stringify(parts));
			assert.ok(parts.cut <= 1, JSON.stringify(parts));
			assert.deepEqual(complaints, []);
			await context.close();
		});
});

test('modes under shield mode show what holds, and nothing less can be chosen', async () => {
	const { page, context } = await enter(browser, server, 'maya', '/maya/mod', { width: 1440, height: 900 });
	const tab = (name) => page.getByRole('tab', { name }).last();
	await tab('Look up').focus();
	await page.keyboard.press('End');
	await focused(page, 'Sweep');
	await page.keyboard.press('Home');
	await focused(page, 'Look up');
	await tab('Modes').click();
	const links = page.getByLabel('Refuse links').first();
	const slow = page.getByLabel('Slow mode').first();
	await page.getByRole('button', { name: 'Shield mode' }).click();
	await visible(page.getByText('These are the modes that hold now'));
	assert.deepEqual([await links.isChecked(), await links.isDisabled()], [true, true]);
	assert.ok(await slow.locator('option[value="0"]').isDisabled());
	await slow.selectOption('60');
	await visible(page.locator('.modes').getByText('Slow 1 min'));
	await page.getByRole('button', { name: 'Shield mode', pressed: true }).click();
	await page.getByText('These are the modes that hold now').waitFor({ state: 'detached' });
	assert.deepEqual([await links.isChecked(), await links.isDisabled(), await slow.inputValue()], [false, false, '60']);
	await slow.selectOption('0');
	await page.locator('.modes').waitFor({ state: 'detached' });
	await page.getByRole('tab', { name: 'Look up' }).last().click();
	await page.getByLabel('Name').fill('nobody_here');
	await page.keyboard.press('Enter');
	await visible(page.getByText('There is no such account.'));
	assert.equal(await page.getByRole('button', { name: /^(Ban|Whisper|Block|Warn)$/ }).count(), 0);
	await context.close();
});

const hold = (level) => ask('PATCH', 'settings', { automod: level });

describe('what is dealt with hands the keyboard on', () => {
	test('held messages, to the next one and at last to their list; who wrote them is told calmly', async () => {
		await hold(4);
		const { page, context } = await enter(browser, server, 'kees', '/popout/maya/chat', { width: 380, height: 700 });
		const liam = await enter(browser, server, 'liam', '/popout/maya/chat', { width: 380, height: 700 });
		await say(page, 'you stupid fucking idiot');
		const waits = page.getByRole('status').getByText('Your message waits for a moderator.');
		await visible(waits);
		assert.equal(await page.getByRole('alert').count(), 0);
		assert.equal(await field(page).inputValue(), '');
		const allow = (name) => maya.page.getByRole('button', { name: `Allow the message of ${name}` });
		const deny = (name) => maya.page.getByRole('button', { name: `Deny the message of ${name}` });
		await visible(allow('kees'));
		await say(liam.page, 'kill yourself you worthless idiot');
		await visible(allow('liam'));
		await allow('kees').press('Enter');
		await focused(maya.page, 'Allow the message of liam');
		await waits.waitFor({ state: 'detached' });
		await visible(row(page, 'you stupid'));
		await deny('liam').press('Enter');
		await focused(maya.page, 'Held messages');
		await liam.page.getByText('waits for a moderator').waitFor({ state: 'detached' });
		await visible(liam.page.getByText('not approved'));
		await hold(0);
		await liam.context.close();
		await context.close();
	});

	test('terms, to the next one and at last to the field', async () => {
		await maya.page.getByRole('tab', { name: 'Terms' }).last().click();
		const term = (text) => maya.page.getByRole('button', { name: `Remove “${text}”` });
		for (const text of ['first', 'second']) {
			await maya.page.getByLabel('Term', { exact: true }).fill(text);
			await maya.page.keyboard.press('Enter');
			await visible(term(text));
		}
		const [one, other] = (await term('first').evaluate((b) => b.closest('li').matches(':first-child')))
			? ['first', 'second']
			: ['second', 'first'];
		await term(one).press('Enter');
		await focused(maya.page, `Remove “${other}”`);
		await term(other).press('Enter');
		await focused(maya.page, 'term-text');
	});

	test('bans, to their list; a timeout that is lifted takes its countdown along', async () => {
		const { page, context } = await enter(browser, server, 'kees', '/popout/maya/chat', { width: 380, height: 700 });
		await page.getByPlaceholder('Say something as').waitFor();
		await ask('POST', 'bans', { data: { user_login: 'kees', duration: 600 } });
		await visible(page.getByText('You are timed out.'));
		await say(page, 'not now');
		await visible(page.getByRole('alert').getByText('Not sent: you are timed out.'));
		// One end, counted once.
		assert.equal(await page.getByText(/\b9:5\d|\b10:00/).count(), 1);
		await maya.page.getByRole('tab', { name: 'People' }).last().click();
		await maya.page.getByRole('button', { name: 'Lift' }).press('Enter');
		await focused(maya.page, 'Bans and timeouts');
		await page.getByText('you are timed out').waitFor({ state: 'detached' });
		await visible(page.getByRole('button', { name: 'Send', exact: true }));
		await context.close();
	});

	test('a warning, to the field', async () => {
		const { page, context } = await enter(browser, server, 'kees', '/popout/maya/chat', { width: 380, height: 700 });
		await page.getByPlaceholder('Say something as').waitFor();
		await ask('POST', 'warnings', { data: { user_login: 'kees', reason: 'Be kind.' } });
		await page.getByRole('button', { name: 'I have read this' }).press('Enter');
		await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA');
		await context.close();
	});
});
