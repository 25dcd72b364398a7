// The server's word on which renditions there are, with patience: one that its encoder is late with is not named for a
// moment. Pure: the clock is an argument, in seconds.

/** Unnamed for so long, a rendition is gone; named for so long, it is back. */
const GONE_AFTER_S = 3;
const BACK_AFTER_S = 2;

export class Roll {
	/** Of every rendition that was ever named: whether it is now, and since when. */
	#entries = new Map<string, { named: boolean; since: number }>();

	/** Takes the names as they are now. */
	take(names: readonly string[], now: number): void {
		for (const name of new Set([...names, ...this.#entries.keys()])) {
			const named = names.includes(name);
			if (this.#entries.get(name)?.named !== named) this.#entries.set(name, { named, since: now });
		}
	}

	/** The encoder is back, its ladder a little later: all patience begins anew. */
	beCalm(now: number): void {
		for (const entry of this.#entries.values()) entry.since = now;
	}

	/** Those that were there and are no more. Each is told once. */
	gone(now: number): string[] {
		const gone = [...this.#entries].filter(([, e]) => !e.named && now - e.since >= GONE_AFTER_S).map(([name]) => name);
		for (const name of gone) this.#entries.delete(name);
		return gone;
	}

	/** Whether it is there for good, as far as one can tell. */
	steady(name: string, now: number): boolean {
		const entry = this.#entries.get(name);
		return entry !== undefined && entry.named && now - entry.since >= BACK_AFTER_S;
	}

	/** Those that are there now. */
	get names(): string[] {
		return [...this.#entries].filter(([, e]) => e.named).map(([name]) => name);
	}
}
