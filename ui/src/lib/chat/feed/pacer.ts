// Hands over what has gathered at most ten times a second: at once after a pause, else when the tenth is over.
export const PAINT_MS = 100;

export class Pacer {
	#last = -Infinity;
	#waiting = false;
	#give: () => void;
	#now: () => number;
	#later: (call: () => void, ms: number) => unknown;

	constructor(give: () => void, now: () => number, later: (call: () => void, ms: number) => unknown) {
		this.#give = give;
		this.#now = now;
		this.#later = later;
	}

	/** Something is there to give. */
	poke(): void {
		if (this.#waiting) return;
		const rest = this.#last + PAINT_MS - this.#now();
		if (rest <= 0) this.#hand();
		else {
			this.#waiting = true;
			this.#later(() => {
				this.#waiting = false;
				this.#hand();
			}, rest);
		}
	}

	#hand(): void {
		this.#last = this.#now();
		this.#give();
	}
}
