// What can be said of a picture before it is sent to become an emote. The server has the last word. Pure.
import type { Key } from '#lib/i18n/index.ts';

export const BYTES_MAX = 1024 * 1024;
export const CODE = /^[A-Za-z0-9]{2,25}$/;

/** What is wrong with the picture, or null. `accepts` is what the server takes. */
export function pictureFault(file: { type: string; size: number }, accepts: readonly string[]): Key | null {
	if (!accepts.includes(file.type)) return 'emote.badType';
	return file.size > BYTES_MAX ? 'emote.tooLarge' : null;
}

/** A code made of a file's name: "my wave (2).png" → "myWave2". Empty if nothing of it can be used. */
export function codeFrom(name: string): string {
	const words = name.replace(/\.[^.]*$/, '').match(/[A-Za-z0-9]+/g) ?? [];
	const code = words.map((w, i) => (i === 0 ? w : w.charAt(0).toUpperCase() + w.slice(1))).join('');
	return code.length < 2 ? '' : code.slice(0, 25);
}
