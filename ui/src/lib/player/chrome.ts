// The controls' custom elements: loaded once, and only where something plays or is about to; and what is asked of them.

/** Resolves when the browser knows them all. */
export async function loadControls(): Promise<void> {
	await import('./controls.ts');
}

/** Fetches all that a player needs, for a page on which one may appear any moment. */
export function prepare(): void {
	// The player asks again, and says what it could not get.
	void Promise.allSettled([import('hls.js'), loadControls()]);
}

/** Asks the controls in `frame` for something of theirs ("enterpip"): they know each browser's way. */
export function request(frame: HTMLElement, what: string): void {
	const type = `media${what}request`;
	frame.querySelector('media-control-bar')?.dispatchEvent(new Event(type, { bubbles: true, composed: true }));
}

/** Null where the controls did not load. */
export function playButton(frame: HTMLElement): HTMLElement | null {
	return frame.querySelector('media-play-button');
}

export function toggleFullscreen(frame: HTMLElement): void {
	request(frame, document.fullscreenElement ? 'exitfullscreen' : 'enterfullscreen');
}

/** Whether the stream has captions: the controls' own button says so. */
export function hasCaptions(frame: HTMLElement): boolean {
	return frame.querySelector('media-captions-button[mediasubtitleslist]') !== null;
}

export function toggleCaptions(frame: HTMLElement): void {
	frame.querySelector<HTMLElement>('media-captions-button')?.click();
}
