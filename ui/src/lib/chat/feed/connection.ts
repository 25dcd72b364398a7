// Keeps one room's connection: opens, resumes, reconnects with chance in the wait, follows `bye` without a hole, and
// answers for every text that it was given to send, so that none is lost silently. Time, chance and sockets are given.
import { Feed, type Signals } from './feed.ts';
import type { ClientMessage } from './protocol.ts';
import type { Link } from './rows.ts';

/** The part of a WebSocket that is used here. */
export interface Socket {
	send(text: string): void;
	close(): void;
	onmessage: ((text: string) => void) | null;
	onclose: ((code: number) => void) | null;
}

export interface World {
	open(url: string): Socket;
	now(): number;
	/** 0..1 */
	random(): number;
	/** Calls later; the answer takes it back. */
	later(call: () => void, ms: number): () => void;
}

/** Reconnecting: 0.5–1.5 s at first, doubled each time up to 30 s. After a broken rule the wait begins at 8 s. */
const LONGEST_MS = 30_000;
const RULE_BROKEN = 1008;
const GONE = 1006;
/** How long a text may wait for its answer over a reconnection before its sender gets it back. */
const ANSWER_MS = 10_000;
/** How long an old connection is kept for the answers that it owes. */
const RETIRE_MS = 2_000;
/** Until a new connection must have greeted: one that is lost on its way says nothing. */
const GREET_MS = 10_000;
/** Until somebody who comes back must have heard from a connection that looks open: sleep and other networks kill silently. */
const PROBE_MS = 5_000;
/** A connection that has stood so long is a good one: the next wait begins small again. */
const STEADY_MS = 5_000;
/** After so much silence we ask whether the other end is there; the server's own pings are hidden from scripts. */
const PING_S = 60;

/** The wait in ms before try number `tries` (0 is the first repeat). */
export const wait = (tries: number, random: number): number =>
	Math.min(LONGEST_MS, (500 + 1000 * random) * 2 ** Math.min(tries, 10));

export class Connection {
	readonly feed = new Feed();
	#world: World;
	#url: string;
	#changed: () => void;
	#socket: Socket | null = null;
	/** The socket that takes over after `bye`, until its `hi`; meanwhile the old one's frames are put aside here. */
	#next: { socket: Socket; aside: string[] } | null = null;
	#tries = 0;
	#ended = false;
	#full = false;
	#open = false;
	#heard = 0;
	#undo = new Set<() => void>();
	#retry: (() => void) | null = null;
	#pending = new Map<string, { text: string; socket: Socket; giveUp: () => void }>();

	/** `changed` is called whenever the feed has something to take. */
	constructor(url: string, world: World, changed: () => void) {
		this.#url = url;
		this.#world = world;
		this.#changed = changed;
		this.#connect();
	}

	/** Sends a text; its answer comes through the feed, also when the network fails. */
	say(text: string, nonce: string, reply: string | null): void {
		const socket = this.#open ? this.#socket : null;
		if (!socket) {
			this.#refuse(nonce, 'offline');
			return;
		}
		const giveUp = this.#later(() => this.#lost(nonce), ANSWER_MS);
		this.#pending.set(nonce, { text, socket, giveUp });
		this.#send(socket, { t: 'say', text, nonce, ...(reply ? { reply } : {}) });
	}

