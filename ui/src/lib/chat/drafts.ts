// What was typed and not sent yet, by room: survives closing the pane, a lost connection and a reload.
const KEY = 'footlight.draft.';

export function draft(room: string): string {
	try {
		return sessionStorage.getItem(KEY + room) ?? '';
	} catch {
		return '';
	}
}

export function keepDraft(room: string, text: string): void {
	try {
		if (text) sessionStorage.setItem(KEY + room, text);
		else sessionStorage.removeItem(KEY + room);
	} catch {
		// Without storage the text lives as long as the pane does.
	}
}
