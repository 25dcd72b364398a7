// What a viewer's follows go through: at once, taken back, and gone with the viewer.
import { beforeEach, expect, test, vi } from 'vitest';
import { api, Problem } from './api/client.ts';
import type { Stream } from './api/types.ts';
import { Follows } from './follows.svelte.ts';

const stream = (name: string, viewers: number) => ({ id: name, channel: { id: name, name }, viewers }) as Stream;
const names = (all: readonly Stream[] | undefined) => all?.map((s) => s.channel.name);
const follow = { channel: { id: '1', name: 'ada' }, followed_at: '' };
const refusal = (code: string, status: number) => new Problem({ code }, status);
/** Lets all answers arrive that are there. */
const arrive = () => new Promise((done) => setTimeout(done));

let follows: Follows;
let listed: Stream[];
beforeEach(() => {
	vi.restoreAllMocks();
	listed = [];
	vi.spyOn(api, 'followedStreams').mockImplementation(() => Promise.resolve({ streams: listed, next: null }));
	vi.spyOn(api, 'follow').mockResolvedValue({ ...follow, followed_at: null });
	vi.spyOn(api, 'startFollow').mockResolvedValue(follow);
	vi.spyOn(api, 'endFollow').mockResolvedValue(undefined);
	follows = new Follows();
});

/** A viewer of ada's channel, whom five follow and the viewer does not. */
async function viewer() {
	follows.belongTo('u1');
	follows.counted('ada', 5);
	await follows.know('ada');
	expect([follows.has('ada'), follows.count('ada')]).toEqual([false, 5]);
}
const now = () => [follows.has('ada'), follows.changes('ada'), follows.count('ada')];

test('a follow shows at once, and is sure when the server says yes', async () => {
	await viewer();
	const done = follows.set('ada', true);
	expect(now()).toEqual([true, true, 6]);
	expect(await done).toBeNull();
	expect(now()).toEqual([true, false, 6]);
	await follows.set('ada', false);
	expect(now()).toEqual([false, false, 5]);
});

test('a refused follow is taken back and says why', async () => {
	await viewer();
	vi.mocked(api.startFollow).mockRejectedValue(refusal('too_many_follows', 409));
	const problem = await follows.set('ada', true);
	expect(problem?.words).toBe('You follow as many channels as are allowed. Unfollow one first.');
	expect(now()).toEqual([false, false, 5]);
});

test('a second press waits for the first', async () => {
	await viewer();
	await Promise.all([follows.set('ada', true), follows.set('ada', false)]);
	expect(now()).toEqual([true, false, 6]);
	expect(api.endFollow).not.toHaveBeenCalled();
});

test('what cannot be found out stays unknown', async () => {
	follows.belongTo('u1');
	vi.mocked(api.follow).mockRejectedValueOnce(new Problem({}, 0));
	await follows.know('ada');
	expect(follows.has('ada')).toBeUndefined();
	vi.mocked(api.follow).mockResolvedValueOnce(follow);
	await follows.know('ada');
	expect(follows.has('ada')).toBe(true);
});

test('who is live of the followed comes by viewers, after a follow too, and goes at once', async () => {
	await viewer();
	await arrive();
	expect(names(follows.live)).toEqual([]);
	listed = [stream('ada', 3), stream('bob', 9)];
	await follows.set('ada', true);
	await arrive();
	expect(names(follows.live)).toEqual(['bob', 'ada']);
	const done = follows.set('bob', false);
	expect(names(follows.live)).toEqual(['ada']);
	await done;
});

test('a list from before a change says nothing', async () => {
	await viewer();
	await follows.set('ada', true);
	listed = [stream('ada', 3)];
	const old = follows.refresh();
	const done = follows.set('ada', false);
	listed = [];
	await Promise.all([old, done, arrive()]);
	expect([follows.has('ada'), names(follows.live)]).toEqual([false, []]);
});

test('without an answer there is nobody, and a failed one leaves what there is', async () => {
	vi.mocked(api.followedStreams).mockRejectedValueOnce(new Problem({}, 0));
	follows.belongTo('u1');
	expect(follows.live).toBeUndefined();
	await arrive();
	expect(follows.live).toEqual([]);
	listed = [stream('ada', 3)];
	await follows.refresh();
	vi.mocked(api.followedStreams).mockRejectedValueOnce(new Problem({}, 0));
	await follows.refresh();
	expect(names(follows.live)).toEqual(['ada']);
});

test('with the viewer all of it goes, and an answer on its way says nothing of the next one', async () => {
	listed = [stream('ada', 3)];
	await viewer();
	vi.mocked(api.startFollow).mockRejectedValue(refusal('rate_limited', 429));
	const done = follows.set('ada', true);
	follows.belongTo('');
	expect([follows.has('ada'), follows.changes('ada'), follows.live]).toEqual([undefined, false, []]);
	await done;
	await arrive();
	expect([follows.has('ada'), follows.live]).toEqual([undefined, []]);
	expect(await follows.set('ada', true)).toBeNull();
	expect(api.startFollow).toHaveBeenCalledTimes(1);
});
