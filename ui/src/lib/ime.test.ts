// Which Enter sends, and which only ends a composition.
import { expect, test } from 'vitest';
import { composing } from './ime.ts';

test.each([
	['by itself', false, 13, false],
	['while something is composed', true, 229, true],
	['that ends a composition in Safari', false, 229, true]
])('Enter %s', (_, isComposing, keyCode, expected) => {
	expect(composing({ isComposing, keyCode })).toBe(expected);
});
