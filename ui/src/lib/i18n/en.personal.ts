// The English words of what people do among themselves: whispers, blocks, requests to be unbanned, shoutouts. Same rules
// as en.ts, of which they are a part.
export const personal = {
	'whisper.from': '{name} whispers to you',
	'whisper.to': 'You whisper to {name}',
	'whisper.heard': '{name} whispers to you: {text}',
	'whisper.answer': 'Reply',
	'whisper.answerTo': 'Reply in a whisper to {name}',

	'shoutout.text': '{by} recommends the channel of {name}.',
	'shoutout.go': 'Go to {name}',

	'card.whisper': 'Whisper',
	'card.block': 'Block',
	'card.unblock': 'Unblock',
	'card.blocked': 'You block {name}.',

	'block.title': 'Block {name}?',
	'block.text':
		'You no longer see what they write, except in chats that you moderate, and they cannot whisper to you. They are not told.',
	'block.not': 'Do not block',
	'block.done': '{name} is blocked.',
	'block.lifted': '{name} is no longer blocked.',
	'block.parent': 'somebody whom you block',

	'blocks.title': 'People you block',
	'blocks.text': 'You do not see what they write, except in chats that you moderate. They are not told.',
	'blocks.empty': 'You block nobody. To block somebody, choose their name in chat.',
	'blocks.search': 'Find a name',
	'blocks.none': 'Nobody whom you block has this in their name.',
	'blocks.unblock': 'Unblock {name}',
	'blocks.block': 'Block {name}',

	'ban.reason': 'Reason:',

	'appeal.banned': 'You are banned from this chat',
	'appeal.began': 'The ban began {time}.',
	'appeal.read': 'You can still read.',
	'appeal.open': 'Ask to be unbanned',
	'appeal.text': 'Why should you be let in again?',
	'appeal.hint': 'The moderators read it. You can ask once, in at most {count} characters.',
	'appeal.send': 'Send the request',
	'appeal.not': 'Not now',
	'appeal.pending': 'Your request waits for the moderators.',
	'appeal.cancel': 'Take it back',
	'appeal.denied': 'The moderators have denied your request.',
	'appeal.again': 'That was about an earlier ban',

	'requests.none': 'Nobody asks to be unbanned.',
	'requests.answer': 'Answer, shown to them',
	'requests.answerTo': 'Answer to {name}, shown to them',
	'requests.approve': 'Approve',
	'requests.approveOf': 'Approve the request of {name}',
	'requests.deny': 'Deny',
	'requests.denyOf': 'Deny the request of {name}',
	'requests.approved': '{name} may write again.',
	'requests.denied': 'The request of {name} is denied.',
	'mod.tab.requests': 'Unban requests',

	'entry.create_unban_request': '{by} asks to be unbanned',
	'entry.cancel_unban_request': '{by} no longer asks to be unbanned',
	'entry.approve_unban_request': '{by} approved the request of {target}',
	'entry.deny_unban_request': '{by} denied the request of {target}',
	'entry.shoutout': '{by} recommended the channel of {target}',

	'problem.invalid_user': 'There is no such account.',
	'problem.bad_block_full': 'You block as many accounts as are allowed. Unblock one first.',
	'problem.bad_unban_request': 'This request no longer waits: somebody has decided, or it was taken back.',
	'problem.bad_unban_request_denied': 'Your request for this ban was denied. You can ask once for each ban.',
	'problem.bad_unban_request_full': 'Too many requests wait for the moderators. Try again another day.',
	'problem.already_requested': 'Your request waits for the moderators already.',

	'takes.whisper': '<name> <text>',
	'slash.w': 'Say something to somebody alone',
	'slash.block': 'No longer read or hear from somebody',
	'slash.unblock': 'Read and hear from them again',
	'slash.shoutout': 'Recommend somebody’s channel',
	'slash.requests': 'Who asks to be unbanned'
} as const;
