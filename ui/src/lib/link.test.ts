// When a loss of the connection is told, and when its end.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Link } from './link.svelte.ts';

let link: Link;
const told = () => (link.lost ? 'lost' : link.back ? 'back' : 'nothing');
const after = (ms: number) => {
	vi.advanceTimersByTime(ms);
	return told();
};

beforeEach(() => {
	vi.useFakeTimers();
	link = new Link();
});
afterEach(() => vi.useRealTimers());

test('a gap of a second is not told, nor is its end', () => {
	link.report('list', false);
	expect(after(1000)).toBe('nothing');
	link.report('list', true);
	expect(after(10_000)).toBe('nothing');
});

test('a loss is told after two seconds, and its end for a while', () => {
	link.report('player', false);
	expect(after(2000)).toBe('lost');
	link.report('list', false);
	link.report('player', true);
	expect(told()).toBe('lost');
	link.report('list', true);
	expect(told()).toBe('back');
	expect(after(5000)).toBe('nothing');
});

test('a hiccup while the end is told does not become a loss', () => {
	link.report('list', false);
	after(2000);
	link.report('list', true);
	link.report('list', false);
	expect(after(500)).toBe('nothing');
	link.report('list', true);
	expect(after(10_000)).toBe('nothing');
});

test('an answer outweighs a browser that takes itself for off line', () => {
	link.report('browser', false);
	link.report('list', true);
	expect(after(5000)).toBe('nothing');
});

test('who asks no more takes the doubt along', () => {
	link.report('player', false);
	link.forget('player');
	expect(after(5000)).toBe('nothing');
});
