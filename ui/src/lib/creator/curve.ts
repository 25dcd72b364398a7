// Turns a history of numbers into the points of a small curve. Pure.

/** Where a curve lies, in the units of its viewBox. */
export interface Box {
	width: number;
	height: number;
}

/**
 * The points of an SVG polyline for `values`, oldest at the start edge, newest at the far one. `slots` is how many
 * values fill the width, so that a short history does not stretch. The floor is zero: small wobbles stay small.
 */
export function curvePoints(values: readonly number[], slots: number, { width, height }: Box): string {
	const top = Math.max(...values, 1e-9) * 1.15;
	const step = width / Math.max(1, slots - 1);
	const from = width - (values.length - 1) * step;
	return values.map((v, i) => `${(from + i * step).toFixed(1)},${(height - (v / top) * height).toFixed(1)}`).join(' ');
}
