// What the composer's commands do that concern no room: whispers and blocks. Pure; read as the server reads them.

export interface Blocking {
	login: string;
	on: boolean;
}

const BLOCK = /^[/.](un)?block +@*(\w+),*(?: .*)?$/is;
const WHISPER = /^[/.]w(?: +(?:@*\w+,*(?: +|$))?|$)/i;

/** Whom a text blocks or no longer blocks, or null. */
export function blocking(text: string): Blocking | null {
	const [, un, login = ''] = BLOCK.exec(text.trim()) ?? [];
	return login ? { login: login.toLowerCase(), on: !un } : null;
}

/** What is being written, as a whisper to `login`, whomever it was for before. */
export const asWhisper = (text: string, login: string): string => `/w ${login} ${text.replace(WHISPER, '')}`;
