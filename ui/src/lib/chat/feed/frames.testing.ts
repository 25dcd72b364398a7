// Frames as the server writes them, for tests.
import type { MessageEvent, MessageExtra } from './protocol.ts';
import { messageOf, type Update } from './rows.ts';

export const m = (id: string, text = 'hi', extra?: MessageExtra, user = '7'): MessageEvent =>
	extra ? ['m', id, 5, user, 'Bea', '', '2e8b57', text, extra] : ['m', id, 5, user, 'Bea', '', '2e8b57', text];
export const hi = (over: object = {}) => [
	'hi',
	{
		channel: { id: '1', name: 'ada', display: 'ada' },
		epoch: 1,
		seq: 0,
		settings: {},
		pinned: null,
		you: null,
		resumed: false,
		budget: 60,
		ping_s: 30,
		...over
	}
];
export const at = (seq: number, epoch: number | string = 1) => ['at', epoch, seq];
export const frame = (...events: unknown[]) => JSON.stringify(events);
export const texts = (update: Update) =>
	update.changes.map((c) => (c.t === 'add' ? (messageOf(c.row)?.text ?? c.row.kind) : c.t));
