// Who spoke of late, for completing names; and logins as people type them. Pure.
import { messageOf, type Row } from './feed/rows.ts';

/** The login that somebody typed, who may have written `@Maya`. */
export const loginOf = (typed: string) => typed.trim().replace(/^@/, '').toLowerCase();

/** The authors of `rows` without the viewer, the last to speak first. */
export function peopleIn(rows: readonly Row[]): { login: string; display: string }[] {
	const found = new Map<string, { login: string; display: string }>();
	for (let i = rows.length - 1; i >= 0; i -= 1) {
		const row = rows[i];
		const m = row && messageOf(row);
		if (m && !m.mine && !found.has(m.login)) found.set(m.login, { login: m.login, display: m.display });
	}
	return [...found.values()];
}
