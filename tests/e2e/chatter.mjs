// A chat client of the native protocol (docs/api/chat.md), as small as it can be: what it hears, by kind.
import { WebSocket } from 'ws';
import { until } from './harness.mjs';

export class Chatter {
	/** Opens a connection to `channel`; with `token` it speaks as that account. `query` is e.g. `after=…`. */
	static async open(server, channel, { token, query = '', origin } = {}) {
		const chatter = new Chatter();
		chatter.events = [];
		const headers = { ...(token && { authorization: `Bearer ${token}` }) };
		const url = `${server.url.replace('http', 'ws')}/api/v1/chat/${channel}${query && `?${query}`}`;
		chatter.socket = new WebSocket(url, 'footlight.json.v1', { headers, ...(origin && { origin }) });
		chatter.socket.on('message', (data) => chatter.events.push(...JSON.parse(data)));
		chatter.closed = new Promise((resolve) => chatter.socket.on('close', (code) => resolve(code)));
		await new Promise((resolve, reject) => chatter.socket.on('open', resolve).on('error', reject));
		chatter.hi = (await chatter.hears((event) => event[0] === 'hi'))[1];
		return chatter;
	}

	send(message) {
		this.socket.send(JSON.stringify(message));
	}

	/** The first event that is so. */
	async hears(is, ms = 10_000) {
		return until('it is heard', () => this.events.find(is), { ms, every: 20 });
	}

	/** Says something and waits for what the room answers: `ok` or `no`. */
	async say(text, extra = {}) {
		const nonce = `n${Math.random().toString(36).slice(2)}`;
		this.send({ t: 'say', text, nonce, ...extra });
		return this.hears((event) => ['ok', 'no'].includes(event[0]) && event[1] === nonce);
	}

	/** Says something that the room takes: waits as long as the room asks where that is all that is the matter. */
	async speak(text, extra) {
		for (;;) {
			const answer = await this.say(text, extra);
			if (answer[0] === 'ok' || answer[4] == null) return answer;
			await new Promise((go) => setTimeout(go, answer[4] + 50));
		}
	}

	/** Texts of messages, oldest first. */
	get texts() {
		return this.events.filter((event) => event[0] === 'm').map((event) => event[7]);
	}

	/** Where to go on from: EPOCH.SEQ. */
	get at() {
		const last = this.events.findLast((event) => event[0] === 'at');
		return last ? `${last[1]}.${last[2]}` : `${this.hi.epoch}.${this.hi.seq}`;
	}

	async close() {
		this.socket.close();
		return this.closed;
	}
}
