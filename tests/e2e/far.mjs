// A line to somewhere far away: what is sent arrives later, in order, as fast as the line is wide, and nothing else changes.
import net from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** What waits before a narrow line, in time, before its sender is slowed. */
const BACKLOG_MS = 100;
/** A narrow line carries pieces of so many bytes, so that the first of them arrives long before the last. */
const PIECE = 4096;

/**
 * Listens on a free port for who asks `to` (host:port) over a round trip of `ms`, up to `jitter` ms more each way, and
 * `mbits` Mb/s towards the asker, for all of its connections together.
 */
export async function farAway(to, ms, { jitter = 0, mbits = Infinity } = {}) {
	const [host, port] = to.split(':');
	const open = new Set();
	const carry = (from, into, line) => {
		// One after the other: two timers that are due together may fire in either order.
		let before = Promise.resolve();
		const later = (act) => {
			const due = line.free + ms / 2 + Math.random() * jitter;
			const comes = async () => {
				const waits = due - performance.now();
				if (waits > 0) await sleep(waits);
				act();
			};
			before = before.then(comes);
		};
		const send = (bytes) => {
			line.free = Math.max(performance.now(), line.free) + bytes.length / line.bytesPerMs;
			later(() => into.writable && into.write(bytes));
		};
		from.on('data', (bytes) => {
			const size = line.bytesPerMs === Infinity ? bytes.length : PIECE;
			for (let at = 0; at < bytes.length; at += size) send(bytes.subarray(at, at + size));
			const waits = line.free - performance.now();
			if (waits < BACKLOG_MS) return;
			from.pause();
			sleep(waits - BACKLOG_MS / 2).then(() => from.resume());
		});
		from.on('end', () => later(() => into.end()));
		from.on('close', () => later(() => into.destroy()));
		from.on('error', () => from.destroy());
		open.add(from);
		from.on('close', () => open.delete(from));
	};
	const up = { free: 0, bytesPerMs: Infinity };
	const down = { free: 0, bytesPerMs: (mbits * 1e6) / 8000 };
	const door = net.createServer((near) => {
		const far = net.connect(Number(port), host);
		near.setNoDelay();
		far.setNoDelay();
		carry(near, far, up);
		carry(far, near, down);
	});
	door.listen(0, '127.0.0.1');
	await once(door, 'listening');
	const close = () => {
		door.close();
		for (const socket of open) socket.destroy();
	};
	return { host: `127.0.0.1:${door.address().port}`, close };
}
