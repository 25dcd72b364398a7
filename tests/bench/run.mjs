// The browser half of `bench`: starts servers, encoder and viewer, and prints one result as JSON per line.
import { launch, loadId } from '../e2e/browser.mjs';
import { farAway } from '../e2e/far.mjs';
import { Child, Hopeless, machineCpuSeconds, stopAll, treeCpuSeconds, until } from '../e2e/process.mjs';
import { stockSite } from '../e2e/stock-site.mjs';
import { pipeline } from './pipeline.mjs';
import { chosen, freePort } from './servers.mjs';
import { Viewer } from './viewer.mjs';

const JOIN_LATE_MS = 8_000;
const SETTLE_MS = 10_000;
/** A page that waits has done all it can by then. */
const WAITED_MS = 3_000;
const OUTAGE_MS = 5_000;
const OUTAGE_WATCH_MS = 30_000;

const plan = JSON.parse(process.argv[2]);
// Whoever started us is gone: nobody reads the results, and nothing may be left running.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && process.exit(1), 1_000).unref();

const tell = (result) => process.stdout.write(`${JSON.stringify(result)}\n`);
const note = (text) => process.stderr.write(`# ${text}\n`);
const moment = (at) => until('the time has come', () => Date.now() >= at, { ms: at - Date.now() + 10_000, every: 50 });
// Who is far away comes over TLS, with a certificate that nobody else knows.
if (plan.far) process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
const wanted = (row) => !plan.rows.length || plan.rows.some((text) => row.name.includes(text));

/** The encoder that burns the time in: `said(name)` is what it told about itself. */
function encoder(url) {
	const child = new Child(plan.bench, ['publish', '--url', url, '--size', plan.size], { name: 'encoder' });
	child.said = (name) =>
		until(`the encoder says ${name}`, () => {
			if (child.end) throw new Hopeless(child.log);
			const lines = child.log.split('\n').filter((line) => line.startsWith('{'));
			return lines.map((line) => JSON.parse(line)).find((line) => name in line);
		});
	return child;
}

/** CPU between two moments: `stop()` gives the server's and everybody else's cores. */
function meter(pid) {
	const read = () => ({
		server: treeCpuSeconds(pid),
		ours: treeCpuSeconds(process.pid),
		all: machineCpuSeconds(),
		at: Date.now()
	});
	const from = read();
	return () => {
		const to = read();
		const seconds = (to.at - from.at) / 1000;
		const rate = (name) => (to[name] - from[name]) / seconds;
		return { server_cpu: rate('server'), others: Number(Math.max(0, rate('all') - rate('ours')).toFixed(2)) };
	};
}

async function glass(browser, site, server) {
	for (const [name, channel] of Object.entries(server.channels)) {
		const rows = server.rows.filter((row) => row.channel === name && wanted(row));
		if (!rows.length) continue;
		const source = await waits(browser, site, server, channel, rows[0]);
		await channel.ready();
		await moment(source.startedAt + JOIN_LATE_MS);
		for (const row of rows) {
			await attempt(server, row, () => joinLate(browser, site, server, channel, row));
		}
		await source.stop();
		await channel.over?.();
	}
}

/** The wait for a channel, `rounds` times a row, each with a server that knows of no stream before. */
async function startup(browser, site, start) {
	const { length } = await once(start, (server) => server.starts.filter(wanted));
	for (let round = 1; round <= plan.rounds; round++) {
		for (let at = 0; at < length; at++) {
			await once(start, async (server) => {
				const row = server.starts.filter(wanted)[at];
				await attempt(server, row, () => begins(browser, site, server, row, round));
			});
		}
	}
}

async function once(start, act) {
	const server = await start();
	const line = plan.far ? await away(server) : null;
	try {
		return await act(server);
	} finally {
		line?.close();
		await server.stop();
	}
}

/** Puts a long line between the server and who watches it; encoders stay near. */
async function away(server) {
	const line = await farAway(server.http, plan.far, { mbits: plan.mbits ?? Infinity });
	for (const channel of Object.values(server.channels)) {
		for (const what of ['page', 'playlist']) channel[what] = channel[what]?.replace(server.http, line.host);
	}
	server.name += `, ${plan.far} ms away${plan.mbits ? `, ${plan.mbits} Mb/s` : ''}`;
	return line;
}

async function begins(browser, site, server, row, round) {
	const channel = server.channels[row.channel];
	const viewer = await Viewer.open(browser, site, channel, row, { wait: true });
	try {
		await moment(Date.now() + WAITED_MS);
		const stop = meter(server.pid);
		const source = encoder(channel.publish);
		const { at: fed } = await source.said('first_frame');
		const { at } = await viewer.firstFrame();
		await moment(at + SETTLE_MS);
		const { gaps } = await viewer.seen(at + 1);
		tell({
			kind: 'startup',
			server: server.name,
			row: `${row.name}, ${round}`,
			encoder_to_frame: at - source.startedAt,
			first_frame_to_glass: at - fed,
			frozen: gaps.reduce((sum, gap) => sum + gap.ms, 0),
			...stop()
		});
		await source.stop();
	} finally {
		await viewer.close();
	}
}

