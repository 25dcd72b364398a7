// Reads the frames of a connection in order and gathers what they change, until the page takes it. Owns the position in
// the room and which messages were seen, so that nothing is shown twice. Pure: no socket, no clock, no timer.
import { entryFrom, eventRow, messageFrom, whisperFrom } from './message.ts';
import type { Bye, Hi, MessageEvent, ServerEvent, You } from './protocol.ts';
import { emptyUpdate, type Change, type Message, type Row, type Unnumbered, type Update } from './rows.ts';

/** Most rows that one update carries: more than this the page would throw away at once. */
export const ROWS_MAX = 200;
const SEEN_MAX = 4000;

/** Events that are for this connection and have no place in the room. */
const ANSWERS = new Set<string>(['ok', 'no', 'n', 'whisper', 'pong', 'bye']);

/** Acts that the whole room hears of, in words or as a row of their own: the log's line would say it twice. */
const HEARD = /^(announce|shoutout|(slow|followers|subscribers|emoteonly|uniquechat|shield)(off)?)$/;

export type Part = 'all' | 'private' | 'public';

/** What the connection, and not the page, has to act on. */
export interface Signals {
	hi: Hi | null;
	bye: Bye | null;
	/** Nonces of this viewer's own messages that came by: they were taken, whatever became of the answer. */
	own: string[];
}

export class Feed {
	/** After which event the next connection resumes: `EPOCH.SEQ`. */
	position: string | null = null;
	#update = emptyUpdate();
	#dirty = false;
	#key = 0;
	#me = '';
	#seen = new Set<string>();
	#answered: string[] = [];
	#adds = 0;

	/** Whether there is anything to take. */
	get dirty(): boolean {
		return this.#dirty;
	}

	/** What has changed since the last call. */
	drain(): Update {
		const update = this.#update;
		update.changes = bounded(update.changes);
		this.#update = emptyUpdate();
		this.#dirty = false;
		this.#adds = 0;
		return update;
	}

	/** Changes what the next update tells beside the events. */
	tell(change: (update: Update) => void): void {
		change(this.#update);
		this.#dirty = true;
	}

	/** Nonces that were answered since the last call. */
	takeAnswered(): string[] {
		return this.#answered.splice(0);
	}

	/**
	 * Reads one frame; throws if it is no JSON. `private` takes only answers to this connection (the rest comes by another
	 * one), `public` only the room's events (of a frame whose answers were taken before).
	 */
	frame(text: string, now: number, part: Part = 'all'): Signals {
		const signals: Signals = { hi: null, bye: null, own: [] };
		for (const event of JSON.parse(text) as ServerEvent[]) {
			try {
				const answer = ANSWERS.has(event[0]);
				if (answer && part !== 'public') this.#answer(event, signals);
				if (!answer && part !== 'private') this.#happening(event, signals, now);
			} catch (e) {
				// One event that is not as it should be costs nobody the others; asked for again it would be the same.
				console.error('chat event not read', e, event);
			}
		}
		// By the text: an epoch may have more digits than a number keeps.
		const at = /\["at",\s*"?(\d+)"?,\s*"?(\d+)"?\s*\]\s*\]\s*$/.exec(text);
		if (at && part !== 'private') this.position = `${at[1]}.${at[2]}`;
		return signals;
	}

