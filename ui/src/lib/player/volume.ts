// The remembered volume. A mute that the browser forced is not the viewer's wish and is not remembered.
import { read, write } from '#lib/storage.ts';

const KEY = 'footlight.volume';

/** As loud is sound that was turned down to nothing and is turned on: as the controls' own button has it. */
export const HEARD_AGAIN = 0.25;

export interface Volume {
	/** 0..1 */
	level: number;
	muted: boolean;
}

export function readVolume(): Volume {
	try {
		const { level, muted } = JSON.parse(read(KEY) ?? '{}') as Partial<Volume>;
		return { level: typeof level === 'number' ? Math.min(1, Math.max(0, level)) : 1, muted: muted === true };
	} catch {
		return { level: 1, muted: false };
	}
}

export const writeVolume = (volume: Volume): void => write(KEY, JSON.stringify(volume));
