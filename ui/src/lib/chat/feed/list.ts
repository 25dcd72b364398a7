// The lists on screen: the last rows, with deletions applied, and the messages that wait for moderators. Pure.
import { messageOf, type Change, type Held, type HeldChange, type Message, type Row } from './rows.ts';

export const LIST_MAX = 200;
const HELD_MAX = 100;

const struck = (row: Row): Row => {
	const message = messageOf(row);
	if (!message || message.deleted) return row;
	return { ...row, message: { ...message, deleted: true } } as Row;
};

/** Without the words of a reply's parent if that `is` gone. */
const unquoted = (row: Row, is: (reply: NonNullable<Message['reply']>) => boolean): Row => {
	const message = messageOf(row);
	if (!message?.reply || !is(message.reply)) return row;
	return { ...row, message: { ...message, reply: { ...message.reply, text: '' } } } as Row;
};

/** `rows` with `changes` applied in order, cut to the newest `limit`. The same array when nothing changed. */
export function apply(rows: readonly Row[], changes: readonly Change[], limit = LIST_MAX): readonly Row[] {
	if (changes.length === 0) return rows;
	let next = [...rows];
	for (const change of changes) {
		if (change.t === 'add') next.push(change.row);
		else if (change.t === 'delete')
			next = next.map((r) =>
				messageOf(r)?.id === change.id ? struck(r) : unquoted(r, (reply) => reply.id === change.id)
			);
		else if (change.t === 'clearUser')
			next = next.map((r) =>
				unquoted(messageOf(r)?.user === change.user ? struck(r) : r, (reply) => reply.user === change.user)
			);
		// Whispers belong to no room: its moderators do not clear them.
		else next = next.filter((r) => r.kind === 'whisper');
	}
	return next.length > limit ? next.slice(-limit) : next;
}

/** Splits changes for a list that stands still: what is new waits, what is taken away is taken at once. */
export function split(changes: readonly Change[]): { adds: Change[]; rest: Change[] } {
	return {
		adds: changes.filter((c) => c.t === 'add'),
		rest: changes.filter((c) => c.t !== 'add')
	};
}

/** What waits, with `changes` applied in order: none of it twice, nothing that was decided. */
export function applyHeld(held: readonly Held[], changes: readonly HeldChange[]): Held[] {
	let next = [...held];
	for (const change of changes) {
		const id = change.t === 'held' ? change.held.message.id : change.id;
		next = next.filter((h) => h.message.id !== id);
		if (change.t === 'held') next.push(change.held);
	}
	return next.slice(-HELD_MAX);
}
