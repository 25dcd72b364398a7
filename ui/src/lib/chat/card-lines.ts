// What a card lists of somebody's messages: the server's list where there is one, with what this page saw deleted since. Pure.
import { messageFromView } from './feed/message.ts';
import type { Message, Piece } from './feed/rows.ts';
import type { MessageView } from './http.ts';

export interface CardLine {
	id: string;
	/** Milliseconds. */
	at: number;
	pieces: readonly Piece[];
	deleted: boolean;
}

/** Oldest first, as both lists are. `told` is for moderators alone. */
export function cardLines(told: readonly MessageView[] | undefined, seen: readonly Message[]): CardLine[] {
	if (!told?.length) return seen.map(({ id, at, pieces, deleted }) => ({ id, at, pieces, deleted }));
	const gone = new Set(seen.filter((m) => m.deleted).map((m) => m.id));
	return told.map((view) => {
		const { id, at, pieces } = messageFromView(view);
		return { id, at, pieces, deleted: view.deleted || gone.has(id) };
	});
}
