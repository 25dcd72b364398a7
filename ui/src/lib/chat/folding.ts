// Chat beside the player is hidden by a button in it and shown by another where it was: each takes the other's place, and
// the focus with it.
import { prefs } from './prefs.svelte.ts';

let pressed = false;

/** By a press of one of the two. */
export function fold(open: boolean): void {
	pressed = true;
	prefs.set('open', open);
}

/** For the one that comes in its place: an attachment. */
export function heir(button: HTMLElement): void {
	// What was there from the beginning takes nobody's place.
	if (pressed) button.focus({ preventScroll: true });
	pressed = false;
}
