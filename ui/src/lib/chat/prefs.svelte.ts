// How this viewer wants chat to look: remembered in the browser, shared by all panes of the page.
import { read, write } from '#lib/storage.ts';

const KEY = 'footlight.chat';

export interface Prefs {
	/** Whether the pane stands beside the player. */
	open: boolean;
	timestamps: boolean;
	/** Text size in px. */
	size: 13 | 14 | 15 | 18;
	/** Names in their colours, or all in the colour of the text. */
	colours: boolean;
	/** Emotes do not move. */
	still: boolean;
	/** Every other row on a slightly different ground. */
	stripes: boolean;
	/** Moderators see the text of deleted messages. */
	deleted: boolean;
	/** What a screen reader is told: nothing, what concerns the viewer, or also how much was said. */
	aloud: 'nothing' | 'mentions' | 'summaries';
}

export const SIZES = [13, 14, 15, 18] as const;
const USUAL: Prefs = {
	open: true,
	timestamps: false,
	size: 14,
	colours: true,
	still: false,
	stripes: false,
	deleted: true,
	aloud: 'mentions'
};

function stored(): Prefs {
	try {
		const found: unknown = JSON.parse(read(KEY) ?? '{}');
		return { ...USUAL, ...(found as Partial<Prefs>) };
	} catch {
		return { ...USUAL };
	}
}

class ChatPrefs {
	now = $state<Prefs>(stored());

	set<K extends keyof Prefs>(key: K, value: Prefs[K]): void {
		this.now[key] = value;
		write(KEY, JSON.stringify(this.now));
	}
}

export const prefs = new ChatPrefs();
