import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Momentary } from './momentary.svelte.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('words go after their moment, and not after that of earlier ones', () => {
	const told = new Momentary(1000);
	told.say('one');
	vi.advanceTimersByTime(900);
	told.say('two');
	vi.advanceTimersByTime(900);
	expect(told.words).toBe('two');
	vi.advanceTimersByTime(200);
	expect(told.words).toBe('');
});

test('words that are forgotten take no later ones with them', () => {
	const told = new Momentary(1000);
	told.say('one');
	told.forget();
	expect(told.words).toBe('');
	vi.advanceTimersByTime(900);
	told.say('two');
	vi.advanceTimersByTime(900);
	expect(told.words).toBe('two');
});
