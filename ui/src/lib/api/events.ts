// Follows one channel's state by server-sent events, for as long as somebody looks: reconnects by itself with a
// growing wait, and at once when the browser comes back on line or the page is looked at again. A connection that is
// silent is taken for lost: after sleep or a change of networks nothing else would say so.
import { backoff } from '#lib/retry.ts';
import type { ChannelState } from './types.ts';

export interface Follower {
	state(state: ChannelState): void;
	/** Whether the connection stands; false from the second failed try on, so that a hiccup is not told. */
	connected(yes: boolean): void;
}

const WAIT = { first: 500, longest: 10_000 };
/** The server says something each 15 s, if only `ping`. */
const SILENCE_MS = 40_000;
/** Who comes back does not wait for the rest of that. */
const DOUBT_MS = 20_000;

/** Starts to follow `name`; the answer ends it. */
export function followChannel(name: string, follower: Follower): () => void {
	const stream = new Stream(`/api/v1/channels/${encodeURIComponent(name)}/events`, follower);
	const back = () => document.visibilityState === 'visible' && stream.wake();
	addEventListener('online', back);
	document.addEventListener('visibilitychange', back);
	return () => {
		stream.end();
		removeEventListener('online', back);
		document.removeEventListener('visibilitychange', back);
	};
}

class Stream {
	readonly #url: string;
	readonly #follower: Follower;
	#source: EventSource | null = null;
	/** The next try, or the end of patience with the one that is open. */
	#timer: ReturnType<typeof setTimeout> | undefined;
	#heardAt = 0;
	#failures = 0;

	constructor(url: string, follower: Follower) {
		this.#url = url;
		this.#follower = follower;
		this.#open();
	}

	/** Somebody is here again. */
	wake(): void {
		if (!this.#source || Date.now() - this.#heardAt > DOUBT_MS) this.#open();
	}

	end(): void {
		clearTimeout(this.#timer);
		this.#source?.close();
	}

	#open(): void {
		this.end();
		this.#source = new EventSource(this.#url);
		this.#heard();
		this.#source.addEventListener('state', (event) => {
			this.#heard();
			this.#failures = 0;
			this.#follower.connected(true);
			this.#follower.state(JSON.parse((event as MessageEvent<string>).data) as ChannelState);
		});
		this.#source.addEventListener('ping', () => this.#heard());
		this.#source.onerror = () => this.#fail();
	}

	#heard(): void {
		this.#heardAt = Date.now();
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#fail(), SILENCE_MS);
	}

	#fail(): void {
		this.end();
		this.#source = null;
		this.#failures += 1;
		if (this.#failures > 1) this.#follower.connected(false);
		this.#timer = setTimeout(() => this.#open(), backoff(WAIT, this.#failures - 1, Math.random()));
	}
}
