// Which reason a refusal has, where the server has one name for several. Its words are those of crates/chat's refusals.rs.
import { expect, test } from 'vitest';
import { reasonOf } from './refusals.ts';

const MANDATORY = 'msg_rejected_mandatory';

test.each([
	['msg_verified_email', 'This room requires a verified e-mail address to chat.', null, 'msg_verified_email'],
	['msg_verified_email', 'This room requires an account that is at least 1 week old.', 9, 'account_age'],
	[MANDATORY, "Your message wasn't posted: links are not allowed in this channel.", null, 'links'],
	[MANDATORY, 'Your message wasn\'t posted: this channel blocks "so "so"".', null, 'term so "so"'],
	[
		MANDATORY,
		'Your message wasn\'t posted: this channel blocks "links are not allowed".',
		null,
		'term links are not allowed'
	],
	[MANDATORY, 'Words of tomorrow.', null, MANDATORY],
	['msg_slowmode', 'This room is in slow mode.', 9, 'msg_slowmode']
])('%s, %s', (id, text, retryMs, expected) => {
	const reason = reasonOf({ ok: false, nonce: '1', id, text, retryMs });
	expect([reason.id, ...Object.values(reason.values)].join(' ')).toBe(expected);
});
