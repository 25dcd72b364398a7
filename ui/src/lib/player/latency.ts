// Decides how fast to play and when to jump, so that a live picture stays as near to the edge as its buffer bears.
// Pure: readings with a `now` go in, a decision comes out; the engine does it. Why our own: hls.js drifts by default
// and its own catch-up waits for more than a second of buffer, which a 0.2 s part stream never has.
//
// Two distances are kept. The aim is nominal: so far behind the edge as parts and round trip ask for. The floor is
// measured: the least buffer that was left before each arrival of media, over the last seconds, seen as if the
// playhead had always run at speed 1. The nearer of the two to danger wins, so jitter that no formula knows of
// still keeps us back. A stall widens both; a minute without one narrows them again.

/** What is seen at one moment. All spans in seconds; `now` in seconds of any steady clock. */
export interface Reading {
	now: number;
	/** Playhead, on the media's timeline. */
	position: number;
	/** End of the buffer that holds the playhead, same timeline. */
	bufferEnd: number;
	/** Live edge as the playlist tells it, aged to now; null before the first playlist. */
	edge: number | null;
	/** Part target, or null when the stream has no parts. */
	partTarget: number | null;
	/** Target duration of whole segments. */
	segmentTarget: number;
	/** Round trip to the server. */
	rtt: number;
	/** False while paused, seeking or waiting: nothing is steered then. */
	steady: boolean;
	/** True when the viewer chose to be behind; no catching up until told otherwise. */
	behindByChoice: boolean;
}

export interface Decision {
	/** Playback rate to set. */
	rate: number;
	/** Where to seek to, on the media's timeline; null nearly always. */
	jumpTo: number | null;
	/** The distance to the edge that is aimed for. */
	aim: number;
}

export const LIMITS = {
	slowest: 0.95,
	fastest: 1.12,
	/** Nominal distance: this many part targets … */
	partsBehind: 1.6,
	/** … but no nearer than this, plus the round trip. */
	nearest: 0.35,
	/** Whole-segment streams: how many segment targets behind the edge. */
	segmentsBehind: 1.25,
	/** Buffer that must be left just before media arrives: Chromium's decoders run dry with a tenth of a second left. */
	floor: 0.16,
	/** Of a round trip, so much more: what comes from far away comes less evenly. */
	floorOfTrip: 0.3,
	/** What each stall adds, how much at most, and how fast it is given back. */
	widenBy: 0.25,
	widenAtMost: 3,
	calmBeforeNarrowing: 60,
	narrowPerSecond: 0.01,
	/** Further behind the aim than this, a jump is kinder than minutes of fast speech. */
	jumpBeyond: 4,
	jumpAtMostEvery: 5,
	/** Just begun, a viewer has nothing to lose: the first seconds may close this much at once. */
	settleWithin: 4,
	settleBeyond: 0.3,
	settleJumps: 2,
	/** Deviation at which steering begins, and at which it ends. */
	startSteering: 0.07,
	stopSteering: 0.015
} as const;

/** Stalls nearer than this to each other are one trouble, told once. */
const SAME_STALL_S = 1;

export class LatencyController {
	#widened = 0;
	#lastStall = Number.NEGATIVE_INFINITY;
	#lastNarrowed = Number.NEGATIVE_INFINITY;
	#lastJump = Number.NEGATIVE_INFINITY;
	#steering = false;
	#firstSteady: number | null = null;
	#settleJumps = 0;
	/** Per moment, how far the buffer's end was ahead of the steady clock. */
	#lead: { now: number; lead: number }[] = [];

	/** Tells that playback ran dry at `now`. Not for seeks, and not for an encoder that is gone. */
	stalled(now: number): void {
		if (now - this.#lastStall > SAME_STALL_S) {
			this.#widened = Math.min(LIMITS.widenAtMost, this.#widened + LIMITS.widenBy);
		}
		this.#lastStall = now;
		this.#lastNarrowed = now;
	}

	/** Forgets what was measured of arrivals (a seek, a new rendition's timeline, an outage), not the stalls. */
	forgetArrivals(): void {
		this.#lead = [];
		this.#steering = false;
	}

