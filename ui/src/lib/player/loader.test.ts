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

/** A part that hls.js came to while it was on its way, or was not. */
function loading(onItsWay: boolean, hinted = false) {
	vi.clearAllMocks();
	const way = Promise.withResolvers<Got>();
	const cancel = vi.fn();
	const ahead = new Ahead(0.1);
	vi.spyOn(ahead, 'take').mockReturnValue(onItsWay ? { at: 100, hinted, got: way.promise, cancel } : undefined);
	const came = vi.fn();
	const Loader = partLoader(Usual as unknown as HlsConfig['loader'], ahead, came);
	const loader = new Loader({} as HlsConfig);
	const callbacks = { onSuccess: vi.fn(), onError: vi.fn(), onTimeout: vi.fn(), onAbort: vi.fn() };
	const context = { frag: {} as Fragment, url: URL_OF_PART } as FragmentLoaderContext;
	loader.load(context, {} as LoaderConfiguration, callbacks as LoaderCallbacks<FragmentLoaderContext>);
	return { loader, stats: loader.stats, way, cancel, came, callbacks, context };
}

const part = (first: number, end: number): Got => ({ data: new ArrayBuffer(1000), first, end });
const settled = () => new Promise((done) => setTimeout(done));

test.each([
	['as asked for', false, 100],
	['without the time that the server held it back, where it was only hinted at', true, 500]
])('a part on its way is handed over, its times %s', async (_, hinted, start) => {
	const { way, callbacks, stats, came, context } = loading(true, hinted);
	way.resolve(part(600, 620));
	await settled();
	const [response] = callbacks.onSuccess.mock.calls[0] ?? [];
	expect(response).toMatchObject({ url: URL_OF_PART, code: 200 });
	expect(response.data.byteLength).toBe(1000);
	expect(stats).toMatchObject({ loaded: 1000, total: 1000, loading: { start, first: 600, end: 620 } });
	expect(came).toHaveBeenCalledExactlyOnceWith(context);
	expect(usual.load).not.toHaveBeenCalled();
});

test('one that is not, and one that failed on its way, is loaded as ever', async () => {
	loading(false);
	expect(usual.load).toHaveBeenCalledOnce();
	const { way, stats } = loading(true);
	expect(usual.load).not.toHaveBeenCalled();
	way.reject(new Error('HTTP 404'));
	await settled();
	expect(usual.load).toHaveBeenCalledOnce();
	expect(stats.loading.start).toBe(0);
});

test('what hls.js gives up is let go and told of no more', async () => {
	const { loader, way, cancel, callbacks, stats } = loading(true);
	loader.abort();
	expect(cancel).toHaveBeenCalledOnce();
	expect(callbacks.onAbort).toHaveBeenCalledOnce();
	expect(stats.aborted).toBe(true);
	way.resolve(part(600, 620));
	await settled();
	expect(callbacks.onSuccess).not.toHaveBeenCalled();
	const other = loading(true);
	other.loader.destroy();
	other.way.reject(new Error('aborted'));
	await settled();
	expect(usual.load).not.toHaveBeenCalled();
	expect(usual.destroy).toHaveBeenCalledOnce();
});
