// Whether the pages bear other languages: every page from right to left and with every word 40 % longer, at three widths.
// `npm run build`, the mock running, then `npm run stretch`. What is wider than the screen, or a button whose words do not
// fit, fails; pictures go to shots/stretch-*.png to be looked at.
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';

const base = process.env.URL ?? 'http://127.0.0.1:8099';
const PAGES = {
	front: '/',
	offline: '/quiet',
	signup: '/signup',
	creator: '/creator',
	chat: '/creator/chat',
	emotes: '/creator/emotes',
	account: '/creator/account',
	mod: '/ada_1/mod',
	channel: '/ada_1'
};

/** Turns the page round and stretches its words; answers the texts that no longer fit their control. */
function stretch() {
	document.documentElement.dir = 'rtl';
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	const texts = [];
	while (walker.nextNode()) texts.push(walker.currentNode);
	for (const text of texts) {
		const words = text.data.trim();
		if (!words || text.parentElement.closest('script, style, code, textarea, .name')) continue;
		text.data = text.data.replace(words, words + ' ' + 'öäü'.repeat(20).slice(0, Math.ceil(words.length * 0.4)));
	}
	for (const field of document.querySelectorAll('[placeholder]')) field.placeholder += ' öäüöäüöä';
	return [...document.querySelectorAll('button, a.button, [role=tab], label, h1, h2, h3')]
		.filter((e) => e.offsetParent && e.scrollWidth > e.clientWidth + 2 && getComputedStyle(e).display !== 'inline')
		.filter((e) => !e.closest('.clamp-1, .clamp-2, .unseen') && !e.matches('.clamp-1, .clamp-2, .unseen'))
		.map((e) => `${e.tagName.toLowerCase()} “${e.textContent.trim().slice(0, 40)}”`);
}

mkdirSync('shots', { recursive: true });
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
	args: ['--no-sandbox']
});
let faults = 0;
for (const [name, path] of Object.entries(PAGES)) {
	for (const width of [390, 834, 1440]) {
		const context = await browser.newContext({ viewport: { width, height: 900 } });
		await context.addCookies([{ name: 'footlight_session', value: 't', url: base }]);
		const page = await context.newPage();
		await page.goto(base + path);
		await page.locator('h1').first().waitFor({ state: 'attached' });
		await page.waitForTimeout(700);
		const tight = await page.evaluate(stretch);
		await page.waitForTimeout(200);
		const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
		await page.screenshot({ path: `shots/stretch-${name}-${width}.png` });
		for (const fault of [...(wide > 0 ? [`is ${wide} px wider than the screen`] : []), ...tight]) {
			faults += 1;
			console.log(`${name} ${width}: ${fault}`);
		}
		await context.close();
	}
}
await browser.close();
console.log(faults === 0 ? 'no faults' : `${faults} faults`);
process.exitCode = faults === 0 ? 0 : 1;