	view(full: boolean): void {
		this.#full = full;
		if (this.#socket && this.#open) this.#send(this.#socket, { t: 'view', full });
	}

	acknowledge(): void {
		if (this.#socket && this.#open) this.#send(this.#socket, { t: 'ack' });
	}

	/** The network or the viewer came back: a wait is cut short, and an open connection must show that it lives. */
	wake(): void {
		if (this.#retry) this.#connect();
		else if (this.#socket && this.#open) this.#probe(this.#socket);
	}

	close(): void {
		this.#ended = true;
		for (const undo of this.#undo) undo();
		this.#undo.clear();
		this.#socket?.close();
		this.#next?.socket.close();
	}

	#connect(): void {
		this.#retry?.();
		this.#retry = null;
		this.#link({ phase: 'connecting' });
		const socket = this.#world.open(this.#address(this.#url));
		this.#socket = socket;
		socket.onmessage = (text) => this.#frame(socket, text);
		socket.onclose = (code) => this.#closed(socket, code);
		this.#awaitGreeting(socket);
	}

	#awaitGreeting(socket: Socket): void {
		this.#later(() => {
			const waits = socket === this.#socket ? !this.#open : socket === this.#next?.socket;
			if (waits) this.#drop(socket);
		}, GREET_MS);
	}

	#probe(socket: Socket): void {
		const asked = this.#world.now();
		this.#send(socket, { t: 'ping' });
		this.#later(() => {
			if (socket === this.#socket && this.#heard < asked) this.#drop(socket);
		}, PROBE_MS);
	}

	/** Gives up a socket without its good-bye: a dead end would keep us waiting for it. */
	#drop(socket: Socket): void {
		const { onclose } = socket;
		socket.onmessage = socket.onclose = null;
		socket.close();
		onclose?.(GONE);
	}

	#address(url: string): string {
		const query = new URLSearchParams();
		if (this.feed.position) query.set('after', this.feed.position);
		if (this.#full) query.set('view', 'full');
		const text = query.toString();
		return text ? `${url}${url.includes('?') ? '&' : '?'}${text}` : url;
	}

	#frame(socket: Socket, text: string): void {
		if (this.#ended) return;
		this.#heard = this.#world.now();
		let signals: Signals;
		try {
			signals = this.feed.frame(text, this.#heard, socket !== this.#socket || this.#next ? 'private' : 'all');
		} catch (e) {
			// A frame that is no JSON was broken on its way; the next connection resumes after the last good one.
			console.error('chat frame not read', e);
			socket.close();
			return;
		}
		if (this.#next && socket === this.#socket) this.#next.aside.push(text);
		if (signals.hi) this.#greeted(socket, signals.hi.ping_s);
		if (signals.bye) this.#bye(socket, signals.bye.after_ms, signals.bye.target);
		for (const nonce of signals.own) this.#settle(nonce);
		this.#answered();
		if (this.feed.dirty) this.#changed();
	}

	#greeted(socket: Socket, pingS: number): void {
		if (socket !== this.#socket) return;
		// Not at once: one that fails again and again right after its greeting is to be tried less and less often.
		this.#later(() => {
			if (socket === this.#socket) this.#tries = 0;
		}, STEADY_MS);
		this.#open = true;
		this.#link({ phase: 'open' });
		this.#ping(socket, 1000 * Math.min(pingS || PING_S, PING_S));
		// What an earlier connection still owed: the resumed events show it, or it was not taken.
		for (const [nonce, one] of this.#pending) {
			if (one.socket !== socket) this.#later(() => this.#lost(nonce), 1500);
		}
	}

	#ping(socket: Socket, every: number): void {
		this.#later(() => {
			if (socket !== this.#socket) return;
			if (this.#world.now() - this.#heard > 2.5 * every) {
				this.#drop(socket);
				return;
			}
			// A room that talks needs no asking.
			if (this.#world.now() - this.#heard >= every) this.#send(socket, { t: 'ping' });
			this.#ping(socket, every);
		}, every);
	}

	/** Opens the new connection first; the old one is closed once the new one has greeted. */
	#bye(old: Socket, afterMs: number, target: string | null): void {
		this.#later(() => {
			if (old !== this.#socket || this.#next) return;
			const socket = this.#world.open(this.#address(target ? this.#elsewhere(target) : this.#url));
			const next = { socket, aside: [] as string[] };
			this.#next = next;
			socket.onmessage = (text) => {
				if (this.#next === next) this.#takeOver(old, next, text);
				this.#frame(socket, text);
			};
			socket.onclose = (code) => {
				if (this.#next !== next) this.#closed(socket, code);
				else {
					// Not there yet: go on with the old one as long as it lasts.
					this.#next = null;
					this.#replay(next.aside);
					this.#bye(old, wait(this.#tries, this.#world.random()), null);
					this.#tries += 1;
				}
			};
			this.#awaitGreeting(socket);
		}, afterMs);
	}

	/** The same room on another node: a target is a scheme and a host. */
	#elsewhere(target: string): string {
		const { pathname, search } = new URL(this.#url);
		return new URL(pathname + search, target).href;
	}

	/** What the old one sent meanwhile comes again from the new one, unless that could not resume. */
	#takeOver(old: Socket, next: { socket: Socket; aside: string[] }, first: string): void {
		this.#next = null;
		if (!/"resumed":\s*true/.test(first)) this.#replay(next.aside);
		this.#socket = next.socket;
		this.#later(() => old.close(), this.#owes(old) ? RETIRE_MS : 0);
	}

	#owes(socket: Socket): boolean {
		return [...this.#pending.values()].some((one) => one.socket === socket);
	}

	#replay(frames: string[]): void {
		for (const text of frames) this.feed.frame(text, this.#world.now(), 'public');
		if (this.feed.dirty) this.#changed();
	}

	#closed(socket: Socket, code: number): void {
		if (this.#ended || socket !== this.#socket) return;
		if (this.#next) {
			this.#replay(this.#next.aside);
			this.#next.socket.onmessage = null;
			this.#next.socket.onclose = null;
			this.#next.socket.close();
			this.#next = null;
		}
		this.#socket = null;
		this.#open = false;
		const ms = wait(this.#tries + (code === RULE_BROKEN ? 3 : 0), this.#world.random());
		this.#tries += 1;
		this.#link({ phase: 'waiting', until: this.#world.now() + ms, tries: this.#tries });
		this.#retry = this.#later(() => this.#connect(), ms);
	}

	/** Answers that the feed has gathered need no giving up any more. */
	#answered(): void {
		for (const nonce of this.feed.takeAnswered()) {
			this.#pending.get(nonce)?.giveUp();
			this.#pending.delete(nonce);
		}
	}

	/** Our own message came by: it was taken, though the answer to it was lost. */
	#settle(nonce: string): void {
		const one = this.#pending.get(nonce);
		if (!one || one.socket === this.#socket) return;
		one.giveUp();
		this.#pending.delete(nonce);
		this.feed.tell((u) => u.answers.push({ ok: true, nonce, id: null }));
	}

	#lost(nonce: string): void {
		const one = this.#pending.get(nonce);
		if (!one) return;
		this.#pending.delete(nonce);
		this.#refuse(nonce, 'lost');
		// Who owes an answer for so long is not there any more.
		if (one.socket === this.#socket) this.#drop(one.socket);
	}

	#refuse(nonce: string, id: string): void {
		this.feed.tell((u) => u.answers.push({ ok: false, nonce, id, text: '', retryMs: null }));
		this.#changed();
	}

	#link(link: Link): void {
		this.feed.tell((u) => (u.link = link));
		this.#changed();
	}

	#send(socket: Socket, message: ClientMessage): void {
		socket.send(JSON.stringify(message));
	}

	#later(call: () => void, ms: number): () => void {
		const undo = this.#world.later(() => {
			this.#undo.delete(undo);
			if (!this.#ended) call();
		}, ms);
		this.#undo.add(undo);
		return () => {
			this.#undo.delete(undo);
			undo();
		};
	}
}
