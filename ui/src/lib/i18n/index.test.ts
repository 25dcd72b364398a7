// Languages that browsers claim to speak.
import { expect, test } from 'vitest';
import { usable } from './index.ts';

test('a tag that Intl does not know is replaced by the language of the site', () => {
	expect(usable('de-at')).toBe('de-AT');
	expect(usable('C')).toBe('en');
	expect(usable('')).toBe('en');
});
