// Decides whether parts or whole segments are fetched. Parts that are asked for ahead (ahead.ts) keep up over a long way; on
// a longer one still, or a line that loses too much, they come later and later, and the picture stands for ever. A whole
// segment costs one round trip too, and lasts several parts. Pure: spans in seconds, `now` of a steady clock.

/**
 * Parts are thought to keep up with a round trip of so many parts where many requests go at once, of so many where they wait
 * for one of a few connections. They are taken up again below `enter` of it.
 */
export const BORNE = { shared: 4, alone: 1.5, enter: 0.7 } as const;
/** So long after it was listed a part comes too late, … */
export const LATE_S = 1.5;
/** … if so many came one after the other, … */
export const LOOKED_AT = 15;
/** … and it got no better by this much from the first of them to the last. */
const BETTER_S = 0.3;
/** So long whole segments are fetched at least; twice as long each time that parts proved too slow again. */
export const PATIENCE_S = 30;
/** How long a part is thought to be before a playlist says so. */
const USUAL_PART_S = 0.2;

export class Pieces {
	/** Whether parts are fetched. */
	parts: boolean;
	/** How late each of the last parts came. */
	#lags: number[] = [];
	#leftAt = Number.NEGATIVE_INFINITY;
	#patience: number = PATIENCE_S;
	/** The longest round trip that is borne, in parts. */
	readonly #borne: number;

	/** `guess`: the round trip, as far as anything tells before one is measured; `shared`: whether many requests go at once. */
	constructor(guess = 0, shared = true) {
		this.#borne = shared ? BORNE.shared : BORNE.alone;
		this.parts = guess <= this.#borne * USUAL_PART_S;
	}

	/** A part came, so long after it was listed. */
	came(lag: number, now: number): void {
		this.#lags = [...this.#lags, lag].slice(-LOOKED_AT);
		const [first = 0] = this.#lags;
		const late = this.#lags.length === LOOKED_AT && this.#lags.every((each) => each > LATE_S);
		if (this.parts && late && lag > first - BETTER_S) this.#leave(now);
	}

	/** Another rung plays: what was seen of the last one says nothing of it. */
	forget(): void {
		this.#lags = [];
	}

	/**
	 * The best round trip of late, and how long the stream's parts are. A page that is busy with its beginning measures one
	 * that is too long: a better one overrules it at once. What parts themselves showed is believed for longer.
	 */
	roundTrip(rtt: number, partTarget: number, now: number): void {
		const borne = this.#borne * partTarget;
		if (rtt > borne) this.parts = false;
		else if (rtt < BORNE.enter * borne && now - this.#leftAt > this.#patience) this.#enter();
	}

	#leave(now: number): void {
		this.parts = false;
		this.#leftAt = now;
		this.forget();
	}

	#enter(): void {
		if (this.parts) return;
		this.parts = true;
		if (this.#leftAt > Number.NEGATIVE_INFINITY) this.#patience *= 2;
	}
}