/** A row that fails is a finding; the other rows still count. */
async function attempt(server, row, measure) {
	try {
		await measure();
	} catch (fault) {
		note(`${server.name}, ${row.name}: ${fault.message}`);
		process.exitCode = 1;
	}
}

/** The page is open before the encoder starts. Leaves the encoder on air. */
async function waits(browser, site, server, channel, row) {
	const viewer = await Viewer.open(browser, site, channel, row, { wait: true });
	const source = encoder(channel.publish);
	await attempt(server, row, async () => {
		const { at: fed } = await source.said('first_frame');
		const { at } = await viewer.firstFrame();
		const between = { encoder_to_frame: at - source.startedAt, first_frame_to_glass: at - fed };
		tell({ kind: 'waits', server: server.name, row: row.name, ...between });
	});
	await viewer.close();
	return source;
}

async function joinLate(browser, site, server, channel, row) {
	note(`${server.name}, ${row.name}: joins late`);
	const viewer = await Viewer.open(browser, site, channel, row);
	try {
		const { sincePage } = await viewer.firstFrame();
		await viewer.pin();
		await moment(Date.now() + SETTLE_MS);
		const stop = meter(server.pid);
		const from = Date.now();
		await moment(from + plan.window * 1000);
		const cpu = stop();
		const { samples, gaps, unread } = await viewer.seen(from);
		const before = (await viewer.seen()).gaps.filter((gap) => gap.at < from);
		const longest = Math.max(0, ...gaps.map((gap) => gap.ms));
		const counts = {
			frames: samples.length,
			unread,
			stalls: gaps.length,
			longest_stall: longest,
			frozen: before.reduce((sum, gap) => sum + gap.ms, 0),
			fatal: await viewer.fatal()
		};
		tell({
			kind: plan.drift ? 'drift' : 'glass',
			server: server.name,
			row: row.name,
			samples,
			page_to_frame: Math.round(sincePage),
			...counts,
			...cpu
		});
	} finally {
		await viewer.close();
	}
}

async function outage(browser, site, server) {
	for (const row of server.outages.filter(wanted)) {
		await attempt(server, row, () => interrupted(browser, site, server, row));
	}
}

async function interrupted(browser, site, server, row) {
	note(`${server.name}, ${row.name}: encoder killed`);
	const channel = server.channels[row.channel];
	const first = encoder(channel.publish);
	await channel.ready();
	await moment(first.startedAt + JOIN_LATE_MS);
	const viewer = await Viewer.open(browser, site, channel, row);
	try {
		await viewer.firstFrame();
		await viewer.pin();
		await moment(Date.now() + 2 * SETTLE_MS);
		const load = await loadId(viewer.page);
		const { ffmpeg } = await first.said('ffmpeg');
		process.kill(ffmpeg, 'SIGKILL');
		const killed = Date.now();
		await moment(killed + OUTAGE_MS);
		const second = encoder(channel.publish);
		const { at: fed } = await second.said('first_frame');
		// Playing again: a frame that was born after the return is on the glass.
		const born = (sample) => sample.at - sample.latency;
		const back = await until(
			'new frames',
			async () => (await viewer.seen(killed)).samples.find((sample) => born(sample) >= fed - 100),
			{
				ms: OUTAGE_WATCH_MS
			}
		).catch(() => null);
		if (back) await moment(back.at + 2 * SETTLE_MS);
		const { samples, gaps } = await viewer.seen(killed - SETTLE_MS);
		const result = {
			back: !back ? 'no, never' : (await loadId(viewer.page)) === load ? 'yes' : 'no',
			frame_to_playing: back && Math.round(back.at - fed),
			encoder_to_playing: back && Math.round(back.at - second.startedAt),
			frozen:
				back &&
				Math.round(
					gaps.filter((gap) => gap.at > killed && gap.at <= back.at + 2_000).reduce((sum, gap) => sum + gap.ms, 0)
				),
			fatal: await viewer.fatal(),
			before: samples.filter((sample) => sample.at < killed),
			after: back ? samples.filter((sample) => sample.at > back.at + SETTLE_MS) : []
		};
		tell({ kind: 'outage', server: server.name, row: row.name, ...result });
		await second.stop();
	} finally {
		await viewer.close();
		await first.stop();
	}
}

async function main() {
	if (plan.kind === 'pipeline') return pipeline(plan, { encoder, meter, tell, note, moment, freePort });
	const browser = await launch();
	const site = await stockSite();
	try {
		for (const start of chosen(plan)) {
			if (plan.kind === 'startup') await startup(browser, site, start);
			else await once(start, (server) => (plan.kind === 'glass' ? glass : outage)(browser, site, server));
		}
	} finally {
		site.close();
		await browser.close();
	}
}

try {
	await main();
} catch (fault) {
	note(fault.stack);
	process.exitCode = 1;
} finally {
	await stopAll();
}
