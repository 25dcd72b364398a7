// The terms of a room: HTTP keeps those that are refused and those that always pass at two addresses; here they are one
// list with kinds. Pure.

/** Who did something; null where nobody did. */
export interface ByModerator {
	moderator_id: string | null;
	moderator_login: string | null;
	moderator_name: string | null;
}

export interface TermWire extends ByModerator {
	id: string;
	text: string;
	created_at: string;
	/** A regular expression; never of those that pass. */
	regex: boolean;
	/** May be named to whom it refused. */
	public: boolean;
}

export type TermKind = 'blocked' | 'blocked_regex' | 'permitted';
export type Term = TermWire & { kind: TermKind };

/** Where terms of a kind are kept. */
export const placeOf = (kind: TermKind) => (kind === 'permitted' ? 'permitted-terms' : 'blocked-terms');

/** Both lists as one, the oldest first. */
export function termsFrom(blocked: readonly TermWire[], permitted: readonly TermWire[]): Term[] {
	const all = [
		...blocked.map((term): Term => ({ ...term, kind: term.regex ? 'blocked_regex' : 'blocked' })),
		...permitted.map((term): Term => ({ ...term, kind: 'permitted' }))
	];
	return all.sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at));
}
