// Every page in every size and theme: accessible by axe's rules (WCAG 2.2 AA), nothing wider than the screen, and a
// screenshot in test-results/ for people to look at.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launch, open, plays } from './browser.mjs';
import { closeAll, PASSWORD, publish, RESULTS, Server, until } from './harness.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const WIDTHS = [390, 834, 1440];
const THEMES = ['dark', 'light'];
const ROUTES = {
	front: '/',
	live: '/ada',
	offline: '/offline_channel',
	signup: '/signup',
	signin: '/signin',
	creator: '/creator',
	'creator-chat': '/creator/chat',
	'creator-emotes': '/creator/emotes',
	'creator-account': '/creator/account',
	mod: '/ada/mod',
	popout: '/popout/ada/chat',
	embed: '/embed/ada/chat',
	reference: '/api/docs',
	nowhere: '/no/such/page'
};

/** Beginnings of the names of pages that are looked at by ada herself. */
const SIGNED_IN = ['creator', 'mod', 'popout'];

let server, browser, ada;

before(async () => {
	mkdirSync(RESULTS, { recursive: true });
	server = await Server.start();
	browser = await launch();
	ada = await server.creator('ada');
	await server.creator('offline_channel');
	publish(ada.ingest, { size: '640x360', bitrate: '800k' });
	await server.live('ada');
	await until('a thumbnail', async () => (await fetch(`${server.url}/api/v1/streams/ada/thumbnail.jpg`)).ok);
});

after(() => closeAll(server, browser));

for (const [name, route] of Object.entries(ROUTES)) {
	describe(`the page ${name}`, () => {
		for (const theme of THEMES) {
			for (const width of WIDTHS) {
				test(`${theme}, ${width} wide`, async () => {
					const { page, context } = await open(browser, { width, height: width < 600 ? 844 : 900, theme });
					try {
						await look(page, context, { name, route, theme });
					} finally {
						// A page that failed would play on and slow down all that follow.
						await context.close();
					}
				});
			}
		}
	});
}

async function look(page, context, { name, route, theme }) {
	if (SIGNED_IN.some((one) => name.startsWith(one))) await signIn(context);
	// The site is dark until its viewer says otherwise; the pages of the API have the system's theme.
	await page.addInitScript((chosen) => localStorage.setItem('footlight.theme', chosen), theme);
	await page.goto(server.url + route);
	await page.locator('h1').first().waitFor();
	if (name === 'live') await plays(page);
	assert.equal(await ground(page), theme, 'the theme that is seen');
	await page.screenshot({ path: path.join(RESULTS, `${name}-${theme}-${page.viewportSize().width}.png`) });
	// By the debugger: the site's content security policy lets no script tag in, and should not.
	await page.evaluate(AXE);
	const { violations } = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags }), TAGS);
	const found = violations.map(
		({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.target).join(', ')}`
	);
	assert.deepEqual(found, []);
	const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
	assert.ok(overflow <= 0, `${overflow} px wider than the screen`);
}

/** What the page's ground looks like: "dark" or "light". */
async function ground(page) {
	return page.evaluate(() => {
		const painter = new OffscreenCanvas(1, 1).getContext('2d');
		for (const element of [document.documentElement, document.body]) {
			painter.fillStyle = getComputedStyle(element).backgroundColor;
			painter.fillRect(0, 0, 1, 1);
		}
		const [red, green, blue, opaque] = painter.getImageData(0, 0, 1, 1).data;
		if (!opaque) return 'transparent';
		return red + green + blue > 384 ? 'light' : 'dark';
	});
}

/** A session cookie without the form, which has its own test. */
async function signIn(context) {
	const answer = await context.request.post(`${server.url}/api/v1/sessions`, {
		data: { name: 'ada', password: PASSWORD }
	});
	assert.equal(answer.status(), 201);
}
