// Words that stand for a moment and go by themselves; the newest have their whole moment.
export class Momentary {
	words = $state('');
	readonly #ms: number;
	#timer: ReturnType<typeof setTimeout> | undefined;

	constructor(ms = 4000) {
		this.#ms = ms;
	}

	say(words: string): void {
		clearTimeout(this.#timer);
		this.words = words;
		this.#timer = setTimeout(() => (this.words = ''), this.#ms);
	}

	forget(): void {
		clearTimeout(this.#timer);
		this.words = '';
	}
}
