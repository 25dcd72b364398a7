// Whether a letter or a sign, pressed anywhere on a page, does something. Who speaks to their machine, or hits keys
// unawares, can turn that off; remembered in the browser.
import { read, write } from './storage.ts';

const KEY = 'footlight.shortcuts';
const OFF = 'off';

class Shortcuts {
	on = $state(read(KEY) !== OFF);

	set(on: boolean): void {
		this.on = on;
		write(KEY, on ? '' : OFF);
	}
}

export const shortcuts = new Shortcuts();

/** Whether a key types something; of a space nobody minds that it plays. */
export const isSign = (key: string): boolean => key.length === 1 && key !== ' ';