	#answer(event: ServerEvent, signals: Signals): void {
		switch (event[0]) {
			case 'ok':
				if (event[1] !== null) {
					const [, nonce, id] = event;
					this.#answered.push(nonce);
					this.tell((u) => u.answers.push({ ok: true, nonce, id }));
				}
				return;
			case 'no': {
				const [, nonce, id, words, retryMs] = event;
				if (nonce !== null) this.#answered.push(nonce);
				this.tell((u) => u.answers.push({ ok: false, nonce: nonce ?? '', id, text: words, retryMs }));
				return;
			}
			case 'n': {
				const [, id, words] = event;
				this.tell((u) => u.told.push({ id, text: words }));
				return;
			}
			case 'whisper': {
				// While one connection follows another both of them hear it.
				const [, whisper] = event;
				if (this.#isNew(`whisper ${whisper.id}`)) {
					this.#row({ kind: 'whisper', whisper: whisperFrom(whisper, this.#me) });
				}
				return;
			}
			case 'bye':
				signals.bye = event[1];
		}
	}

	#happening(event: ServerEvent, signals: Signals, now: number): void {
		switch (event[0]) {
			case 'hi':
				signals.hi = event[1];
				this.#hi(event[1], now);
				return;
			case 'm':
				this.#message(event, signals, (message) => ({ kind: 'message', message }));
				return;
			case 'a': {
				const [, colour, inner] = event;
				this.#message(inner, signals, (message) => ({ kind: 'announcement', colour: colour.toLowerCase(), message }));
				return;
			}
			case 'u': {
				const [, what, sentence, params, inner] = event;
				this.#message(inner, signals, (message) => eventRow(what, sentence, params, message));
				return;
			}
			case 'd':
				this.#change({ t: 'delete', id: event[1] });
				return;
			case 'c':
				if (event.length > 1) {
					const [, user, login, seconds] = event as ['c', string, string, number | null];
					this.#change({ t: 'clearUser', user });
					// Of ourselves: how long we may not write (0: only messages were removed). Why comes with `you`, before or after.
					if (login === this.#me && this.#last && seconds !== 0) {
						this.#you({ ...this.#last, timeout_ms: seconds === null ? 0 : seconds * 1000 });
					}
				} else {
					this.#change({ t: 'clearAll' });
					this.#row({ kind: 'cleared', at: now });
				}
				return;
			case 's': {
				const [, modes, words] = event;
				this.tell((u) => (u.modes = modes));
				for (const [, text] of words) this.#row({ kind: 'words', at: now, text });
				return;
			}
			case 'g':
				this.#row({ kind: 'gap', at: now, count: event[1] });
				return;
			case 'l': {
				const entry = entryFrom(event[1]);
				this.tell((u) => u.entries.push(entry));
				if (!HEARD.test(entry.action)) this.#row({ kind: 'entry', entry });
				return;
			}
			default:
				this.#state(event);
		}
	}

	/** Events that change what stands around the list. */
	#state(event: ServerEvent): void {
		switch (event[0]) {
			case 'you':
				this.#you(event[1]);
				return;
			case 'p': {
				const pinned = event[1];
				this.tell((u) => (u.pinned = pinned));
				return;
			}
			case 'v': {
				const count = event[1];
				this.tell((u) => (u.leftOut += count));
				return;
			}
			case 'w': {
				const warning = event[1];
				if (this.#last) this.#you({ ...this.#last, warning });
				return;
			}
			case 'h': {
				const [, reason, inner] = event;
				const message = messageFrom(inner, this.#me);
				this.tell((u) => u.held.push({ t: 'held', held: { ...reason, message } }));
				return;
			}
			case 'hd': {
				const [, id, fate, by] = event;
				this.tell((u) => u.held.push({ t: 'decided', id, fate, by }));
				return;
			}
		}
	}

	#hi(hi: Hi, now: number): void {
		// The room began anew while we were away: what was said meanwhile is only as complete as its history.
		if (!hi.resumed && this.position !== null) this.#row({ kind: 'gap', at: now, count: null });
		if (!hi.resumed || this.position === null) this.position = `${hi.epoch}.${hi.seq}`;
		this.#you(hi.you);
		this.tell((u) => {
			u.channel = hi.channel;
			u.modes = hi.settings;
			u.pinned = hi.pinned;
		});
	}

	#last: You | null = null;
	#you(you: You | null): void {
		this.#last = you;
		this.#me = you?.login ?? '';
		this.tell((u) => (u.you = you));
	}

	#message(event: MessageEvent, signals: Signals, row: (message: Message) => Unnumbered): void {
		const nonce = event[8]?.n;
		const id = event[1];
		if (nonce !== undefined) signals.own.push(nonce);
		if (this.#isNew(id)) this.#row(row(messageFrom(event, this.#me)));
	}

	#isNew(id: string): boolean {
		if (this.#seen.has(id)) return false;
		this.#seen.add(id);
		if (this.#seen.size > SEEN_MAX) for (const old of this.#seen) if (this.#seen.delete(old)) break;
		return true;
	}

	#row(row: Unnumbered): void {
		this.#key += 1;
		this.#change({ t: 'add', row: { ...row, key: this.#key } as Row });
	}

	#change(change: Change): void {
		this.tell((u) => u.changes.push(change));
		if (change.t === 'add') this.#adds += 1;
		// A very busy room between two paints: what would be thrown away is not kept.
		if (this.#adds > 4 * ROWS_MAX) {
			this.#update.changes = bounded(this.#update.changes);
			this.#adds = ROWS_MAX;
		}
	}
}

/** Without the oldest rows above the limit; whispers, which nobody says again, and everything that is no row stay. */
function bounded(changes: Change[]): Change[] {
	const isSaid = (c: Change) => c.t === 'add' && c.row.kind !== 'whisper';
	let extra = changes.filter(isSaid).length - ROWS_MAX;
	return extra <= 0 ? changes : changes.filter((c) => !isSaid(c) || extra-- <= 0);
}
