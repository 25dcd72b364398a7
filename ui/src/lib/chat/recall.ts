// What was sent from a field, to be brought back by arrows. Pure.
const KEPT = 20;

export class Recall {
	#sent: string[] = [];
	/** How far back one stands; 0 is what is being written. */
	#at = 0;

	add(text: string): void {
		this.#sent = [text, ...this.#sent].slice(0, KEPT);
		this.#at = 0;
	}

	/** The text that is one further back (1) or forward (-1) from `now`, or null if the arrow means nothing here. */
	step(by: 1 | -1, now: string): string | null {
		const untouched = now === '' || now === this.#sent[this.#at - 1];
		const at = Math.min(this.#sent.length, Math.max(0, this.#at + by));
		if (!untouched || at === this.#at) return null;
		this.#at = at;
		return this.#sent[at - 1] ?? '';
	}
}
