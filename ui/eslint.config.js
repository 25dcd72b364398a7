// Lint: the recommended rules of JavaScript, TypeScript and Svelte. Accessibility faults of markup are compiler
// warnings of Svelte and fail `npm run check`.
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

export default ts.config(
	{ ignores: ['build/', '.svelte-kit/', 'node_modules/', 'shots/'] },
	js.configs.recommended,
	...ts.configs.strict,
	...svelte.configs['flat/recommended'],
	{ languageOptions: { globals: { ...globals.browser, ...globals.node } } },
	{
		files: ['**/*.svelte', '**/*.svelte.ts'],
		languageOptions: { parserOptions: { parser: ts.parser } },
		rules: {
			// Addresses are plain and the site lives at the root; resolve() would add words, not safety.
			'svelte/no-navigation-without-resolve': 'off'
		}
	},
	{ rules: { '@typescript-eslint/no-non-null-assertion': 'error', 'no-undef': 'off' } }
);
