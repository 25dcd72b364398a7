// Reads the token file and checks every text pair's contrast (WCAG 2.2: 4.5 for text, 3 for controls and marks), and that
// no token is left over.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

type Theme = Record<string, string>;
function themeOf(selector: string): Theme {
	const block = css.slice(css.indexOf(`${selector} {`)).split('}')[0] ?? '';
	return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*([^;]+);/g)].map((m) => [m[1], m[2] ?? '']));
}

/** Relative luminance of an opaque oklch colour. */
function luminance(colour: string): number {
	const match = /^oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)$/.exec(colour);
	if (!match) throw new Error(`not an opaque oklch colour: ${colour}`);
	const [L, C, H] = match.slice(1).map(Number) as [number, number, number];
	const [a, b] = [C * Math.cos((H * Math.PI) / 180), C * Math.sin((H * Math.PI) / 180)];
	const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
	const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
	const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
	const clamp = (x: number) => Math.min(1, Math.max(0, x));
	const red = clamp(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s);
	const green = clamp(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s);
	const blue = clamp(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s);
	return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
	const [low, high] = [luminance(one), luminance(other)].sort((x, y) => x - y) as [number, number];
	return (high + 0.05) / (low + 0.05);
}

const dark = themeOf(':root');
const light = { ...dark, ...themeOf(":root[data-theme='light']") };
const GROUNDS = ['page', 'raised', 'overlay', 'hover'];
const TEXTS = ['text', 'text-2', 'text-3', 'accent-text', 'success', 'warning', 'danger'];
const PAIRS: [string, string, number][] = [
	...GROUNDS.flatMap((ground) => TEXTS.map((text): [string, string, number] => [text, ground, 4.5])),
	['text', 'accent-soft', 4.5],
	['text-2', 'accent-soft', 4.5],
	['on-accent', 'accent', 4.5],
	['on-accent', 'accent-hover', 4.5],
	['on-live', 'live', 4.5],
	['on-live', 'live-calm', 4.5],
	...GROUNDS.map((ground): [string, string, number] => ['live-dot', ground, 3]),
	['on-shade', 'picture', 4.5],
	['on-shade-2', 'picture', 4.5],
	['on-shade', 'shade-menu', 4.5],
	['on-shade-2', 'shade-menu', 4.5],
	['on-shade-accent', 'picture', 3],
	['live-dot', 'picture', 3],
	['on-shade-rest', 'picture', 3],
	['control-line', 'page', 3],
	['control-line', 'raised', 3],
	['control-line', 'overlay', 3]
];

describe.each([
	['dark', dark],
	['light', light]
])('in the %s theme', (_, theme) => {
	test.each(PAIRS)('%s on %s has at least %s to 1', (text, ground, least) => {
		expect(contrast(theme[text] ?? '', theme[ground] ?? '')).toBeGreaterThanOrEqual(least);
	});
});

const src = join(import.meta.dirname, '../..');
const styled = readdirSync(src, { recursive: true, encoding: 'utf8' })
	.filter((name) => /\.(css|svelte)$/.test(name))
	.map((name) => [name, readFileSync(join(src, name), 'utf8')] as const);

test('colours stand in the token file alone, but for those made of a hue', () => {
	const strays = styled.flatMap(([name, text]) =>
		name.endsWith('tokens.css') ? [] : (text.match(/.*oklch\((?!.*var\(--hue\)).*/g) ?? []).map((line) => [name, line])
	);
	expect(strays).toEqual([]);
});

test('every token is used', () => {
	const styles = styled.map(([, text]) => text).join('\n');
	expect(Object.keys(dark).filter((token) => !styles.includes(`var(--${token})`))).toEqual([]);
});
