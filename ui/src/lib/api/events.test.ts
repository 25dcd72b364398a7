// When a stream of events is taken for lost. The browser's EventSource and its clock are given.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { followChannel } from './events.ts';

class Source extends EventTarget {
	static all: Source[] = [];
	onerror: (() => void) | null = null;
	closed = false;
	readonly url: string;
	constructor(url: string) {
		super();
		this.url = url;
		Source.all.push(this);
	}
	close(): void {
		this.closed = true;
	}
	tell(type: string, data = ''): void {
		this.dispatchEvent(new MessageEvent(type, { data }));
	}
}

let page: EventTarget & { visibilityState?: string };
let told: unknown[];
let end: () => void;
const last = () => Source.all.at(-1) as Source;

beforeEach(() => {
	vi.useFakeTimers();
	Source.all = [];
	told = [];
	page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
	vi.stubGlobal('EventSource', Source);
	vi.stubGlobal('document', page);
	vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
	vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
	end = followChannel('ada', {
		state: (state) => told.push(state.state),
		connected: (yes) => told.push(yes)
	});
});
afterEach(() => {
	vi.useRealTimers();
	vi.unstubAllGlobals();
});

test('a stream that says nothing for forty seconds is opened anew', () => {
	last().tell('state', '{"state":"offline"}');
	vi.advanceTimersByTime(39_000);
	last().tell('ping', 'ping');
	vi.advanceTimersByTime(39_000);
	expect([Source.all.length, last().closed]).toEqual([1, false]);
	vi.advanceTimersByTime(2000);
	expect([Source.all.length, Source.all[0]?.closed]).toEqual([2, true]);
	last().tell('state', '{"state":"live"}');
	expect(told).toEqual([true, 'offline', true, 'live']);
});

test('one that opens and says nothing at all is told as lost the second time', () => {
	vi.advanceTimersByTime(82_000);
	expect([Source.all.length, told]).toEqual([3, [false]]);
});

test.each(['online', 'visibilitychange'])('who comes back (%s) does not trust a stream that was silent', (event) => {
	vi.advanceTimersByTime(19_000);
	page.dispatchEvent(new Event(event));
	expect(Source.all.length).toBe(1);
	vi.advanceTimersByTime(2000);
	page.visibilityState = 'hidden';
	page.dispatchEvent(new Event(event));
	expect(Source.all.length).toBe(1);
	page.visibilityState = 'visible';
	page.dispatchEvent(new Event(event));
	expect([Source.all.length, Source.all[0]?.closed]).toEqual([2, true]);
});

test('a stream that broke is opened at once for who comes back, and never after its end', () => {
	last().onerror?.();
	page.dispatchEvent(new Event('online'));
	expect(Source.all.length).toBe(2);
	end();
	vi.advanceTimersByTime(100_000);
	page.dispatchEvent(new Event('online'));
	expect([Source.all.length, last().closed]).toEqual([2, true]);
});
