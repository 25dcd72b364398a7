// What hls.js loads parts and segments with: takes what is on its way already (ahead.ts), and else loads as hls.js would.
import type {
	FragmentLoaderConstructor,
	FragmentLoaderContext,
	HlsConfig,
	Loader,
	LoaderCallbacks,
	LoaderConfiguration,
	LoaderContext,
	LoaderStats
} from 'hls.js';
import type { Ahead, Got, Sent } from './ahead.ts';

type Usual = HlsConfig['loader'];
type Callbacks = LoaderCallbacks<FragmentLoaderContext>;
/** Told of each piece that came: a part, a segment, an initialization section. */
export type Came = (context: FragmentLoaderContext) => void;

/** For hls.js' `fLoader`. */
export function partLoader(usual: Usual, ahead: Ahead, came: Came): FragmentLoaderConstructor {
	return class extends PartLoader {
		constructor(config: HlsConfig) {
			super(new usual(config), ahead, came);
		}
	};
}

class PartLoader implements Loader<FragmentLoaderContext> {
	context: FragmentLoaderContext | null = null;
	readonly stats: LoaderStats;
	readonly #usual: Loader<LoaderContext>;
	readonly #ahead: Ahead;
	readonly #came: Came;
	/** What it waits for that is on its way; null while it loads as usual. */
	#sent: Sent | null = null;
	#callbacks: Callbacks | null = null;

	constructor(usual: Loader<LoaderContext>, ahead: Ahead, came: Came) {
		this.#usual = usual;
		this.#ahead = ahead;
		this.#came = came;
		this.stats = usual.stats;
	}

	load(context: FragmentLoaderContext, config: LoaderConfiguration, callbacks: Callbacks): void {
		this.context = context;
		this.#callbacks = {
			...callbacks,
			onSuccess: (...answer) => {
				this.#came(context);
				callbacks.onSuccess(...answer);
			}
		};
		const sent = this.#ahead.take(context);
		if (!sent) return this.#loadAsUsual(context, config);
		this.#sent = sent;
		this.stats.loading.start = performance.now();
		const current = () => this.#sent === sent;
		sent.got.then(
			(got) => current() && this.#deliver(sent, got, context),
			() => current() && this.#loadAsUsual(context, config)
		);
	}

	abort(): void {
		const sent = this.#letGo();
		if (!sent) return this.#usual.abort();
		this.stats.aborted = true;
		if (this.context) this.#callbacks?.onAbort?.(this.stats, this.context, null);
	}

	destroy(): void {
		this.#letGo();
		this.#callbacks = null;
		this.context = null;
		this.#usual.destroy();
	}

	getCacheAge(): number | null {
		return this.#usual.getCacheAge?.() ?? null;
	}

	getResponseHeader(name: string): string | null {
		return this.#usual.getResponseHeader?.(name) ?? null;
	}

	#letGo(): Sent | null {
		const sent = this.#sent;
		this.#sent = null;
		sent?.cancel();
		return sent;
	}

	#loadAsUsual(context: FragmentLoaderContext, config: LoaderConfiguration): void {
		this.#sent = null;
		this.stats.loading.start = 0;
		if (this.#callbacks) this.#usual.load(context, config, this.#callbacks as LoaderCallbacks<LoaderContext>);
	}

	/**
	 * By a part's times hls.js reckons how wide the line is. They are told as if it had come alone, just now: that the server
	 * held it back, that others came beside it, and that it lay here for a while says nothing of the line.
	 */
	#deliver(sent: Sent, part: Got, context: FragmentLoaderContext): void {
		this.#sent = null;
		const { stats } = this;
		const { data } = part;
		const end = performance.now();
		const first = end - (part.end - part.first) * this.#ahead.shareOf(part);
		const start = first - Math.min(part.first - sent.at, this.#ahead.rtt * 1000);
		Object.assign(stats.loading, { start, first, end });
		stats.loaded = stats.total = data.byteLength;
		stats.bwEstimate = (data.byteLength * 8000) / Math.max(1, end - first);
		this.#callbacks?.onSuccess({ url: context.url, data, code: 200 }, stats, context, null);
	}
}
