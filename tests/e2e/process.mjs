// Children with an owner: started here, logged into memory, ended by their own pid and by nothing else.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const LOG_MAX = 256 * 1024;
const alive = new Set();

/** A fault that waiting cannot mend. */
export class Hopeless extends Error {}

/** Waits until `look` returns something true and returns it; fails with `what` and the last fault after `ms`. */
export async function until(what, look, { ms = 15_000, every = 100 } = {}) {
	const deadline = Date.now() + ms;
	let last;
	for (;;) {
		try {
			const found = await look();
			if (found) return found;
			last = undefined;
		} catch (fault) {
			if (fault instanceof Hopeless) throw fault;
			last = fault;
		}
		if (Date.now() > deadline) {
			throw new Error(`waited ${ms} ms: ${what}${last ? ` (${last.message})` : ''}`, { cause: last });
		}
		await new Promise((go) => setTimeout(go, every));
	}
}

/** A running child. `log` holds the newest output of both streams; `exited` resolves to {code, signal}. */
export class Child {
	constructor(command, args, options = {}) {
		this.name = options.name ?? command;
		this.log = '';
		this.startedAt = Date.now();
		this.process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options.spawn });
		for (const stream of [this.process.stdout, this.process.stderr]) {
			stream?.setEncoding('utf8').on('data', (text) => (this.log = (this.log + text).slice(-LOG_MAX)));
		}
		alive.add(this);
		this.exited = new Promise((resolve) => {
			this.process.on('error', (fault) => this.#over(resolve, { code: -1, signal: null, fault }));
			this.process.on('close', (code, signal) => this.#over(resolve, { code, signal }));
			// A grandchild may hold the pipes open: the process is over all the same, and its last words have had time.
			this.process.on('exit', (code, signal) => setTimeout(() => this.#over(resolve, { code, signal }), 500));
		});
	}

	#over(resolve, end) {
		if (this.end) return;
		if (end.fault) this.log += `\n${end.fault.message}`;
		this.end = end;
		alive.delete(this);
		resolve(this.end);
	}

	get pid() {
		return this.process.pid;
	}

	/** Sends `signal` and waits for the end; after `grace` ms the kernel ends it. */
	async stop(signal = 'SIGTERM', grace = 15_000) {
		if (this.end) return this.end;
		this.process.kill(signal);
		const late = setTimeout(() => this.process.kill('SIGKILL'), grace);
		const end = await this.exited;
		clearTimeout(late);
		return end;
	}
}

/** Ends every child that is still there. */
export async function stopAll() {
	await Promise.all([...alive].map((child) => child.stop('SIGTERM', 5_000)));
}

// A test run that is interrupted leaves nothing behind either.
process.on('exit', () => alive.forEach((child) => child.process.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

/** Pids of the children of `pid` whose command is `command`. */
export function childrenOf(pid, command) {
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map(Number)
		.filter((child) => {
			const stat = statOf(child);
			return stat && stat.parent === pid && stat.command === command;
		});
}

/** CPU seconds that a process has used; 0 if it is gone. */
export function cpuSeconds(pid) {
	return statOf(pid)?.cpu ?? 0;
}

/** CPU seconds of a process, its living descendants and the children it has buried. */
export function treeCpuSeconds(pid) {
	const all = readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map(Number);
	const stats = new Map(all.map((id) => [id, statOf(id)]).filter(([, stat]) => stat));
	const below = (id) => {
		const own = stats.get(id);
		if (!own) return 0;
		const children = [...stats].filter(([, stat]) => stat.parent === id).map(([child]) => below(child));
		return own.cpu + own.buried + children.reduce((a, b) => a + b, 0);
	};
	return below(pid);
}

/** The machine's busy CPU seconds since boot, over all cores. */
export function machineCpuSeconds() {
	const fields = readFileSync('/proc/stat', 'utf8').split('\n')[0].split(/\s+/).slice(1).map(Number);
	const [user, nice, system, , , irq, softirq] = fields;
	return (user + nice + system + irq + softirq) / 100;
}

function statOf(pid) {
	try {
		const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
		// The command is in brackets and may hold spaces and brackets.
		const end = text.lastIndexOf(')');
		const fields = text.slice(end + 2).split(' ');
		const ticks = (at) => Number(fields[at]) / 100;
		return {
			command: text.slice(text.indexOf('(') + 1, end),
			parent: Number(fields[1]),
			cpu: ticks(11) + ticks(12),
			buried: ticks(13) + ticks(14)
		};
	} catch {
		return null;
	}
}
