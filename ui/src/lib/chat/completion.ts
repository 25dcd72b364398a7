// What the composer offers for what stands before the caret: commands, names, emotes. Pure.
import type { SlashCommand } from './commands.ts';
import type { Emote } from './http.ts';

export type Choice =
	| { kind: 'command'; command: SlashCommand }
	| { kind: 'name'; login: string; display: string }
	| { kind: 'emote'; emote: Emote };

export interface Offer {
	/** Where what is completed begins and ends in the text. */
	from: number;
	to: number;
	choices: Choice[];
	/** The usage of a command whose arguments are being written; nothing to choose. */
	usage: SlashCommand | null;
}

export interface Sources {
	commands: readonly SlashCommand[];
	/** Who spoke last comes first. */
	people: readonly { login: string; display: string }[];
	emotes: readonly Emote[];
}

/** Of names and emotes, which one goes on to type; of commands all, which one may want to read. */
const CHOICES_MAX = 6;

/** Those that begin with the query first, then those that contain it. */
function ranked<T>(all: readonly T[], query: string, text: (one: T) => string, max = CHOICES_MAX): T[] {
	const wanted = query.toLowerCase();
	const begins = all.filter((one) => text(one).toLowerCase().startsWith(wanted));
	const contains = wanted ? all.filter((one) => text(one).toLowerCase().indexOf(wanted) > 0) : [];
	return [...begins, ...contains].slice(0, max);
}

/** What to offer at `caret`, or null. */
export function offer(text: string, caret: number, sources: Sources): Offer | null {
	const before = text.slice(0, caret);
	const command = /^\/(\w*)$/.exec(before);
	if (command) {
		const found = ranked(sources.commands, command[1] ?? '', (c) => c.name, Infinity);
		return found.length > 0
			? { from: 0, to: caret, choices: found.map((c) => ({ kind: 'command', command: c })), usage: null }
			: null;
	}
	const name = /(?:^|\s)(@(\w*))$/.exec(before) ?? /^\/\w+ ((\w+))$/.exec(before);
	if (name) {
		const found = ranked(sources.people, name[2] ?? '', (p) => p.login);
		const choices = found.map((p): Choice => ({ kind: 'name', ...p }));
		return { from: caret - (name[1] ?? '').length, to: caret, choices, usage: usageOf(text, sources.commands) };
	}
	const code = /(?:^|\s)(:(\w{2,}))$/.exec(before);
	if (code) {
		const found = ranked(sources.emotes, code[2] ?? '', (e) => e.code);
		const choices = found.map((emote): Choice => ({ kind: 'emote', emote }));
		return found.length > 0 ? { from: caret - (code[1] ?? '').length, to: caret, choices, usage: null } : null;
	}
	const usage = usageOf(text, sources.commands);
	return usage && usage.takes ? { from: caret, to: caret, choices: [], usage } : null;
}

function usageOf(text: string, commands: readonly SlashCommand[]): SlashCommand | null {
	const name = /^\/(\w+)\s/.exec(text)?.[1]?.toLowerCase();
	return commands.find((c) => c.name === name) ?? null;
}

/** Whether the choice stands there already, so that Enter sends and does not complete. */
export function isTyped(text: string, { from, to }: Offer, choice: Choice): boolean {
	if (choice.kind === 'command') return text.trim() === `/${choice.command.name}`;
	return choice.kind === 'name' && text.slice(from, to).replace('@', '').toLowerCase() === choice.login;
}

/** The text with the choice in its place, and where the caret then stands. */
export function complete(text: string, { from, to }: Offer, choice: Choice): { text: string; caret: number } {
	const asCommand = text.startsWith('/') && text[from] !== '@';
	const word =
		choice.kind === 'command'
			? `/${choice.command.name}`
			: choice.kind === 'emote'
				? choice.emote.code
				: `${asCommand ? '' : '@'}${choice.display}`;
	const after = text.slice(to);
	const space = after.startsWith(' ') ? '' : ' ';
	return { text: text.slice(0, from) + word + space + after, caret: from + word.length + 1 };
}

export const TEXT_MAX = 500;
/** Characters as the server counts them: code points. */
export const lengthOf = (text: string): number => [...text].length;
/** How many are left, told only when the end is near. */
export function left(text: string): number | null {
	const rest = TEXT_MAX - lengthOf(text);
	return rest <= 60 ? rest : null;
}
