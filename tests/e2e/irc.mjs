// An IRC client as bare as can be, over TCP or WebSocket: lines out, lines in, tags taken apart on request.
import net from 'node:net';
import { WebSocket } from 'ws';
import { until } from './harness.mjs';

export class Irc {
	/** A connection that has said nothing yet. `where` is `tcp`, or a path for a WebSocket with these subprotocols. */
	static async open(server, where = 'tcp', protocols = ['irc']) {
		const irc = new Irc();
		Object.assign(irc, { lines: [], frames: 0, rest: '', ended: false });
		if (where === 'tcp') {
			const [host, port] = server.irc.split(':');
			irc.socket = net.connect(Number(port), host);
			irc.write = (text) => irc.socket.write(text);
			irc.socket.on('data', (data) => irc.take(data.toString()));
		} else {
			irc.socket = new WebSocket(`${server.url.replace('http', 'ws')}${where}`, protocols);
			irc.write = (text) => irc.socket.send(text);
			irc.socket.on('message', (data) => irc.take(`${data}`));
		}
		irc.socket.on('close', () => (irc.ended = true)).on('error', () => (irc.ended = true));
		await new Promise((go) => irc.socket.once(where === 'tcp' ? 'connect' : 'open', go));
		return irc;
	}

	/** In `rooms` as `who` ({name, token}), or as nobody, with these capabilities; all that was heard until then is forgotten. */
	static async enter(server, who, { where, caps = 'tags commands', rooms = ['maya'] } = {}) {
		const irc = await Irc.open(server, where);
		if (caps)
			irc.send(
				`CAP REQ :${caps
					.split(' ')
					.map((cap) => `twitch.tv/${cap}`)
					.join(' ')}`
			);
		if (who) irc.send(`PASS oauth:${who.token}`, `NICK ${who.name}`);
		else irc.send('NICK justinfan4711');
		await irc.hears(/ 376 /);
		for (const room of rooms) {
			irc.send(`JOIN #${room}`);
			await irc.hears(new RegExp(` 366 \\S+ #${room} `));
			if (caps.includes('commands')) await irc.hears(new RegExp(` ROOMSTATE #${room}$`));
		}
		// The USERSTATE of a join answers nothing that is said.
		irc.lines.length = 0;
		return irc;
	}

	take(text) {
		this.frames += 1;
		const whole = (this.rest + text).split('\r\n');
		this.rest = whole.pop();
		this.lines.push(...whole);
	}

	/** Sends lines, each with its end. */
	send(...lines) {
		this.write(lines.map((line) => `${line}\r\n`).join(''));
	}

	/** The first line that matches and was not taken by an earlier `hears`; those before it stay. */
	async hears(what, ms = 10_000) {
		let at;
		const found = () => (at = this.lines.findIndex((line) => what.test(line))) >= 0;
		await until(`${what} is heard`, found, { ms, every: 20 }).catch((fault) => {
			throw new Error(`${fault.message}; heard:\n${this.lines.join('\n')}`);
		});
		return this.lines.splice(at, 1)[0];
	}

	/** Everything that came until the answer to a PING, which overtakes nothing: what is not in it was not sent. */
	async all() {
		const token = `t${Math.random().toString(36).slice(2)}`;
		this.send(`PING ${token}`);
		await this.hears(new RegExp(`PONG .*:${token}$`));
		return this.lines.splice(0);
	}

	/** Says something, as often as it takes where only the pace is the matter; the USERSTATE or NOTICE that answers. */
	async say(room, text, tags = '') {
		// What it became in between (a moderator, say) is told by USERSTATE too, and answers nothing.
		const stale = new RegExp(` USERSTATE #${room}$`);
		this.lines = this.lines.filter((line) => !stale.test(line));
		for (;;) {
			this.send(`${tags && `@${tags} `}PRIVMSG #${room} :${text}`);
			const answer = await this.hears(new RegExp(` (USERSTATE|NOTICE) #${room}`));
			if (!/msg-id=msg_ratelimit/.test(answer)) return answer;
			await new Promise((go) => setTimeout(go, 300));
		}
	}

	async closed() {
		return until('the server closes', () => this.ended);
	}

	close() {
		this.socket.end ? this.socket.end() : this.socket.close();
	}
}

/** The tags of a line, unescaped. */
export function tags(line) {
	const plain = { ':': ';', s: ' ', r: '\r', n: '\n' };
	const pairs = line.startsWith('@') ? line.slice(1, line.indexOf(' ')).split(';') : [];
	return Object.fromEntries(
		pairs.map((pair) => {
			const [key, ...value] = pair.split('=');
			return [key, value.join('=').replace(/\\(.)/g, (_, c) => plain[c] ?? c)];
		})
	);
}

/** What a line says behind its last parameter's colon. */
export const text = (line) => line.replace(/^@\S+ /, '').replace(/^:?.*? :/, '');
