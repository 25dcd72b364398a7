// The reference of the API, which no bundler sees, has the site's typeface by an address that stays.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('the typeface beside the bundle is that of the bundle', () => {
	const ui = join(import.meta.dirname, '../../..');
	const bundled = readFileSync(join(ui, 'node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2'));
	expect(readFileSync(join(ui, 'static/inter.woff2')).equals(bundled)).toBe(true);
});
