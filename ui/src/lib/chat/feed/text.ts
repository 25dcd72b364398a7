// Cuts a message's text into pieces to draw: emotes where the server found them, links and names where we do. Pure.
import type { Piece } from './rows.ts';

// Without a scheme only what looks like an address to everybody is one: a name of any alphabet with a known end, and with an end
// that is a word in itself only before a path; `2.co` is a number, and what goes on behind it an e-mail address or another name. The
// server's link filter knows all of these.
const DOMAINS = 'com|org|net|tv|io|dev|gg|app|live|de|fr|es|nl|pl|uk|eu|ch|co|info|edu|gov|wiki';
const WORDS = 'it|at|be|me';
const PART = new RegExp(
	String.raw`https?:\/\/[^\s<>"]+` +
		String.raw`|(?<![\p{L}\p{N}_@.。．｡\/\-])(?:[\p{L}\p{N}\-]+\.)+(?:(?:${DOMAINS})(?![.。．｡]?[\p{L}\p{N}_@\-])(?:\/[^\s<>"]*)?|(?:${WORDS})\/[^\s<>"]+)` +
		String.raw`|(?<![\w@])@[a-z0-9_]{2,25}`,
	'giu'
);
const TRAILING = /[.,;:!?'")\]}]$/;

/** Without the punctuation of the sentence around it; a bracket that was opened inside belongs to the address. */
function trimmed(address: string): string {
	let text = address;
	while (TRAILING.test(text)) {
		if (text.endsWith(')') && text.split('(').length >= text.split(')').length) break;
		text = text.slice(0, -1);
	}
	return text;
}

/** A safe address for `text`, or null: http and https only, whatever somebody typed. */
export function addressOf(text: string): string | null {
	try {
		const url = new URL(/^https?:/i.test(text) ? text : `https://${text}`);
		return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
	} catch {
		return null;
	}
}

/** Whether an address that was written without a scheme leads to a name: one with a letter before its end, or `888.com`. */
function hasName(href: string): boolean {
	const host = new URL(href).hostname;
	const name = host.slice(0, host.lastIndexOf('.'));
	return !host.startsWith('.') && (/[a-z]/.test(name) || (name.match(/\d/g)?.length ?? 0) >= 3);
}

/** Where a found text leads, or null: with a scheme anywhere that has a letter or digit, else where there is a name. */
function leadsTo(found: string): string | null {
	const href = addressOf(found);
	if (!href) return null;
	const leads = /^https?:/i.test(found) ? /[a-z\d]/.test(new URL(href).hostname) : hasName(href);
	return leads ? href : null;
}

function plain(text: string, out: Piece[]): void {
	let from = 0;
	for (const match of text.matchAll(PART)) {
		let found = match[0];
		const isName = found.startsWith('@');
		if (!isName) found = trimmed(found);
		const href = isName ? null : leadsTo(found);
		if (!isName && !href) continue;
		if (match.index > from) out.push(text.slice(from, match.index));
		out.push(href ? { k: 'link', href, text: found } : { k: 'name', login: found.slice(1).toLowerCase(), text: found });
		from = match.index + found.length;
	}
	if (from < text.length) out.push(text.slice(from));
}

/** The pieces of `text`; `emotes` are `[id, start, end)` in UTF-16 units. Ranges that overlap or lie outside are text. */
export function pieces(text: string, emotes: readonly [string, number, number][] = []): Piece[] {
	const out: Piece[] = [];
	let from = 0;
	for (const [id, start, end] of [...emotes].sort((a, b) => a[1] - b[1])) {
		if (start < from || end <= start || end > text.length) continue;
		if (start > from) plain(text.slice(from, start), out);
		out.push({ k: 'emote', id, code: text.slice(start, end) });
		from = end;
	}
	if (from < text.length) plain(text.slice(from), out);
	return out;
}

/** Where words of `text` are codes of emotes, as `[id, start, end)`. */
export function emotesIn(text: string, emotes: readonly { id: string; code: string }[]): [string, number, number][] {
	return [...text.matchAll(/\S+/g)].flatMap(({ 0: word, index }) => {
		const emote = emotes.find(({ code }) => code === word);
		return emote ? [[emote.id, index, index + word.length]] : [];
	});
}

/** Whether `login` is named in `text`, with or without @, as a word of its own. */
export function names(text: string, login: string): boolean {
	if (!login) return false;
	return new RegExp(String.raw`(?<![\w])@?${login.replace(/\W/g, '')}(?![\w])`, 'i').test(text);
}
