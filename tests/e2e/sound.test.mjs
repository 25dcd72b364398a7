// Sound that is not there all the time: who came before it hears it, and who heard it watches on when it stops.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fatal, HEARD, launch, loadId, loudness, open, picture, plays } from './browser.mjs';
import { closeAll, filmWithoutPicture, publish, replay, Server, until } from './harness.mjs';
import { stockSite } from './stock-site.mjs';

/** When the tone is sent, in seconds of the stream. */
const SOUND = [12, 24];

let server, browser, site, ada;

before(async () => {
	site = await stockSite();
	server = await Server.start();
	browser = await launch();
	ada = await server.creator('ada');
});

after(async () => {
	await closeAll(server, browser);
	site?.close();
});

/** Watches `address` from before the tone until after it; `silent`: a page that keeps its sound off. */
async function watchAndListen(address, { silent } = {}) {
	const { page, context, complaints } = await open(browser);
	await page.goto(address);
	const early = await plays(page, { seconds: 1 });
	const load = await loadId(page);
	const loud = () => loudness(page, { silent });
	assert.ok((await loud()) < HEARD, 'nothing is heard yet');
	assert.ok(early.soundBytes > 0, 'silence is decoded');
	await until('the tone is heard', async () => (await loud()) > HEARD, { ms: 30_000 });
	await plays(page, { seconds: 1 });
	await until('the tone has stopped', async () => (await loud()) < HEARD, { ms: 30_000 });
	await plays(page, { seconds: 3 });
	assert.ok((await picture(page)).soundBytes > early.soundBytes, 'sound goes on to be decoded');
	assert.equal(await loadId(page), load, 'no reload');
	const errors = await page.evaluate(() => window.errors?.filter((error) => error.fatal) ?? window.__fatal);
	assert.deepEqual(errors, []);
	await context.close();
	return complaints;
}

test('sound that begins after the picture and stops before it is heard without a reload', async () => {
	const encoder = publish(ada.ingest, { size: '640x360', bitrate: '800k', sound: SOUND });
	await server.live('ada', 3);
	const stock = `${site.url}?src=${encodeURIComponent(server.playlist('ada'))}`;
	const [complaints] = await Promise.all([
		watchAndListen(`${server.url}/ada`),
		watchAndListen(stock, { silent: true })
	]);
	assert.deepEqual(complaints, []);
	await encoder.stop();
	await until('the stream ends', async () => (await server.stream('ada')) === null, { ms: 30_000 });
});

test('sound goes on over a picture that stands still, and the picture comes back', async () => {
	const film = await filmWithoutPicture(server.data, 60, [15, 30]);
	const encoder = replay(ada.ingest, film);
	await server.live('ada', 3);
	const stock = `${site.url}?src=${encodeURIComponent(server.playlist('ada'))}`;
	const stands = async () => {
		const { warnings } = await server.expect(200, 'GET', '/api/v1/me/health', { token: ada.token });
		return warnings.some((warning) => warning.code === 'no_picture');
	};
	const watch = async (address, { silent } = {}) => {
		const { page, context, complaints } = await open(browser);
		await page.goto(address);
		await plays(page, { seconds: 1 });
		const load = await loadId(page);
		const loud = () => loudness(page, { silent });
		await until('the sound is heard', async () => (await loud()) > HEARD);
		await until('the picture stands still', stands, { ms: 30_000 });
		await plays(page, { seconds: 3 });
		assert.ok((await loud()) > HEARD, 'the sound goes on');
		assert.ok(await stands(), 'without the picture');
		await until('the picture is back', async () => !(await stands()), { ms: 30_000 });
		await plays(page, { seconds: 3 });
		assert.equal(await loadId(page), load, 'no reload');
		const errors = await page.evaluate(() => window.errors?.filter((error) => error.fatal) ?? window.__fatal);
		assert.deepEqual(errors, []);
		await context.close();
		return complaints;
	};
	const [complaints] = await Promise.all([watch(`${server.url}/ada`), watch(stock, { silent: true })]);
	assert.deepEqual(complaints, []);
	await encoder.stop();
	await until('the stream ends', async () => (await server.stream('ada')) === null, { ms: 30_000 });
});

test('an encoder that comes back with sound alone is heard in the same page, and so is its picture seen later', async () => {
	const encoder = publish(ada.ingest, { size: '640x360', bitrate: '800k' });
	await server.live('ada', 3);
	const stock = `${site.url}?src=${encodeURIComponent(server.playlist('ada'))}`;
	const state = async () => (await server.stream('ada'))?.state;
	const pages = await Promise.all(
		[`${server.url}/ada`, stock].map(async (address) => {
			const { page, context } = await open(browser);
			await page.goto(address);
			await plays(page, { seconds: 1 });
			return { page, context, load: await loadId(page), silent: address === stock };
		})
	);
	const play = () => Promise.all(pages.map(({ page }) => plays(page, { seconds: 3, ms: 20_000 })));
	await encoder.stop('SIGKILL');
	await until('the stream is interrupted', async () => (await state()) === 'interrupted');
	const sound = publish(ada.ingest, { video: ['-vn'] });
	await until('the sound is on air', async () => (await state()) === 'live');
	await play();
	for (const { page, silent } of pages) {
		await until('it is heard', async () => (await loudness(page, { silent })) > HEARD);
	}
	await sound.stop('SIGKILL');
	await until('the stream is interrupted', async () => (await state()) === 'interrupted');
	const back = publish(ada.ingest, { size: '640x360', bitrate: '800k' });
	await until('the picture is on air', async () => (await state()) === 'live');
	await play();
	for (const { page, context, load } of pages) {
		assert.equal(await loadId(page), load, 'no reload');
		const errors = await page.evaluate(() => window.errors?.filter((error) => error.fatal) ?? window.__fatal);
		assert.deepEqual(errors, []);
		await context.close();
	}
	await back.stop();
	await until('the stream ends', async () => (await server.stream('ada')) === null, { ms: 30_000 });
});

test('a picture without any sound plays, and has silence for a sound track', async () => {
	const encoder = publish(ada.ingest, { size: '640x360', bitrate: '800k', audio: ['-an'] });
	const { renditions } = await server.live('ada', 3);
	assert.ok(renditions.includes('audio'), `${renditions}`);
	const { page, context, complaints } = await open(browser);
	await page.goto(`${server.url}/ada`);
	const { soundBytes } = await plays(page, { seconds: 2 });
	assert.ok(soundBytes > 0, 'silence is decoded');
	assert.ok((await loudness(page)) < HEARD);
	assert.deepEqual(await fatal(page), []);
	assert.deepEqual(complaints, []);
	await context.close();
	await encoder.stop();
});
