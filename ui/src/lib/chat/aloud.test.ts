// What is told aloud, by what the viewer chose.
import { expect, test } from 'vitest';
import { takeAloud } from './aloud.ts';

const heard = () => ({ messages: 7, mentions: ['Bea: hi'], told: ['Done.'] });

test.each([
	['nothing', false, [], 0],
	['mentions', false, ['Done.', 'Bea: hi'], 0],
	['summaries', false, ['Done.', 'Bea: hi'], 7],
	['summaries', true, ['Done.', 'Bea: hi', '7 new messages in chat'], 0]
] as const)('who chose %s (a summary is due: %s) is told %j', (how, summary, told, left) => {
	const all = heard();
	expect([takeAloud(all, how, summary), all]).toEqual([told, { messages: left, mentions: [], told: [] }]);
});
