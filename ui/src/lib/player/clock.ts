// Measures the server's clock against ours, so that PROGRAM-DATE-TIME tells a true latency on a machine whose clock
// is wrong. The sample with the shortest round trip is the truest; old samples are dropped because clocks drift.

import { api } from '#lib/api/client.ts';

export interface Sample {
	/** Our clock when the question left and when the answer came, ms. */
	sent: number;
	received: number;
	/** The server's clock in the answer, ms. */
	server: number;
}

const KEPT = 12;

export class ServerClock {
	#samples: Sample[] = [];

	add(sample: Sample): void {
		this.#samples.push(sample);
		if (this.#samples.length > KEPT) this.#samples.shift();
	}

	/** Asks the server for its time, so often one after the other; a server that does not answer is asked another time. */
	async measure(samples: number): Promise<void> {
		for (let i = 0; i < samples; i += 1) {
			const sent = performance.now();
			const answer = await api.time().catch(() => null);
			const received = performance.now();
			if (!answer) return;
			const origin = Date.now() - performance.now();
			this.add({ sent: sent + origin, received: received + origin, server: Date.parse(answer.now) });
		}
	}

	/** Round trip of the best sample, ms; null before the first answer. */
	get rtt(): number | null {
		const best = this.#best();
		return best ? best.received - best.sent : null;
	}

	/** Whether the round trip is that of a line in use: the first question may have opened it. */
	get settled(): boolean {
		return this.#samples.length > 1;
	}

	/** What must be added to our clock to read the server's, ms; 0 before the first answer. */
	get offset(): number {
		const best = this.#best();
		return best ? best.server - (best.sent + best.received) / 2 : 0;
	}

	#best(): Sample | undefined {
		return this.#samples.reduce<Sample | undefined>(
			(best, s) => (!best || s.received - s.sent < best.received - best.sent ? s : best),
			undefined
		);
	}
}
