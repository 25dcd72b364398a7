// Owns the choice of theme: dark unless the viewer says light or "as the system".
// Applying is done by setting data-theme on the root element; static/theme.js does the same before the first paint.
import { read, write } from '#lib/storage.ts';

export type Theme = 'dark' | 'light' | 'system';
export const THEMES: readonly Theme[] = ['dark', 'light', 'system'];

const KEY = 'footlight.theme';
const prefersLight = () => matchMedia('(prefers-color-scheme: light)');

let chosen = $state<Theme>('dark');

/** The theme the viewer chose; reading it in a component follows changes. */
export const theme = () => chosen;

/** Remembers `next` and applies it at once. */
export function setTheme(next: Theme): void {
	chosen = next;
	write(KEY, next);
	apply();
}

/** Reads the remembered choice and follows the system while that is the choice. Returns what undoes the following. */
export function startTheme(): () => void {
	const stored = read(KEY);
	if (stored === 'dark' || stored === 'light' || stored === 'system') chosen = stored;
	apply();
	const media = prefersLight();
	media.addEventListener('change', apply);
	return () => media.removeEventListener('change', apply);
}

function apply(): void {
	const light = chosen === 'light' || (chosen === 'system' && prefersLight().matches);
	document.documentElement.dataset['theme'] = light ? 'light' : 'dark';
	document.querySelector('meta[name=theme-color]')?.setAttribute('content', light ? '#fbfaf9' : '#110f0d');
}
