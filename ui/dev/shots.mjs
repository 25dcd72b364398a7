// Pictures of every page at three widths in both themes, and axe on each: `npm run build && npm run shots`, with the
// mock running. Pictures go to shots/ to be looked at; any axe violation or console error fails.
import { mkdirSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const base = process.env.URL ?? 'http://127.0.0.1:8099';
// Of the pictures these alone, by name, theme or width: `npm run shots creator,front dark 390`.
const [only, ...some] = process.argv.slice(2);
const wanted = (all) =>
	all.filter((one) => !some.some((s) => all.map(String).includes(s)) || some.includes(String(one)));
const control = (what) => fetch(`${base}/mock/${what}`, { method: 'POST' });
const playing = (page) =>
	page.waitForFunction(() => globalThis.__footlight?.stats().phase === 'playing', null, { timeout: 20_000 });
const signIn = (context) => context.addCookies([{ name: 'footlight_session', value: 't', url: base }]);
const loseNetwork = async (page) => {
	await page.context().setOffline(true);
	await page.getByText('The connection is lost').first().waitFor();
};

const VIEWS = [
	{ name: 'front', path: '/', ready: (page) => page.waitForSelector('video.shown', { timeout: 20_000 }) },
	{ name: 'front-lost', path: '/', ready: loseNetwork },
	{ name: 'front-empty', path: '/', before: () => control('empty'), after: () => control('full') },
	{ name: 'channel', path: '/ada', ready: playing },
	{ name: 'channel-following', path: '/nightowl', signedIn: true, ready: playing },
	{
		name: 'channel-settings',
		path: '/ada',
		ready: async (page) => {
			await playing(page);
			await page.keyboard.press('s');
			await page.getByRole('button', { name: 'Quality and settings' }).click();
		}
	},
	{
		name: 'channel-audio',
		path: '/ada',
		ready: async (page) => {
			await playing(page);
			await page.getByRole('button', { name: 'Quality and settings' }).click();
			await page.getByLabel('Audio only').check();
			await page.keyboard.press('Escape');
			await playing(page);
			await page.getByRole('button', { name: 'Quality and settings' }).click({ trial: true, timeout: 2000 });
		}
	},
	{
		name: 'channel-keys',
		path: '/ada',
		ready: async (page) => {
			await playing(page);
			await page.keyboard.press('?');
		}
	},
	{ name: 'channel-theatre', path: '/ada', ready: async (page) => (await playing(page), page.keyboard.press('t')) },
	{ name: 'channel-lost', path: '/ada', ready: async (page) => (await playing(page), loseNetwork(page)) },
	{ name: 'offline', path: '/quiet' },
	{ name: 'missing', path: '/nobody_here' },
	{ name: 'not-found', path: '/a/b' },
	{ name: 'signin', path: '/signin' },
	{
		name: 'signup',
		path: '/signup',
		ready: (page) => page.getByRole('button', { name: 'Make the account' }).click()
	},
	{
		name: 'creator',
		path: '/creator',
		signedIn: true,
		full: true,
		ready: async (page) => {
			await playing(page);
			await page.getByRole('button', { name: 'Make a key' }).click();
			await page.getByText('Copy it now').waitFor();
		}
	},
	{ name: 'creator-chat', path: '/creator/chat', signedIn: true, full: true },
	{
		name: 'creator-emotes',
		path: '/creator/emotes',
		signedIn: true,
		full: true,
		ready: async (page) => {
			const buffer = await page.locator('header svg').first().screenshot();
			const file = { name: 'brass lamp.png', mimeType: 'image/png', buffer };
			await page.getByLabel('Choose a picture').setInputFiles(file);
		}
	},
	{
		name: 'creator-account',
		path: '/creator/account',
		signedIn: true,
		full: true,
		ready: async (page) => {
			await page.getByRole('button', { name: 'Make a token' }).click();
			await page.getByText('Copy it now').waitFor();
		}
	},
	{
		name: 'leave',
		path: '/creator/account',
		signedIn: true,
		ready: (page) => page.getByRole('button', { name: 'Delete the account' }).click()
	},
	{
		name: 'revoke',
		path: '/creator',
		signedIn: true,
		ready: (page) =>
			page
				.getByRole('button', { name: /^Revoke: / })
				.first()
				.click()
	},
	{
		name: 'search',
		path: '/signin',
		ready: async (page) => {
			await page.keyboard.press('/');
			await page.keyboard.type('ma');
		}
	},
	{
		name: 'menu',
		path: '/quiet',
		signedIn: true,
		ready: (page) => page.getByRole('button', { name: 'Account of ada' }).click()
	},
	{
		name: 'interrupted',
		path: '/ada',
		ready: async (page) => {
			await playing(page);
			await control('interrupt');
			await page.getByText('was interrupted').waitFor();
			await page.waitForTimeout(400);
		},
		after: async () => (await control('resume'), await new Promise((r) => setTimeout(r, 4000)))
	}
];

mkdirSync('shots', { recursive: true });
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--no-first-run']
});
let faults = 0;
for (const view of VIEWS.filter((v) => !only || only === 'all' || only.split(',').includes(v.name))) {
	for (const theme of wanted(['dark', 'light'])) {
		for (const width of wanted([390, 834, 1440])) {
			const context = await browser.newContext({
				viewport: { width, height: width === 390 ? 844 : 900 },
				reducedMotion: 'no-preference'
			});
			await context.addInitScript((t) => localStorage.setItem('footlight.theme', t), theme);
			if (view.signedIn) await signIn(context);
			const page = await context.newPage();
			const fault = (what) => {
				faults += 1;
				console.log(`${view.name} ${theme} ${width}: ${what}`);
			};
			page.on('pageerror', (e) => !/Unable to preload/.test(e.message) && fault(e.message));
			page.on(
				'console',
				(m) => m.type() === 'error' && !/ 40[14] |INTERNET_DISCONNECTED/.test(m.text()) && fault(m.text())
			);
			await view.before?.();
			await page.goto(base + view.path);
			await page.waitForLoadState('networkidle', { timeout: 1500 }).catch(() => undefined);
			try {
				await view.ready?.(page);
			} catch (e) {
				fault(`not ready: ${e.message.split('\n')[0]}`);
			}
			await page.waitForTimeout(300);
			await page.mouse.move(width / 2, 200);
			if (view.full) await page.evaluate(() => scrollTo(0, 0));
			await page.screenshot({ path: `shots/${view.name}-${theme}-${width}.png`, fullPage: view.full ?? false });
			const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
			if (wide > 0) fault(`is ${wide} px wider than the screen`);
			const { violations } = await new AxeBuilder({ page }).analyze();
			for (const v of violations) fault(`axe ${v.id}: ${v.nodes.map((n) => n.html.slice(0, 140)).join(' | ')}`);
			await view.after?.();
			await context.close();
		}
	}
}
await browser.close();
console.log(faults === 0 ? 'no faults' : `${faults} faults`);
process.exitCode = faults === 0 ? 0 : 1;
