// Pictures of chat in all its states, phone and desktop, both themes, and axe on each: `npm run build`, the mock running,
// then `npm run shots:chat [NAME]`. Any axe violation, console error or text wider than the screen fails.
import { mkdirSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const base = process.env.URL ?? 'http://127.0.0.1:8099';
const [only, ...some] = process.argv.slice(2);
const wanted = (all) =>
	all.filter((one) => !some.some((s) => all.map(String).includes(s)) || some.includes(String(one)));
let room = 0;
const control = (name, what, query = {}) =>
	fetch(`${base}/mock/chat/${name}/${what}?${new URLSearchParams(query)}`, { method: 'POST' });
const connected = (page) => page.locator('.scroller .row').first().waitFor();
const field = (page) => page.getByRole('textbox', { name: 'Say something' });
const type = async (page, text) => {
	await field(page).click();
	await page.keyboard.type(text);
};
const REASON = 'Asked four times not to post the same link.';
/** As long as a reason may be, without a place to break it, and not to be taken for anything but text. */
const LONG_REASON = `<b>&amp;{time}${'unbreakable'.repeat(50)}`.slice(0, 500);
const hover = (page) => page.locator('.row.message').nth(-2).hover();

// `as`: a cookie's value, or who it is in a room; `t` is ada, who owns every room of hers.
const VIEWS = [
	{ name: 'guest' },
	{ name: 'viewer', as: 'viewer', ready: (_, r) => control(r, 'all') },
	{ name: 'empty', path: '/quiet', room: 'quiet', as: 'viewer', bare: true },
	{
		name: 'modes',
		as: 'viewer',
		ready: async (page, r) => {
			const set = { slow_s: 30, followers_min: 10, emote_only: true, unique: true, shield_on: true };
			await control(r, 'modes', { set: JSON.stringify(set) });
			await control(r, 'pin');
		}
	},
	{ name: 'command', as: 't', ready: (page) => type(page, '/ti') },
	{ name: 'usage', as: 't', ready: (page) => type(page, '/timeout dimitri ') },
	{ name: 'mention', as: 'viewer', ready: (page) => type(page, 'well @') },
	{ name: 'code', as: 'viewer', ready: (page) => type(page, 'nice :wa') },
	{ name: 'picker', as: 'viewer', ready: (page) => page.getByRole('button', { name: 'Emotes' }).click() },
	{
		name: 'refused',
		as: 'viewer',
		ready: async (page) => {
			await type(page, `a badword ${'and much more text '.repeat(25)}`);
			await page.keyboard.press('Enter');
			await page.getByRole('alert').waitFor();
		}
	},
	{
		name: 'slow',
		as: 'viewer',
		ready: async (page, r) => {
			await control(r, 'modes', { set: '{"slow_s":30}' });
			await type(page, 'one message');
			await page.keyboard.press('Enter');
			await type(page, 'and another one too soon');
			await page.waitForTimeout(300);
			await page.keyboard.press('Enter');
			await page.getByRole('alert').waitFor();
		}
	},
	{ name: 'warned', as: 'viewer', ready: (_, r) => control(r, 'warn', { to: 'viewer' }) },
	{ name: 'timedout', as: 'viewer', ready: (_, r) => control(r, 'timeout', { to: 'viewer', seconds: '272' }) },
	...[REASON, LONG_REASON].map((reason, i) => ({
		name: ['timedout-why', 'timedout-why-long'][i],
		as: 'viewer',
		ready: (_, r) => control(r, 'timeout', { to: 'viewer', seconds: '272', reason })
	})),
	{ name: 'banned', as: 'viewer', ready: (_, r) => control(r, 'ban', { to: 'viewer' }) },
	...[REASON, LONG_REASON].map((reason, i) => ({
		name: ['banned-why', 'banned-why-long'][i],
		as: 'viewer',
		ready: (_, r) => control(r, 'ban', { to: 'viewer', ago: '266400', reason })
	})),
	{
		name: 'banned-form',
		as: 'viewer',
		ready: async (page, r) => {
			await control(r, 'ban', { to: 'viewer', reason: LONG_REASON });
			await page.getByRole('button', { name: 'Ask to be unbanned' }).click();
			await page.getByLabel('Why should you be let in again?').fill('I was rude about the third wheel. '.repeat(13));
		}
	},
	{
		name: 'banned-pending',
		as: 'viewer',
		ready: async (_, r) => {
			await control(r, 'ask', { by: 'viewer' });
			await control(r, 'ban', { to: 'viewer' });
		}
	},
	{
		name: 'banned-denied',
		as: 'viewer',
		ready: async (_, r) => {
			await control(r, 'ban', { to: 'viewer' });
			await control(r, 'ask', { by: 'viewer' });
			await control(r, 'answer', { to: 'viewer', text: 'Ask again when the series is over.' });
		}
	},
	{
		name: 'whispers',
		as: 'viewer',
		ready: async (page, r) => {
			await control(r, 'whisper', { to: 'viewer', text: 'psst, the drawings are at https://example.org/drawings' });
			await type(page, '/w bea thank you :heart: that is what I was looking for all evening');
			await page.keyboard.press('Enter');
			await control(r, 'shoutout');
			await control(r, 'whisper', { by: 'viewer', to: 'hedyl', text: 'this was said in another window' });
			await control(r, 'whisper', { to: 'viewer', by: 'cato_the_elder', text: 'are you coming on Thursday?' });
			await page.getByRole('button', { name: 'Reply in a whisper to cato_the_elder' }).click();
		}
	},
	{
		name: 'block',
		as: 'blocker',
		ready: async (page) => {
			await page.locator('.name', { hasText: 'Dimitri' }).first().click();
			await page.getByRole('button', { name: 'Block', exact: true }).click();
		}
	},
	{
		name: 'blocked',
		// Somebody else each time: blocks hold in all rooms.
		as: (r) => `blocker_${r}`,
		ready: async (page) => {
			await page.locator('.name', { hasText: 'Dimitri' }).first().click();
			await page.getByRole('button', { name: 'Block', exact: true }).click();
			await page.getByRole('dialog').getByRole('button', { name: 'Block', exact: true }).click();
			await page.getByText('You block Dimitri.').waitFor();
		}
	},
	{
		name: 'reply',
		as: 'viewer',
		ready: async (page) => {
			await hover(page);
			await page.getByRole('button', { name: /^Reply to/ }).click();
		}
	},
	{
		name: 'paused',
		as: 'viewer',
		ready: async (page, r) => {
			await control(r, 'burst', { rate: '60', seconds: '1' });
			await page.waitForTimeout(1300);
			await page.locator('.scroller').evaluate((s) => (s.scrollTop -= 300));
			await page.waitForTimeout(150);
			await control(r, 'burst', { rate: '20', seconds: '1' });
			await page.waitForTimeout(1300);
		}
	},
	{
		name: 'offline',
		as: 'viewer',
		ready: async (page, r) => {
			await control(r, 'away');
			await page.getByText('The connection to chat is lost').waitFor();
		}
	},
	{ name: 'sampled', as: 'viewer', ready: (_, r) => control(r, 'leaveOut') },
	{ name: 'card', as: 'viewer', ready: (page) => page.locator('.name', { hasText: 'Dimitri' }).first().click() },
	{
		name: 'card-mod',
		as: 't',
		ready: async (page, r) => {
			await control(r, 'timeout', { to: 'dimitri', seconds: '600' });
			await page.locator('.name', { hasText: 'Dimitri' }).first().click();
			await page.getByText('What moderators did').waitFor();
		}
	},
	{ name: 'tools-mod', as: 't', ready: (page) => hover(page) },
	{
		name: 'tools-touch',
		as: 't',
		ready: async (page) => {
			const one = page.locator('.row.message').nth(-2);
			// A wide screen has no finger.
			await (page.viewportSize().width === 390 ? one.tap() : one.hover());
			await page.locator('.tools button').first().waitFor();
		}
	},
	{
		name: 'undo',
		as: 't',
		ready: async (page) => {
			await page.locator('.row.message').last().focus();
			await page.keyboard.press('ArrowUp');
			await page.keyboard.press('t');
			await page.getByText('Undo').waitFor();
		}
	},
	{
		name: 'held',
		as: 't',
		ready: async (page, r) => {
			await control(r, 'hold');
			await control(r, 'hold');
			await page.getByRole('button', { name: '2 messages wait' }).click();
		}
	},
	{ name: 'settings', as: 't', ready: (page) => page.getByRole('button', { name: 'Chat settings' }).click() },
	...[{}, { names: 'dimitri,hedyl,a_name_as_long_as_it_gets' }, { names: 'dimitri', many: '999' }].map((query, i) => ({
		name: ['blocks-none', 'blocks', 'blocks-many'][i],
		as: (r) => `blocker_${r}`,
		ready: async (page, r) => {
			await control(r, 'block', { by: `blocker_${r}`, ...query });
			await page.getByRole('button', { name: 'Chat settings' }).click();
			await page.getByRole('button', { name: 'People you block' }).click();
			const first = page.getByRole('dialog').getByRole('button', { name: /^Unblock/ });
			if (query.names) await first.first().click();
		}
	})),
	{
		name: 'keys',
		as: 't',
		ready: async (page) => {
			await page.locator('.row').last().focus();
			await page.keyboard.press('?');
		}
	},
	{
		name: 'looks',
		as: 'viewer',
		prefs: { timestamps: true, size: 18, colours: false, stripes: true, still: true },
		ready: (_, r) => control(r, 'all')
	},
	{ name: 'collapsed', as: 'viewer', prefs: { open: false }, bare: true },
	{ name: 'popout', at: (r) => `/popout/${r}/chat`, as: 'viewer', ready: (_, r) => control(r, 'all') },
	{ name: 'embed', at: (r) => `/embed/${r}/chat`, ready: (_, r) => control(r, 'all') },
	{
		name: 'modview',
		at: (r) => `/${r}/mod`,
		as: 't',
		full: true,
		ready: async (page, r) => {
			await control(r, 'all');
			await control(r, 'hold');
			await control(r, 'timeout', { to: 'ivo', seconds: '600' });
			await page.locator('.name', { hasText: 'Dimitri' }).first().click();
		}
	},
	{
		name: 'modview-announce',
		at: (r) => `/${r}/mod`,
		as: 't',
		ready: async (page) => {
			await page.getByRole('tab', { name: 'Announce' }).locator('visible=true').click();
			await page.getByLabel('Announcement', { exact: true }).fill('The workshop opens at six. Bring ear protection.');
			await page.getByText('Blue', { exact: true }).click();
		}
	},
	...[true, false].map((some) => ({
		name: some ? 'modview-requests' : 'modview-requests-none',
		at: (r) => `/${r}/mod`,
		as: 't',
		ready: async (page, r) => {
			if (some) {
				await control(r, 'ask', { by: 'ivo', ago: '86400' });
				await control(r, 'ask', {
					by: 'dimitri',
					text: 'I did not mean the wheel, I meant the burr. '.repeat(6),
					ago: '400'
				});
			}
			await page.getByRole('tab', { name: 'Unban requests' }).locator('visible=true').click();
		}
	})),
	...['', '-none', '-of', '-erase'].map((what) => ({
		name: `modview-kept${what}`,
		at: (r) => `/${r}/mod`,
		as: 't',
		ready: async (page, r) => {
			if (what !== '-none') {
				await control(r, 'modes', { set: '{"log":true}' });
				for (let i = 0; i < 20; i += 1)
					await control(r, 'say', { by: 'gundel', text: `and tooth ${i} ${'on '.repeat(i)}` });
				await control(r, 'all');
				await control(r, 'timeout', { to: 'dimitri', seconds: '600' });
			}
			await page.getByRole('tab', { name: 'Messages kept' }).locator('visible=true').click();
			if (what === '-of') {
				await page.getByLabel('Said by').fill('@Dimitri');
				await page.getByRole('button', { name: 'Show', exact: true }).click();
				await page.getByRole('button', { name: 'Erase what dimitri said' }).scrollIntoViewIfNeeded();
			}
			if (what === '-erase') await page.getByRole('button', { name: 'Erase all' }).click();
		}
	})),
	...['modes', 'terms', 'people', 'sweep'].map((tab) => ({
		name: `modview-${tab}`,
		at: (r) => `/${r}/mod`,
		as: 't',
		ready: async (page, r) => {
			await control(r, 'ban', { to: 'dimitri', reason: LONG_REASON });
			await page
				.getByRole('tab', { name: tab[0].toUpperCase() + tab.slice(1) })
				.locator('visible=true')
				.click();
		}
	})),
	{
		name: 'clear',
		at: (r) => `/${r}/mod`,
		as: 't',
		ready: (page) => page.getByRole('button', { name: 'Clear chat' }).click()
	},
	{ name: 'modview-refused', at: (r) => `/${r}/mod`, as: 'viewer', bare: true }
];

mkdirSync('shots', { recursive: true });
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--no-first-run']
});
let faults = 0;
for (const view of VIEWS.filter((v) => !only || only === 'all' || only.split(',').includes(v.name))) {
	for (const theme of wanted(['dark', 'light'])) {
		for (const width of wanted([390, 1440])) {
			room += 1;
			// A room for each picture, so that none sees what another did.
			const name = view.room ?? `ada_${Date.now() % 100_000}_${room}`;
			const context = await browser.newContext({
				viewport: { width, height: width === 390 ? 844 : 900 },
				hasTouch: width === 390
			});
			await context.addInitScript(
				([t, p]) => {
					localStorage.setItem('footlight.theme', t);
					if (p) localStorage.setItem('footlight.chat', JSON.stringify(p));
				},
				[theme, view.prefs]
			);
			const as = typeof view.as === 'function' ? view.as(name) : view.as;
			if (as) await context.addCookies([{ name: 'footlight_session', value: as, url: base }]);
			const page = await context.newPage();
			const fault = (what) => {
				faults += 1;
				console.log(`${view.name} ${theme} ${width}: ${what}`);
			};
			page.on('pageerror', (e) => fault(e.message));
			page.on('console', (m) => m.type() === 'error' && !/ 40[134] |WebSocket/.test(m.text()) && fault(m.text()));
			await page.goto(base + (view.at?.(name) ?? view.path ?? `/${name}`));
			try {
				if (!view.bare) await connected(page);
				await page.waitForTimeout(view.bare ? 1200 : 300);
				await view.ready?.(page, name);
			} catch (e) {
				fault(`not ready: ${e.message.split('\n')[0]}`);
			}
			await page.waitForTimeout(400);
			await page.screenshot({ path: `shots/chat-${view.name}-${theme}-${width}.png`, fullPage: view.full ?? false });
			const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
			if (wide > 0) fault(`is ${wide} px wider than the screen`);
			const { violations } = await new AxeBuilder({ page }).analyze();
			for (const v of violations) fault(`axe ${v.id}: ${v.nodes.map((n) => n.html.slice(0, 140)).join(' | ')}`);
			await context.close();
		}
	}
}
await browser.close();
console.log(faults === 0 ? 'no faults' : `${faults} faults`);
process.exitCode = faults === 0 ? 0 : 1;
