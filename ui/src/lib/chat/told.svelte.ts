// Sentences for one viewer alone, above where they write: lists that were asked for, what a command did. Each goes when it
// has had time to be read, and none while a pointer or the focus is on them.
const KEPT = 3;
/** To find a sentence, and for each of its characters: a slow reader's pace. */
const FIND_MS = 5000;
const READ_MS = 80;
const LONGEST_MS = 60_000;
/** What ran out meanwhile stays so long after one let go of it. */
export const GRACE_MS = 3000;

/** What is on a note, which stays meanwhile. */
export type Holder = 'pointer' | 'focus';

export interface Sentence {
	key: number;
	text: string;
	/** When it goes, ms; infinite for what waits to be dismissed. */
	until: number;
}

export const lifeOf = (text: string) => Math.min(LONGEST_MS, FIND_MS + READ_MS * text.length);

export class Told {
	all = $state.raw<readonly Sentence[]>([]);
	#key = 0;
	#timer: ReturnType<typeof setTimeout> | undefined;
	/** What is on the sentences. */
	readonly #on = { pointer: false, focus: false };

	/** `stays`: not an answer to what the viewer just did, who may be elsewhere. */
	tell(text: string, stays = false): void {
		this.#key += 1;
		const until = stays ? Infinity : Date.now() + lifeOf(text);
		this.all = [...this.all.slice(1 - KEPT), { key: this.#key, text, until }];
		this.#plan();
	}

	/** What was told so far holds no more. */
	clear(): void {
		this.#take([]);
	}

	dismiss(key: number): void {
		this.#take(this.all.filter((one) => one.key !== key));
	}

	#take(left: readonly Sentence[]): void {
		this.all = left;
		// What is taken away from under a pointer never says that it left.
		this.hold('pointer', false);
		this.hold('focus', false);
	}

	get #held(): boolean {
		return this.#on.pointer || this.#on.focus;
	}

	hold(by: Holder, on: boolean): void {
		const before = this.#held;
		this.#on[by] = on;
		if (before && !this.#held) {
			const least = Date.now() + GRACE_MS;
			this.all = this.all.map((one) => ({ ...one, until: Math.max(one.until, least) }));
		}
		this.#plan();
	}

	/** Waits for the next that goes. */
	#plan(): void {
		clearTimeout(this.#timer);
		const next = Math.min(...this.all.map((one) => one.until));
		if (this.#held || !Number.isFinite(next)) return;
		this.#timer = setTimeout(() => {
			this.all = this.all.filter((one) => one.until > Date.now());
			this.#plan();
		}, next - Date.now());
	}
}
