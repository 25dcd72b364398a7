// How long sentences at the composer stay.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lifeOf, Told } from './told.svelte.ts';

const SHORT = 'Done.';
const LONG = 'The moderators of this channel are: bea, finbot, and a good many more whose names take a while to read.';
let told: Told;
const texts = () => told.all.map((one) => one.text);

beforeEach(() => {
	vi.useFakeTimers();
	told = new Told();
});
afterEach(() => vi.useRealTimers());

test('a sentence goes when it has had time to be read, a long one later', () => {
	told.tell(LONG);
	told.tell(SHORT);
	vi.advanceTimersByTime(lifeOf(SHORT));
	expect(texts()).toEqual([LONG]);
	vi.advanceTimersByTime(lifeOf(LONG));
	expect(texts()).toEqual([]);
});

test('none goes from under a pointer or the focus, nor at once when they leave', () => {
	told.tell(SHORT);
	told.hold('pointer', true);
	told.hold('focus', true);
	vi.advanceTimersByTime(60_000);
	told.hold('pointer', false);
	vi.advanceTimersByTime(60_000);
	expect(texts()).toEqual([SHORT]);
	told.hold('focus', false);
	vi.advanceTimersByTime(2000);
	expect(texts()).toEqual([SHORT]);
	vi.advanceTimersByTime(2000);
	expect(texts()).toEqual([]);
});

test('one that is dismissed under the pointer keeps no other', () => {
	told.tell(SHORT);
	told.tell(LONG);
	told.hold('pointer', true);
	told.dismiss(told.all[0]?.key ?? 0);
	expect(texts()).toEqual([LONG]);
	vi.advanceTimersByTime(60_000);
	expect(texts()).toEqual([]);
});

test('what is no answer waits to be dismissed', () => {
	told.tell('You may write here again.', true);
	told.tell(SHORT);
	vi.advanceTimersByTime(600_000);
	expect(texts()).toEqual(['You may write here again.']);
});
