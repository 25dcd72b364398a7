// Name colours that can be read: the hue that somebody chose, its lightness moved until the contrast is enough.
// Pure; the grounds are the least favourable ones that a row may stand on, and a test compares them with the tokens.

type Rgb = [number, number, number];

/** Relative luminance of the ground behind a highlighted or hovered row, dark and light. */
export const GROUND = { dark: 0.028, light: 0.82 } as const;
/** WCAG's 4.5, and a little for rounding to eight bits. */
const CONTRAST = 4.6;

const linear = (c: number) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const gamma = (c: number) => (c <= 0.0031308 ? c * 12.92 : 1.055 * c ** (1 / 2.4) - 0.055);
const clamp = (c: number) => Math.min(1, Math.max(0, c));

function parse(hex: string): Rgb {
	const n = Number.parseInt(hex.replace('#', ''), 16);
	const value = Number.isFinite(n) ? n : 0x999999;
	return [(value >> 16) & 255, (value >> 8) & 255, value & 255].map((c) => linear(c / 255)) as Rgb;
}

const write = (rgb: Rgb) =>
	`#${rgb
		.map((c) =>
			Math.round(gamma(clamp(c)) * 255)
				.toString(16)
				.padStart(2, '0')
		)
		.join('')}`;

export const luminance = ([r, g, b]: Rgb): number => 0.2126 * r + 0.7152 * g + 0.0722 * b;

/** Contrast of `hex` against a ground of luminance `ground`. */
export function contrast(hex: string, ground: number): number {
	const [low, high] = [luminance(parse(hex)), ground].sort((a, b) => a - b) as [number, number];
	return (high + 0.05) / (low + 0.05);
}

function toLch([r, g, b]: Rgb): [number, number, number] {
	const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
	const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
	const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
	const a = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
	const bb = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
	return [0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, Math.hypot(a, bb), Math.atan2(bb, a)];
}

function fromLch(L: number, C: number, h: number): Rgb {
	const [a, b] = [C * Math.cos(h), C * Math.sin(h)];
	const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
	const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
	const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
	return [
		4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
		-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
		-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s
	];
}

/** The colour of this lightness and hue with as much of `C` as a screen can show. */
function shown(L: number, C: number, h: number): Rgb {
	let chroma = C;
	for (let i = 0; i < 12; i += 1) {
		const rgb = fromLch(L, chroma, h);
		if (rgb.every((c) => c >= -0.001 && c <= 1.001)) return rgb;
		chroma *= 0.85;
	}
	return fromLch(L, 0, h);
}

/** `hex` moved along its own hue until it reads on a ground of luminance `ground`. */
export function readable(hex: string, ground: number): string {
	const rgb = parse(hex);
	if (contrast(write(rgb), ground) >= CONTRAST) return write(rgb);
	const [L, C, h] = toLch(rgb);
	// Towards white on dark ground, towards black on light: the nearest lightness that is enough, by halving.
	let [near, far] = [L, ground < 0.18 ? 1 : 0];
	for (let i = 0; i < 14; i += 1) {
		const middle = (near + far) / 2;
		if (contrast(write(shown(middle, C, h)), ground) >= CONTRAST) far = middle;
		else near = middle;
	}
	return write(shown(far, C, h));
}

const known = new Map<string, { dark: string; light: string }>();

/** Both readings of a colour, remembered: a room repeats few. */
export function bothReadings(hex: string): { dark: string; light: string } {
	let found = known.get(hex);
	if (!found) {
		if (known.size > 2000) known.clear();
		found = { dark: readable(hex, GROUND.dark), light: readable(hex, GROUND.light) };
		known.set(hex, found);
	}
	return found;
}
