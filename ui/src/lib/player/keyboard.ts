// The player's keyboard map as data: what a key asks for. The player does it.
import { isSign } from '#lib/shortcuts.svelte.ts';

export type Action =
	| 'play'
	| 'mute'
	| 'louder'
	| 'softer'
	| 'back'
	| 'forward'
	| 'live'
	| 'fullscreen'
	| 'theatre'
	| 'mini'
	| 'captions'
	| 'statistics'
	| 'help'
	| 'close';

const KEYS: Readonly<Record<string, Action>> = {
	' ': 'play',
	k: 'play',
	m: 'mute',
	ArrowUp: 'louder',
	ArrowDown: 'softer',
	ArrowLeft: 'back',
	ArrowRight: 'forward',
	l: 'live',
	f: 'fullscreen',
	t: 'theatre',
	i: 'mini',
	c: 'captions',
	s: 'statistics',
	'?': 'help',
	Escape: 'close'
};

export interface Press {
	key: string;
	/** Whether letters and signs mean anything. */
	signs: boolean;
	ctrlKey: boolean;
	altKey: boolean;
	metaKey: boolean;
	/** What the focus is on. */
	focus: 'nothing' | 'text' | 'button' | 'range' | 'menu';
}

/** What `press` asks for, or null when the key belongs to whatever has the focus or to the browser. */
export function actionFor(press: Press): Action | null {
	if (press.ctrlKey || press.altKey || press.metaKey) return null;
	if (!press.signs && isSign(press.key)) return null;
	const action = KEYS[press.key.length === 1 ? press.key.toLowerCase() : press.key] ?? null;
	if (press.focus === 'text') return action === 'close' ? action : null;
	// Space presses a focused button; arrows move a focused slider or menu.
	if (press.focus === 'button' && press.key === ' ') return null;
	if (press.focus !== 'nothing' && press.focus !== 'button' && press.key.startsWith('Arrow')) return null;
	return action;
}

/**
 * Whether up and down belong to the page, which they scroll: unless the player is what the viewer is at, or fills the
 * window.
 */
export const scrollsPage = (action: Action, viewer: { atPlayer: boolean; filled: boolean }): boolean =>
	(action === 'louder' || action === 'softer') && !viewer.atPlayer && !viewer.filled;

/** What the focus is on, as far as keys are concerned. */
export function focusKind(target: EventTarget | null): Press['focus'] {
	if (!(target instanceof HTMLElement)) return 'nothing';
	if (target.closest('input[type=radio], [role=listbox], [role=option], select')) return 'menu';
	if (target.closest('input:not([type=checkbox]), textarea, [contenteditable]')) return 'text';
	if (target.closest('media-volume-range')) return 'range';
	return target.closest('button, a, summary, [role=button], input') ||
		(target.localName.startsWith('media-') && target.localName.endsWith('-button'))
		? 'button'
		: 'nothing';
}
