// Arrows in a grid that flows: where the next one is. Pure.

/** The index that `key` leads to from `at`, among `count` in rows of `columns`; null if the key is none of a grid's. */
export function gridStep(key: string, at: number, count: number, columns: number, rtl = false): number | null {
	const ahead = rtl ? 'ArrowLeft' : 'ArrowRight';
	const back = rtl ? 'ArrowRight' : 'ArrowLeft';
	const steps: Record<string, number> = {
		[ahead]: at + 1,
		[back]: at - 1,
		ArrowDown: at + columns,
		ArrowUp: at - columns,
		Home: 0,
		End: count - 1
	};
	const next = steps[key];
	return next === undefined ? null : Math.min(count - 1, Math.max(0, next));
}
