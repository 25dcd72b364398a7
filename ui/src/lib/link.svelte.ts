// Whether anything reaches the site: who asks reports how it went, and the page says what lasts longer than a hiccup.
// Words are drawn by LinkNote.svelte; whoever shows something as live asks here whether that may still be said.

/** Who reports: the browser by itself, the list of live streams, the channel's events, the player. */
export type Reporter = 'browser' | 'list' | 'channel' | 'player';

/** A gap that is over sooner is not told. */
const TOLD_AFTER_MS = 2000;
const BACK_FOR_MS = 5000;

type State = 'fine' | 'doubt' | 'lost' | 'back';

export class Link {
	/** In doubt nothing is told yet; "back" follows a loss that was told. */
	#state = $state<State>('fine');
	#without: readonly Reporter[] = [];
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** Lost for so long that it is told. */
	get lost(): boolean {
		return this.#state === 'lost';
	}

	/** A loss that was told is just over. */
	get back(): boolean {
		return this.#state === 'back';
	}

	/** `who` got an answer, or could not reach anybody. */
	report(who: Reporter, reached: boolean): void {
		// An answer proves more than what the browser takes for being off line.
		const others = this.#without.filter((one) => one !== who && !(reached && one === 'browser'));
		this.#judge(reached ? others : [...others, who]);
	}

	/** `who` asks no more: what it reported last says nothing any longer. */
	forget(who: Reporter): void {
		this.#judge(this.#without.filter((one) => one !== who));
	}

	/** Listens to the browser until the answer is called. */
	start(): () => void {
		const told = () => {
			if (navigator.onLine) this.forget('browser');
			else this.report('browser', false);
		};
		addEventListener('online', told);
		addEventListener('offline', told);
		told();
		return () => {
			removeEventListener('online', told);
			removeEventListener('offline', told);
		};
	}

	#judge(without: readonly Reporter[]): void {
		this.#without = without;
		const down = without.length > 0;
		if (down && (this.#state === 'fine' || this.#state === 'back')) this.#enter('doubt', TOLD_AFTER_MS, 'lost');
		else if (!down && this.#state === 'doubt') this.#enter('fine');
		else if (!down && this.#state === 'lost') this.#enter('back', BACK_FOR_MS, 'fine');
	}

	#enter(state: State, ms = 0, next: State = state): void {
		clearTimeout(this.#timer);
		this.#state = state;
		if (ms > 0) this.#timer = setTimeout(() => (this.#state = next), ms);
	}
}

export const link = new Link();