	/** The distance to the edge aimed for with these parts and this round trip. */
	aim(reading: Pick<Reading, 'partTarget' | 'segmentTarget' | 'rtt'>): number {
		const nominal =
			reading.partTarget === null
				? reading.segmentTarget * LIMITS.segmentsBehind + 2 * reading.rtt
				: Math.max(reading.partTarget * LIMITS.partsBehind, LIMITS.nearest) + reading.rtt;
		return nominal + this.#widened;
	}

	update(reading: Reading): Decision {
		this.#narrow(reading.now);
		const aim = this.aim(reading);
		const still: Decision = { rate: 1, jumpTo: null, aim };
		if (!reading.steady || reading.edge === null || reading.behindByChoice) {
			if (!reading.steady) this.forgetArrivals();
			this.#steering = false;
			return still;
		}

		const late = reading.edge - reading.position - aim;
		if (late > LIMITS.jumpBeyond && reading.now - this.#lastJump > LIMITS.jumpAtMostEvery) {
			this.#lastJump = reading.now;
			this.#settleJumps = LIMITS.settleJumps;
			this.forgetArrivals();
			return { ...still, jumpTo: reading.edge - aim };
		}
		const deviation = Math.min(late, this.#spare(reading));
		if (this.#settles(reading, deviation)) {
			this.forgetArrivals();
			return { ...still, jumpTo: reading.position + deviation };
		}
		return { ...still, rate: this.#rate(deviation) };
	}

	/** Begins anew: a player that was rebuilt may settle by one jump again. */
	restart(): void {
		this.forgetArrivals();
		this.#firstSteady = null;
		this.#settleJumps = 0;
	}

	/** Whether to close the distance of the start by a jump inside the buffer; only in the first seconds. */
	#settles({ now }: Reading, deviation: number): boolean {
		this.#firstSteady ??= now;
		if (now - this.#firstSteady > LIMITS.settleWithin || this.#settleJumps >= LIMITS.settleJumps) return false;
		// Half a second of readings, so that the buffer's floor is known and not guessed.
		const seen = now - (this.#lead[0]?.now ?? now);
		const jumps = seen >= 0.5 && deviation > LIMITS.settleBeyond;
		if (jumps) this.#settleJumps += 1;
		return jumps;
	}

	/** Buffer beyond the floor, at the worst moment of the last arrivals, had we always played at speed 1. */
	#spare({ now, position, bufferEnd, partTarget, segmentTarget, rtt }: Reading): number {
		const rhythm = partTarget ?? segmentTarget;
		this.#lead.push({ now, lead: bufferEnd - now });
		const window = Math.max(2.5, rhythm * 2.5);
		while (this.#lead.length > 0 && now - (this.#lead[0]?.now ?? now) > window) this.#lead.shift();
		const seen = now - (this.#lead[0]?.now ?? now);
		const least = Math.min(...this.#lead.map((l) => l.lead)) - (position - now);
		// Before a whole rhythm was seen the worst moment may still be to come: assume that it is one rhythm lower.
		const unseen = Math.max(0, rhythm - seen);
		return least - unseen - LIMITS.floor - LIMITS.floorOfTrip * rtt - this.#widened;
	}

	/** Speed for a deviation: towards the edge up to 1.12, away from it down to 0.95, at rest within the dead band. */
	#rate(deviation: number): number {
		const size = Math.abs(deviation);
		if (!this.#steering && size < LIMITS.startSteering) return 1;
		if (size < LIMITS.stopSteering) {
			this.#steering = false;
			return 1;
		}
		this.#steering = true;
		const wanted = 1 + deviation * 0.3;
		const within = Math.min(LIMITS.fastest, Math.max(LIMITS.slowest, wanted));
		return Math.round(within * 100) / 100;
	}

	#narrow(now: number): void {
		if (this.#widened === 0 || now - this.#lastStall < LIMITS.calmBeforeNarrowing) {
			this.#lastNarrowed = now;
			return;
		}
		const given = (now - this.#lastNarrowed) * LIMITS.narrowPerSecond;
		this.#widened = Math.max(0, this.#widened - given);
		this.#lastNarrowed = now;
	}
}
