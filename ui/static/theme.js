// Runs before the first paint so that a chosen theme never flashes. The rules are those of src/lib/theme/theme.svelte.ts.
try {
	const chosen = localStorage.getItem('footlight.theme');
	const light = chosen === 'light' || (chosen === 'system' && matchMedia('(prefers-color-scheme: light)').matches);
	document.documentElement.dataset.theme = light ? 'light' : 'dark';
} catch {
	// Storage may be forbidden; the default theme needs none.
}
