// What the composer's commands do that concern no room: whispers and blocks. Pure; read as the server reads them.

export type Personal = { t: 'whisper'; login: string; text: string } | { t: 'block' | 'unblock'; login: string };

const COMMAND = /^[/.](w|block|unblock) +@*(\w+),*(?: +(.+))?$/is;
const WHISPER = /^[/.]w(?: +(?:@*\w+,*(?: +|$))?|$)/i;

/** The personal command that a text is, or null. */
export function personal(text: string): Personal | null {
	const [, name = '', login = '', rest = ''] = COMMAND.exec(text.trim()) ?? [];
	const t = name.toLowerCase();
	const who = login.toLowerCase();
	if (t === 'w') return rest ? { t: 'whisper', login: who, text: rest } : null;
	return t === 'block' || t === 'unblock' ? { t, login: who } : null;
}

/** What is being written, as a whisper to `login`, whomever it was for before. */
export const asWhisper = (text: string, login: string): string => `/w ${login} ${text.replace(WHISPER, '')}`;

/** Where a text has which emotes: `[id, start, end)`, as the server finds them. */
export function emotesIn(text: string, emotes: readonly { id: string; code: string }[]): [string, number, number][] {
	const ids = new Map(emotes.map(({ id, code }) => [code, id]));
	return [...text.matchAll(/\S+/g)].flatMap(({ 0: word, index }): [string, number, number][] => {
		const id = ids.get(word);
		return id === undefined ? [] : [[id, index, index + word.length]];
	});
}
