// What to do after a fatal player error, so that a player is never dead while its channel lives. Pure: gentle
// repairs first, a new player when they did not help, for ever, with a growing wait for the network.
import { backoff } from '#lib/retry.ts';

export type ErrorKind = 'network' | 'media' | 'other';
export type Repair = 'resume' | 'recover-media' | 'rebuild';

export interface Step {
	repair: Repair;
	inMs: number;
}

const WAIT = { first: 400, longest: 5000 };
/** Repairs further apart than this are separate troubles. */
const SAME_TROUBLE_S = 10;

export class Recovery {
	#tries: Record<ErrorKind, number> = { network: 0, media: 0, other: 0 };
	#last = Number.NEGATIVE_INFINITY;

	/** The repair for one more error of this kind at `now` (s); `random` in 0..1. */
	next(kind: ErrorKind, now: number, random: number): Step {
		if (now - this.#last > SAME_TROUBLE_S) this.healthy();
		this.#last = now;
		const tries = this.#tries[kind]++;
		const inMs = backoff(WAIT, tries, random);
		switch (kind) {
			case 'network':
				return { repair: tries < 2 ? 'resume' : 'rebuild', inMs };
			case 'media':
				return tries < 2 ? { repair: 'recover-media', inMs: 0 } : { repair: 'rebuild', inMs };
			case 'other':
				return { repair: 'rebuild', inMs };
		}
	}

	/** Playback goes on: the next trouble starts gently again. */
	healthy(): void {
		this.#tries = { network: 0, media: 0, other: 0 };
	}
}
