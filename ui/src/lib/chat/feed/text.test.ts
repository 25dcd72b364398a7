// What is made clickable in a message, and what only looks like an address.
import { describe, expect, it } from 'vitest';
import { pieces } from './text.ts';

function hrefs(text: string): string[] {
	return pieces(text).flatMap((piece) => (typeof piece !== 'string' && piece.k === 'link' ? [piece.href] : []));
}

describe('links in a message', () => {
	it.each([
		['see https://example.com/a?b.', 'https://example.com/a?b'],
		['go to example.com!', 'https://example.com/'],
		['youtu.be/%64Qw4 now', 'https://youtu.be/%64Qw4'],
		['888.com', 'https://888.com/'],
		['example.com...now', 'https://example.com/'],
		['(https://example.com/a_(b))', 'https://example.com/a_(b)']
	])('%s', (text, href) => {
		expect(hrefs(text)).toEqual([href]);
	});

	it.each([
		'2.co',
		'v1.2.3',
		'maya@example.com',
		'john.info@example.com',
		'example.com.evilish',
		'https://~',
		'ㅤ.wiki',
		'.gg'
	])('%s is none', (text) => {
		expect(hrefs(text)).toEqual([]);
	});
});
