// What becomes of those who wait when the worker fails. The worker is given.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Wire } from './wire.ts';

const made = vi.hoisted(() => ({ last: null as { onerror: (() => void) | null; ended: boolean } | null }));
vi.mock('./feed/worker.ts?worker', () => ({
	default: class {
		onmessage = null;
		onmessageerror = null;
		onerror: (() => void) | null = null;
		ended = false;
		constructor() {
			made.last = this;
		}
		postMessage() {}
		terminate() {
			this.ended = true;
		}
	}
}));

beforeEach(() => {
	const page = new EventTarget();
	vi.stubGlobal('location', { href: 'https://x.example/' });
	vi.stubGlobal('document', page);
	vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
	vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
});
afterEach(() => vi.unstubAllGlobals());

test('a worker that fails gives back every text, and who started it is told', async () => {
	const wire = new Wire();
	const failed = vi.fn();
	wire.start('ada', () => undefined, failed);
	const waiting = wire.say('hello', null);
	const worker = made.last;
	worker?.onerror?.();
	expect(await waiting).toMatchObject({ ok: false, id: 'lost' });
	expect([failed.mock.calls.length, worker?.ended, worker?.onerror]).toEqual([1, true, null]);
	expect(await wire.say('again', null)).toMatchObject({ ok: false, id: 'offline' });
});
