// A moderator's act as a sentence. An act that has no words here is told by its own name.
import { t, tMaybe } from '#lib/i18n/index.ts';
import type { Entry } from './feed/rows.ts';
import { span } from './spans.ts';

export function entryWords(entry: Entry): string {
	const values = {
		by: entry.by,
		target: entry.target,
		detail: entry.detail,
		time: entry.seconds === null ? '' : span(entry.seconds)
	};
	return tMaybe(`entry.${entry.action}`, values, () =>
		t('entry.other', { by: entry.by, action: entry.action, target: entry.target })
	).trim();
}

/** What the sentence does not say yet: a reason, a text, a term. Of modes the detail is the room's own sentence. */
const WITH_DETAIL =
	/^(ban|timeout|delete|warn|announce|(create|approve|deny)_unban_request|automod_\w+|sweep|pin|(add|remove)_\w+_term)$/;
export const entryDetail = (entry: Entry): string => (WITH_DETAIL.test(entry.action) ? entry.detail : '');
