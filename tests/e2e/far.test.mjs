// Viewers behind a long line: what they fetch, and that they play on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fatal, launch, open, plays } from './browser.mjs';
import { farAway } from './far.mjs';
import { certificate, closeAll, publish, Server, temporaryFolder, until } from './harness.mjs';

let plain, encrypted, browser;

// The certificate is our own, and nobody else knows it.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';

before(async () => {
	const data = temporaryFolder();
	const { cert, key } = await certificate(data);
	encrypted = await Server.start({ data, config: `[http.tls]\ncert = "${cert}"\nkey = "${key}"\n` });
	plain = await Server.start({ config: 'ladder = []\n' });
	browser = await launch();
	for (const server of [encrypted, plain]) {
		const ada = await server.creator('ada');
		publish(ada.ingest);
		await server.live('ada');
	}
});

after(async () => {
	await closeAll(encrypted, browser);
	await plain?.dispose();
});

/** The pieces of the picture that a page fetched since `began`: {name, from, to}, times in ms. */
const piecesSince = (page, began) =>
	page.evaluate(
		(began) =>
			performance
				.getEntriesByType('resource')
				.filter(({ name, startTime }) => startTime > began && name.endsWith('.m4s') && !name.includes('/audio/'))
				.map(({ name, startTime, responseEnd }) => ({
					name: name.split('/').slice(-2).join('/'),
					from: startTime,
					to: responseEnd
				})),
		began
	);

/** Plays five seconds over a line with that round trip, by parts or whole segments; what was fetched meanwhile. */
async function fiveSecondsFrom(server, ms, parts) {
	const line = await farAway(server.http, ms);
	const { page, context, complaints } = await open(browser, { ignoreHTTPSErrors: true });
	// More is fetched than a browser remembers by itself.
	await page.addInitScript(() => performance.setResourceTimingBufferSize(5_000));
	await page.goto(`${server.url.replace(server.http, line.host)}/ada`);
	await plays(page);
	await page.waitForFunction((parts) => window.__footlight.hls.lowLatencyMode === parts, parts);
	const began = await page.evaluate(() => performance.now());
	const position = () => page.evaluate(() => window.__footlight.video.currentTime);
	const first = await position();
	await until('five seconds more were played', async () => (await position()) > first + 5);
	const pieces = await piecesSince(page, began);
	assert.deepEqual(await fatal(page), []);
	assert.deepEqual(complaints, []);
	await context.close();
	line.close();
	return pieces;
}

test('a round trip longer than a part lasts: the next parts are on their way before the last one came', async () => {
	const pieces = await fiveSecondsFrom(encrypted, 300, true);
	const names = pieces.map(({ name }) => name);
	const parts = names.filter((name) => /\/\d+\.\d+\.m4s$/.test(name));
	assert.ok(parts.length > 15, names.join());
	const ahead = pieces.filter(({ from }, i) => from < (pieces[i - 1]?.to ?? 0));
	// One and a half parts come in a round trip, so about a third goes beside another; of hls.js alone none does.
	assert.ok(ahead.length > pieces.length / 5, JSON.stringify(pieces));
});

const WHOLE = /\/\d+\.m4s$/;

test('too long a round trip for parts: whole segments', async () => {
	const names = (await fiveSecondsFrom(encrypted, 1000, false)).map(({ name }) => name);
	assert.ok(names.length > 0 && names.every((name) => WHOLE.test(name)), names.join());
});

test('with six connections to a server, whole segments sooner', async () => {
	const names = (await fiveSecondsFrom(plain, 400, false)).map(({ name }) => name);
	assert.ok(names.length > 0 && names.every((name) => WHOLE.test(name)), names.join());
});
