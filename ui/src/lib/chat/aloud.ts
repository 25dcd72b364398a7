// What a screen reader is told of what was heard, as its reader wants it. Pure.
import { t } from '#lib/i18n/index.ts';
import type { Prefs } from './prefs.svelte.ts';
import type { Heard } from './room.svelte.ts';

/** Takes the sentences to tell now out of `heard`. With `summary` how much was said is one of them. */
export function takeAloud(heard: Heard, how: Prefs['aloud'], summary: boolean): string[] {
	const parts = [...heard.told.splice(0), ...heard.mentions.splice(0)];
	if (summary) parts.push(t('chat.heard', { count: heard.messages }));
	if (summary || how !== 'summaries') heard.messages = 0;
	return how === 'nothing' ? [] : parts;
}
