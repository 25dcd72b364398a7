// Decides whether parts or whole segments are fetched. hls.js asks for one part after the other, and each costs a round
// trip: where that takes as long as a part lasts, a viewer far away falls behind for ever, however wide the line is. A
// whole segment costs one round trip too, and lasts several parts. Pure: spans in seconds, `now` of a steady clock.

/** Of a part's length: beyond `leave` parts are given up, below `enter` taken up again. */
export const SHARES = { leave: 0.95, enter: 0.7 } as const;

/** So many parts are looked at together: one that is late says nothing. */
export const LOOKED_AT = 15;
/** So long whole segments are fetched at least; twice as long each time that parts proved too slow again. */
export const PATIENCE_S = 30;
/** How long a part is thought to be before a playlist says so. */
const USUAL_PART_S = 0.2;

export class Pieces {
	/** Whether parts are fetched. */
	parts: boolean;
	/** What share of its length each of the last parts took to come. */
	#shares: number[] = [];
	#leftAt = Number.NEGATIVE_INFINITY;
	#patience: number = PATIENCE_S;

	/** `guess`: the round trip, as far as anything tells before one is measured. */
	constructor(guess = 0) {
		this.parts = guess <= SHARES.leave * USUAL_PART_S;
	}

	/** A part that plays for `lasts` came, `took` after it was asked for. */
	loaded(took: number, lasts: number, now: number): void {
		this.#shares = [...this.#shares, took / lasts].slice(-LOOKED_AT);
		const mean = this.#shares.reduce((sum, share) => sum + share, 0) / LOOKED_AT;
		if (this.parts && this.#shares.length === LOOKED_AT && mean > SHARES.leave) this.#leave(now);
	}

	/** Another rung plays: what was seen of the last one says nothing of it. */
	forget(): void {
		this.#shares = [];
	}

	/**
	 * The best round trip of late, and how long the stream's parts are. A page that is busy with its beginning measures one
	 * that is too long: a better one overrules it at once. What parts themselves took is believed for longer.
	 */
	roundTrip(rtt: number, partTarget: number, now: number): void {
		if (rtt > SHARES.leave * partTarget) this.parts = false;
		else if (rtt < SHARES.enter * partTarget && now - this.#leftAt > this.#patience) this.#enter();
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
