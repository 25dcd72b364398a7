// Asks for parts before hls.js does. It asks for one after the other, and for each only once it is listed, so that every
// part costs a whole round trip: behind a long one they come slower than they play. Here those listed after the one that
// hls.js is at, and the one that the server hints at (EXT-X-PRELOAD-HINT, rfc8216bis section 4.4.5.3), are on their way
// when hls.js comes to them. What failed hls.js fetches by itself, as ever (loader.ts).
import type { FragmentLoaderContext, LevelDetails, Part } from 'hls.js';

/** So many parts of a track are asked for ahead of hls.js, at most; at the beginning two pieces more. */
export const AT_ONCE = 6;
/** With a shorter round trip nothing is gained. */
export const WORTH_S = 0.025;
/** What did not come within so long is given up. The server holds a hinted part for three target durations at most. */
const PATIENCE_MS = 15_000;

/** So many parts that came are remembered. */
const KEPT = 2 * (AT_ONCE + 2);

/** Picture or sound: each has its own playlists. */
export type Track = 'main' | 'audio';

/** A part that came, and when its first byte and its last did, ms of `performance.now()`. */
export interface Got {
	data: ArrayBuffer;
	first: number;
	end: number;
}

type Came = Omit<Got, 'data'> & { bytes: number };

/** Fetches one part; rejects for any answer but the part. */
export type FetchPart = (url: string, signal: AbortSignal) => Promise<Got>;

/** A part on its way. */
export interface Sent {
	/** When it was asked for, ms of `performance.now()`. */
	at: number;
	got: Promise<Got>;
	cancel(): void;
}

/** The parts of one track: what is listed, where hls.js is, and what is on its way. */
class TrackAhead {
	/** When each listed part was listed first, ms. */
	#listed = new Map<string, number>();
	#hint: string[] = [];
	/** Before hls.js asked for anything: what it will begin with. */
	#beginning: string[] | undefined;
	#begun = false;
	#at: string | null = null;
	#atOnce = 0;
	readonly #sent = new Map<string, Sent>();
	readonly #send: (url: string) => Sent;

	constructor(send: (url: string) => Sent) {
		this.#send = send;
	}

