import { describe, expect, test } from 'vitest';
import { LatencyController, LIMITS, type Decision, type Reading } from './latency.ts';

const PART = 0.2;

/** A live edge that moves, media that arrives each part, a playhead that obeys the controller. */
class World {
	controller = new LatencyController();
	now = 100;
	position: number;
	partTarget: number | null = PART;
	rtt = 0.005;
	/** How late each arrival is, seconds. */
	late = 0.02;
	steady = true;
	behindByChoice = false;
	stalls = 0;
	jumps: number[] = [];
	last: Decision = { rate: 1, jumpTo: null, aim: 0 };

	constructor(behind: number) {
		this.position = this.now - behind;
	}

	bufferEnd(): number {
		const rhythm = this.partTarget ?? 2;
		return Math.floor((this.now - this.late) / rhythm) * rhythm;
	}

	behind = () => this.now - this.position;

	run(seconds: number): this {
		for (const until = this.now + seconds; this.now < until; this.now += 0.1) {
			const ahead = this.bufferEnd() - this.position;
			this.last = this.controller.update(this.reading());
			if (this.last.jumpTo !== null) {
				this.jumps.push(this.last.jumpTo);
				this.position = this.last.jumpTo;
			}
			const step = 0.1 * this.last.rate;
			if (step > ahead) {
				this.stalls += 1;
				this.controller.stalled(this.now);
			} else this.position += step;
		}
		return this;
	}

	reading(): Reading {
		return {
			now: this.now,
			position: this.position,
			bufferEnd: this.bufferEnd(),
			edge: this.now,
			partTarget: this.partTarget,
			segmentTarget: 2,
			rtt: this.rtt,
			steady: this.steady,
			behindByChoice: this.behindByChoice
		};
	}
}

describe('the latency controller', () => {
	test('closes the distance of a late start within ten seconds and then holds it without a stall', () => {
		const world = new World(1.1).run(10);
		expect(world.behind()).toBeLessThan(0.5);
		world.run(300);
		expect(world.behind()).toBeGreaterThan(0.3);
		expect(world.behind()).toBeLessThan(0.5);
		expect(world.stalls).toBe(0);
	});

	test('jumps at the very start, inside the buffer, and never for so little again', () => {
		const world = new World(1.1).run(3);
		expect(world.jumps).toHaveLength(1);
		world.run(3);
		world.position -= 1;
		world.run(10);
		expect(world.jumps).toHaveLength(1);
		expect(world.behind()).toBeLessThan(0.6);
	});

	test('keeps back from the nominal aim when media arrives later than the formula knows', () => {
		const world = new World(1.1);
		world.late = 0.3;
		world.run(60);
		expect(world.behind()).toBeGreaterThan(0.55);
		expect(world.stalls).toBe(0);
	});

	test('keeps more of what comes from far away, and so lets it come less evenly', () => {
		// Unevenly enough that the floor decides, not the formula.
		const behind = [0, 0.3].map((rtt) => {
			const world = new World(1.6);
			Object.assign(world, { rtt, late: 0.5 });
			return world.run(60).behind();
		});
		expect((behind[1] ?? 0) - (behind[0] ?? 0)).toBeCloseTo(LIMITS.floorOfTrip * 0.3, 1);
	});

	test('slows down a little when the buffer runs thin', () => {
		const world = new World(0.26);
		world.run(3);
		expect(world.last.rate).toBeLessThan(1);
		expect(world.last.rate).toBeGreaterThanOrEqual(LIMITS.slowest);
	});

	test('never leaves its limits of speed', () => {
		for (const behind of [0.1, 0.5, 1, 2, 4]) {
			const world = new World(behind);
			for (let i = 0; i < 100; i += 1) {
				world.run(0.1);
				expect(world.last.rate).toBeGreaterThanOrEqual(LIMITS.slowest);
				expect(world.last.rate).toBeLessThanOrEqual(LIMITS.fastest);
			}
		}
	});

	test('jumps to the aim when far behind, at most every five seconds', () => {
		const world = new World(12).run(0.3);
		expect(world.jumps).toHaveLength(1);
		expect(world.behind()).toBeLessThan(1);
		world.position -= 10;
		world.run(1);
		expect(world.jumps).toHaveLength(1);
	});

	test('stays where the viewer chose to be', () => {
		const world = new World(8);
		world.behindByChoice = true;
		world.run(5);
		expect(world.jumps).toEqual([]);
		expect(world.last.rate).toBe(1);
	});

	test('steers nothing while paused or waiting', () => {
		const world = new World(3);
		world.steady = false;
		expect(world.run(1).last).toMatchObject({ rate: 1, jumpTo: null });
	});

	test('widens by a quarter second per stall and narrows again after a calm minute', () => {
		const world = new World(0.45).run(2);
		const aim = world.last.aim;
		world.controller.stalled(world.now);
		expect(world.run(1).last.aim).toBeCloseTo(aim + 0.25);
		world.controller.stalled(world.now);
		expect(world.run(50).last.aim).toBeCloseTo(aim + 0.5);
		expect(world.run(90).last.aim).toBeCloseTo(aim, 1);
	});

	test('counts stalls within a second as one, and widens only so far', () => {
		const controller = new LatencyController();
		const at = { partTarget: PART, segmentTarget: 1, rtt: 0 };
		const aim = controller.aim(at);
		controller.stalled(10);
		controller.stalled(10.5);
		expect(controller.aim(at)).toBeCloseTo(aim + LIMITS.widenBy);
		for (let i = 0; i < 50; i += 1) controller.stalled(20 + i * 2);
		expect(controller.aim(at)).toBeCloseTo(aim + LIMITS.widenAtMost);
	});

	test('plays whole segments of two seconds without a stall, under four seconds behind', () => {
		const world = new World(6);
		world.partTarget = null;
		world.run(120);
		expect(world.stalls).toBe(0);
		expect(world.behind()).toBeLessThan(4);
	});
});
