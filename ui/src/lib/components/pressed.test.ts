import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'svelte/compiler';
import { expect, test } from 'vitest';

const src = join(import.meta.dirname, '../..');

/** The source of every element's attributes, by name. */
function attributesIn(source: string): Record<string, string>[] {
	const found: Record<string, string>[] = [];
	const walk = (node: unknown) => {
		if (typeof node !== 'object' || node === null) return;
		if ('attributes' in node) {
			const all = node.attributes as { name?: string; start: number; end: number }[];
			found.push(Object.fromEntries(all.map((one) => [one.name, source.slice(one.start, one.end)])));
		}
		Object.values(node).forEach(walk);
	};
	walk(parse(source, { modern: true }).fragment);
	return found;
}

test('a button that is pressed keeps its name: "Hide, pressed" would say it twice', () => {
	const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith('.svelte'))
		.map((name) => readFileSync(join(src, name), 'utf8'));
	const pressed = sources
		.filter((source) => source.includes('aria-pressed'))
		.flatMap(attributesIn)
		.filter((attributes) => 'aria-pressed' in attributes);
	expect(pressed.length).toBeGreaterThan(0);
	expect(pressed.filter((attributes) => attributes['aria-label']?.includes(' ? '))).toEqual([]);
});
