// What the tests of the chat pane share: people in browsers, and the parts of the pane they use.
import assert from 'node:assert/strict';
import { open } from './browser.mjs';
import { PASSWORD } from './harness.mjs';

/** A browser in which `name` is signed in (nobody for null), at `path`, with chat in sight. */
export async function enter(browser, server, name, path, options) {
	const found = await open(browser, { width: 1440, height: 900, ...options });
	if (name) {
		const data = { name, password: PASSWORD };
		const answer = await found.context.request.post(`${server.url}/api/v1/sessions`, { data });
		assert.equal(answer.status(), 201);
	}
	await found.page.goto(server.url + path);
	await found.page.getByRole('log').waitFor();
	return found;
}

export const field = (page) => page.getByRole('textbox', { name: 'Say something' });
export const row = (page, text) => page.locator('.row', { hasText: text });

export async function say(page, text) {
	await field(page).fill(text);
	await field(page).press('Enter');
}

export const visible = (locator, ms = 10_000) => locator.first().waitFor({ timeout: ms });