	/** A playlist came. With one part more on its way than a round trip lasts, one is always there when it is wanted. */
	list(details: LevelDetails, rtt: number): void {
		const now = performance.now();
		const there = (details.partList ?? []).filter((part) => !part.gap && part.url);
		this.#listed = new Map(there.map(({ url }) => [url ?? '', this.#listed.get(url ?? '') ?? now]));
		this.#hint = hintOf(details);
		this.#atOnce = rtt < WORTH_S ? 0 : Math.min(AT_ONCE, Math.ceil(rtt / details.partTarget) + 1);
		if (!this.#begun) this.#beginning ??= [...beginningOf(details, there), ...this.#hint];
		this.#goOn();
	}

	/** hls.js comes to this part, or to what is none (null). What is on its way already is handed over. */
	take(url: string | null): Sent | undefined {
		this.#begun = true;
		const sent = this.takeInit(url ?? '');
		this.#at = url;
		this.#goOn();
		return sent;
	}

	/** hls.js comes to an initialization section, which is no part of the way. */
	takeInit(url: string): Sent | undefined {
		this.#beginning = this.#beginning?.filter((each) => each !== url);
		const sent = this.#sent.get(url);
		this.#sent.delete(url);
		return sent;
	}

	/** How long ago a part was listed, ms; 0 if it is not. */
	age(url: string): number {
		const now = performance.now();
		return now - (this.#listed.get(url) ?? now);
	}

	/**
	 * Asks for what is next, at the beginning for an initialization section and a first part too, and lets go of what hls.js
	 * will not ask for.
	 */
	#goOn(): void {
		const wanted = this.#wanted();
		for (const [url, sent] of this.#sent) {
			if (wanted.includes(url)) continue;
			this.#sent.delete(url);
			sent.cancel();
		}
		const more = this.#begun || this.#atOnce === 0 ? 0 : 2;
		for (const url of wanted.slice(0, this.#atOnce + more)) if (!this.#sent.has(url)) this.#ask(url);
	}

	#ask(url: string): void {
		const sent = this.#send(url);
		this.#sent.set(url, sent);
		// What failed may be asked for again with the next playlist.
		sent.got.catch(() => this.#sent.get(url) === sent && this.#sent.delete(url));
	}

	/** The parts after the one that hls.js is at. Where that one is not listed, hls.js goes a way of its own. */
	#wanted(): string[] {
		if (!this.#begun) return this.#beginning ?? [];
		const listed = [...this.#listed.keys()];
		const at = this.#at === null ? -1 : listed.indexOf(this.#at);
		return at < 0 ? [] : [...listed.slice(at + 1), ...this.#hint];
	}
}

/** The part that is not there yet but will be next, if the server says so. */
function hintOf({ preloadHint, url }: LevelDetails): string[] {
	const uri: unknown = preloadHint?.['TYPE'] === 'PART' ? preloadHint['URI'] : null;
	return typeof uri === 'string' ? [new URL(uri, new URL(url, location.href)).href] : [];
}

/** As hls.js begins: behind the edge by the server's hold-back, with the part there that can be decoded by itself. */
function beginningOf(details: LevelDetails, parts: Part[]): string[] {
	const from = details.edge - Math.max(details.partHoldBack, details.partTarget);
	const all = !parts.some((part) => part.independent);
	const first = parts.findLastIndex((part) => part.start <= from && (all || part.independent));
	const init = details.fragmentHint?.initSegment ?? details.fragments.at(-1)?.initSegment;
	const urls = [init, ...parts.slice(Math.max(0, first))].map((piece) => piece?.url ?? '');
	return urls.filter((url) => url !== '');
}

export class Ahead {
	/** The best round trip of late, seconds. */
	rtt: number;
	#tracks: Record<Track, TrackAhead>;
	readonly #fetchPart: FetchPart;
	/** The last parts that came, oldest first: how many bytes and when. hls.js takes the bytes themselves away. */
	#came: Came[] = [];

	constructor(rtt: number, fetchPart: FetchPart = fetched) {
		this.rtt = rtt;
		this.#fetchPart = fetchPart;
		this.#tracks = this.#begin();
	}

	/** A playlist came, of which parts will be fetched. */
	listed(track: Track, details: LevelDetails): void {
		this.#tracks[track].list(details, this.rtt);
	}

	/** Whether what hls.js comes to is on its way already. */
	take({ part, frag, url }: FragmentLoaderContext): Sent | undefined {
		if (frag.type !== 'main' && frag.type !== 'audio') return undefined;
		const track = this.#tracks[frag.type];
		return frag.sn === 'initSegment' ? track.takeInit(url) : track.take(part ? url : null);
	}

	/** How long ago a part was listed, ms. */
	age(track: Track, url: string): number {
		return this.#tracks[track].age(url);
	}

	/** What share of the line a part had while it came: others may have come beside it. 1 if it came in no time. */
	shareOf({ data, first, end }: Got): number {
		const beside = (other: Came) => {
			const both = Math.min(end, other.end) - Math.max(first, other.first);
			return (other.bytes * Math.max(0, both)) / Math.max(1, other.end - other.first);
		};
		const bytes = this.#came.reduce((sum, other) => sum + beside(other), 0);
		return end - first <= 1 ? 1 : Math.min(1, data.byteLength / bytes);
	}

	/** Another list begins, another player, or none: nothing more of what was on its way. */
	restart(): void {
		for (const track of Object.values(this.#tracks)) track.take(null);
		this.#tracks = this.#begin();
	}

	#begin(): Record<Track, TrackAhead> {
		const track = () => new TrackAhead((url) => this.#send(url));
		return { main: track(), audio: track() };
	}

	#send(url: string): Sent {
		const abort = new AbortController();
		const impatient = setTimeout(() => abort.abort(), PATIENCE_MS);
		const got = this.#fetchPart(url, abort.signal).finally(() => clearTimeout(impatient));
		const keep = ({ data, first, end }: Got) => {
			this.#came = [...this.#came, { bytes: data.byteLength, first, end }].slice(-KEPT);
		};
		// Nobody may ever come for it, and then nobody hears of a failure.
		got.then(keep, () => undefined);
		return { at: performance.now(), got, cancel: () => abort.abort() };
	}
}

const fetched: FetchPart = async (url, signal) => {
	const answer = await fetch(url, { signal });
	if (answer.status !== 200) throw new Error(`HTTP ${answer.status}`);
	const first = performance.now();
	return { data: await answer.arrayBuffer(), first, end: performance.now() };
};
