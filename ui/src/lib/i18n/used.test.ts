// No word is left over in the catalogue: each is asked for somewhere.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { en } from './en.ts';

/** Beginnings of keys that end with what is known at run time only: `t(`held.${…}`)`. */
const MADE = [
	'announce.',
	'badge.',
	'chat.mark.',
	'chatno.',
	'entry.',
	'follow.',
	'held.',
	'helpers.as.',
	'mod.tab.',
	'modes.',
	'modes.level.',
	'people.',
	'problem.',
	'settings.aloud.',
	'terms.',
	'tokens.scope.'
];

const src = join(import.meta.dirname, '../..');
const code = readdirSync(src, { recursive: true, encoding: 'utf8' })
	.filter((name) => /\.(ts|svelte)$/.test(name) && !name.endsWith('.test.ts') && !/i18n\/en\./.test(name))
	.map((name) => readFileSync(join(src, name), 'utf8'))
	.join('\n');

test('every word is used', () => {
	const made = (key: string) => MADE.some((start) => key.startsWith(start));
	expect(Object.keys(en).filter((key) => !made(key) && !code.includes(`'${key}'`))).toEqual([]);
});

test('every beginning is still one that keys are made of', () => {
	expect(MADE.filter((start) => !code.includes(`\`${start}\${`))).toEqual([]);
});
