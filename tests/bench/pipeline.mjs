// CPU of Footlight with its FFmpeg, and of the very same FFmpeg command without Footlight, on the same stream in turn.
import { readFileSync } from 'node:fs';
import { Child, Server, until } from '../e2e/harness.mjs';
import { cpuSeconds, treeCpuSeconds } from '../e2e/process.mjs';

const SETTLE_MS = 10_000;
const ROUNDS = 2;

/** Measures both in turn, `ROUNDS` times. `tools` are the encoder and the meter of `run.mjs`. */
export async function pipeline(plan, tools) {
	const server = await Server.start({
		config: 'grace = "3s"\ngrace_clean_close = "3s"\n',
		env: { FOOTLIGHT_LOG_FILTER: 'warn' }
	});
	try {
		const creator = await server.creator('bench');
		for (let round = 1; round <= ROUNDS; round++) {
			tools.note(`round ${round}: Footlight`);
			const ours = await withFootlight(plan, tools, server, creator);
			tools.note(`round ${round}: bare FFmpeg`);
			const bare = await withBareFfmpeg(plan, tools, ours.command);
			const row = { kind: 'pipeline', server: `bare FFmpeg, round ${round}` };
			tools.tell({ ...row, cpu: bare.cpu, server_cpu: null, ratio: 1, others: bare.others });
			const ratio = Number((ours.cpu / bare.cpu).toFixed(3));
			const name = `Footlight and its FFmpeg, round ${round}`;
			tools.tell({ ...row, server: name, cpu: ours.cpu, server_cpu: ours.own, ratio, others: ours.others });
		}
	} finally {
		await server.dispose();
	}
}

async function withFootlight(plan, tools, server, creator) {
	const source = tools.encoder(creator.ingest);
	await server.live('bench', 3, 60_000);
	const [ffmpeg] = await until('the transcoder runs', () => server.transcoders().length && server.transcoders());
	const command = readFileSync(`/proc/${ffmpeg}/cmdline`, 'utf8').split('\0').slice(0, -1);
	const measured = await window(plan, tools, server.pid);
	await source.stop();
	await until('the stream ends', async () => (await server.stream('bench')) === null, { ms: 120_000 });
	return { ...measured, command };
}

/**
 * The same command with RTMP in and nothing out: rungs, thumbnails and a copy of the source are written nowhere. It does
 * less than a server does (no playlists, no HTTP), so a ratio to it flatters nobody.
 */
async function withBareFfmpeg(plan, tools, [program, ...given]) {
	const port = await tools.freePort();
	const url = `rtmp://127.0.0.1:${port}/live/a`;
	const args = given.flatMap((word) =>
		word === 'pipe:0' ? [url] : word.startsWith('pipe:') ? ['-y', '/dev/null'] : [word]
	);
	args.splice(args.indexOf('-f'), 0, '-listen', '1');
	// To copy the source, FFmpeg must have seen its size first; that costs time at the start and no CPU.
	for (const [name, value] of [
		['-probesize', '500000'],
		['-analyzeduration', '1000000']
	]) {
		args[args.indexOf(name) + 1] = value;
	}
	const copy = ['-map', '0:v', '-map', '0:a', '-c', 'copy', '-f', 'flv', '-y', '/dev/null'];
	const bare = new Child(program, [...args, ...copy], { name: 'bare ffmpeg' });
	await until('ffmpeg listens', () => listens(port) || (bare.end && Promise.reject(new Error(bare.log))));
	const source = tools.encoder(url);
	await source.said('first_frame');
	const measured = await window(plan, tools, bare.pid);
	if (bare.end) throw new Error(`the bare FFmpeg ended: ${bare.log}`);
	await source.stop();
	await bare.stop();
	return measured;
}

/** Cores used over the window: by the process with its children, by itself, and by everybody else. */
async function window(plan, tools, pid) {
	await tools.moment(Date.now() + SETTLE_MS);
	const stop = tools.meter(pid);
	const from = { all: treeCpuSeconds(pid), own: cpuSeconds(pid), at: Date.now() };
	await tools.moment(Date.now() + plan.window * 1000);
	const seconds = (Date.now() - from.at) / 1000;
	const { others } = stop();
	return { cpu: (treeCpuSeconds(pid) - from.all) / seconds, own: (cpuSeconds(pid) - from.own) / seconds, others };
}

/** Whether somebody listens on the port, without connecting: FFmpeg takes the first connection for its publisher. */
function listens(port) {
	const hex = port.toString(16).toUpperCase().padStart(4, '0');
	const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n');
	return lines.some((line) => new RegExp(`:${hex} 00000000:0000 0A`).test(line));
}
