import { render } from 'svelte/server';
import { expect, test } from 'vitest';
import FaultNote from './FaultNote.svelte';
import type { Fault } from './shapes.ts';

/** The note as it stands, and what of it is read aloud. */
function note(fault: Fault) {
	const { body } = render(FaultNote, { props: { fault, src: '/playlist', onretry: () => {} } });
	const aloud = /<(\w+)[^>]* role="alert"[^>]*>(.*?)<\/\1>/s.exec(body)?.[2];
	return { body, aloud: aloud?.replaceAll(/<[^>]*>/g, '').trim() };
}

test('the seconds until the next try are shown, and not read aloud', () => {
	const { body, aloud } = note({ kind: 'network', code: 'levelLoadError', retryAt: performance.now() + 4900 });
	expect(body).toMatch(/aria-hidden="true"[^>]*>Next try in 5 s/);
	expect(aloud).toBe('The connection to the stream is lost. Trying again.');
});

test('a picture that stood still is not said to be broken', () => {
	const { aloud } = note({ kind: 'other', code: 'stood_still', retryAt: null });
	expect(aloud).toBe('The picture stood still. Starting it anew.');
});

test('what can be done about it is read aloud with it', () => {
	const { aloud } = note({ kind: 'fatal', code: 'player_not_loaded', retryAt: null });
	expect(aloud).toMatch(/did not load.*load the page anew/s);
});
