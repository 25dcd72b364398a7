// What a card lists of somebody's messages: the server's list where there is one, with what this page saw deleted since. Pure.
import type { Message } from './feed/rows.ts';
import type { MessageView } from './http.ts';

export interface CardLine {
	id: string;
	/** Milliseconds. */
	at: number;
	text: string;
	deleted: boolean;
}

/** Oldest first, as both lists are. `told` is for moderators alone. */
export function cardLines(told: readonly MessageView[] | undefined, seen: readonly Message[]): CardLine[] {
	if (!told?.length) return seen.map(({ id, at, text, deleted }) => ({ id, at, text, deleted }));
	const gone = new Set(seen.filter((m) => m.deleted).map((m) => m.id));
	return told.map(({ id, at, text, deleted }) => ({ id, at: Date.parse(at), text, deleted: deleted || gone.has(id) }));
}
