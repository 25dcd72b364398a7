// Who is signed in, after a try to sign out.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Problem } from '#lib/api/client.ts';
import type { Me } from '#lib/api/types.ts';
import { session } from './session.svelte.ts';

const ADA = { user: { name: 'ada' } } as unknown as Me;

beforeEach(() => (session.me = ADA));
afterEach(() => vi.unstubAllGlobals());

/** The server answers `status`, or nobody does. */
function answered(status: number | null) {
	vi.stubGlobal('fetch', () =>
		status === null
			? Promise.reject(new TypeError('no network'))
			: Promise.resolve(new Response(status === 204 ? null : '{}', { status }))
	);
}

test.each([
	['the server did it', 204],
	['the session was over already', 401]
])('nobody, when %s', async (_, status) => {
	answered(status);
	expect(await session.signOut()).toBeNull();
	expect(session.me).toBeNull();
});

test.each([
	['the server refused', 503],
	['the server was not reached', null]
])('still who it was, with a reason, when %s', async (_, status) => {
	answered(status);
	expect(await session.signOut()).toBeInstanceOf(Problem);
	expect(session.me).toBe(ADA);
});
