// A line to somewhere far away: what is sent arrives later, in order, and nothing else changes.
import net from 'node:net';
import { once } from 'node:events';

/** Listens on a free port for who asks `to` (host:port) over a round trip of `ms`. */
export async function farAway(to, ms) {
	const [host, port] = to.split(':');
	const open = new Set();
	const later = (from, into) => {
		from.on('data', (bytes) => setTimeout(() => into.writable && into.write(bytes), ms / 2));
		from.on('close', () => setTimeout(() => into.destroy(), ms / 2));
		from.on('error', () => from.destroy());
		open.add(from);
		from.on('close', () => open.delete(from));
	};
	const door = net.createServer((near) => {
		const far = net.connect(Number(port), host);
		later(near, far);
		later(far, near);
	});
	door.listen(0, '127.0.0.1');
	await once(door, 'listening');
	const close = () => {
		door.close();
		for (const socket of open) socket.destroy();
	};
	return { url: `http://127.0.0.1:${door.address().port}`, close };
}
