// What hls.js is told of a part that was on its way already, and of one that was not.
import type { Fragment, FragmentLoaderContext, HlsConfig, LoaderCallbacks, LoaderConfiguration } from 'hls.js';
import { expect, test, vi } from 'vitest';
import { Ahead, type Got } from './ahead.ts';
import { partLoader } from './loader.ts';

const URL_OF_PART = 'https://live.example/live/1/source/1.0.m4s';

/** hls.js' own loader: tells that it was used. */
const usual = { load: vi.fn(), abort: vi.fn(), destroy: vi.fn() };

class Usual {
	context = null;
	stats = { aborted: false, loaded: 0, total: 0, bwEstimate: 0, loading: { start: 0, first: 0, end: 0 } };
	load = usual.load;
	abort = usual.abort;
	destroy = usual.destroy;
}

/** A part that hls.js came to while it was on its way since `at`, or was not (null). */
function loading(at: number | null) {
	vi.clearAllMocks();
	const way = Promise.withResolvers<Got>();
	const cancel = vi.fn();
	const ahead = new Ahead(0.1);
	vi.spyOn(ahead, 'take').mockReturnValue(at === null ? undefined : { at, got: way.promise, cancel });
	const came = vi.fn();
	const Loader = partLoader(Usual as unknown as HlsConfig['loader'], ahead, came);
	const loader = new Loader({} as HlsConfig);
	const callbacks = { onSuccess: vi.fn(), onError: vi.fn(), onTimeout: vi.fn(), onAbort: vi.fn() };
	const context = { frag: {} as Fragment, url: URL_OF_PART } as FragmentLoaderContext;
	loader.load(context, {} as LoaderConfiguration, callbacks as LoaderCallbacks<FragmentLoaderContext>);
	return { ahead, loader, stats: loader.stats, way, cancel, came, callbacks, context };
}

const part = (first: number, end: number): Got => ({ data: new ArrayBuffer(1000), first, end });
const settled = () => new Promise((done) => setTimeout(done));

test.each([
	['as the line was', 550, 1, 50, 20],
	['without the time that the server held it back', 100, 1, 100, 20],
	['as if it had come alone', 550, 0.25, 50, 5]
])('a part on its way is handed over, and takes as long as it would have: %s', async (_, at, share, trip, lasts) => {
	const { way, callbacks, stats, came, context, ahead } = loading(at);
	vi.spyOn(ahead, 'shareOf').mockReturnValue(share);
	vi.spyOn(performance, 'now').mockReturnValue(1000);
	way.resolve(part(600, 620));
	await settled();
	const [response] = callbacks.onSuccess.mock.calls[0] ?? [];
	expect(response).toMatchObject({ url: URL_OF_PART, code: 200 });
	expect(response.data.byteLength).toBe(1000);
	const first = 1000 - lasts;
	expect(stats).toMatchObject({ loaded: 1000, total: 1000, loading: { start: first - trip, first, end: 1000 } });
	vi.restoreAllMocks();
	expect(came).toHaveBeenCalledExactlyOnceWith(context);
	expect(usual.load).not.toHaveBeenCalled();
});

test('one that is not, and one that failed on its way, is loaded as ever', async () => {
	loading(null);
	expect(usual.load).toHaveBeenCalledOnce();
	const { way, stats } = loading(100);
	expect(usual.load).not.toHaveBeenCalled();
	way.reject(new Error('HTTP 404'));
	await settled();
	expect(usual.load).toHaveBeenCalledOnce();
	expect(stats.loading.start).toBe(0);
});

test('what hls.js gives up is let go and told of no more', async () => {
	const { loader, way, cancel, callbacks, stats } = loading(100);
	loader.abort();
	expect(cancel).toHaveBeenCalledOnce();
	expect(callbacks.onAbort).toHaveBeenCalledOnce();
	expect(stats.aborted).toBe(true);
	way.resolve(part(600, 620));
	await settled();
	expect(callbacks.onSuccess).not.toHaveBeenCalled();
	const other = loading(100);
	other.loader.destroy();
	other.way.reject(new Error('aborted'));
	await settled();
	expect(usual.load).not.toHaveBeenCalled();
	expect(usual.destroy).toHaveBeenCalledOnce();
});
