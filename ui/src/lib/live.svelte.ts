// The list of live streams, shared by the front page, the rail and search: asked for every ten seconds while anybody
// looks, kept when an answer fails. The list of live followed channels is asked for with it.
import { api, asProblem, type Problem } from '#lib/api/client.ts';
import type { Stream, StreamState } from '#lib/api/types.ts';
import { follows } from '#lib/follows.svelte.ts';
import { link } from '#lib/link.svelte.ts';

const EVERY_MS = 10_000;
/** While nothing reaches the site: this question is what finds out that it is over. */
const LOST_EVERY_MS = 2000;
/** A dead connection answers never. */
const PATIENCE_MS = 8000;

class LiveList {
	/** Most viewers first; undefined before the first answer. */
	streams = $state.raw<Stream[]>();
	/** Why the last question failed; null when it did not. */
	problem = $state.raw<Problem | null>(null);

	/** Keeps the list fresh until the answer is called. */
	start(): () => void {
		let timer: ReturnType<typeof setTimeout>;
		let ended = false;
		const ask = async () => {
			clearTimeout(timer);
			if (document.visibilityState === 'visible') await this.refresh();
			if (!ended) timer = setTimeout(ask, this.problem?.status === 0 ? LOST_EVERY_MS : EVERY_MS);
		};
		const now = () => void ask();
		addEventListener('online', now);
		void ask();
		return () => {
			ended = true;
			clearTimeout(timer);
			removeEventListener('online', now);
		};
	}

	/** A channel's page was told of a state before the list was. */
	tell(id: string, state: StreamState): void {
		this.streams = this.streams?.map((stream) => (stream.id === id ? { ...stream, state } : stream));
		follows.tell(id, state);
	}

	async refresh(): Promise<void> {
		void follows.refresh(AbortSignal.timeout(PATIENCE_MS));
		try {
			const answer = await api.streams(AbortSignal.timeout(PATIENCE_MS));
			this.streams = answer.streams;
			this.problem = null;
		} catch (e) {
			this.problem = asProblem(e);
		}
		link.report('list', this.problem?.status !== 0);
	}
}

export const live = new LiveList();

/** The streams of other channels than those of `others`. */
export function without(streams: readonly Stream[], others: readonly (Stream | undefined)[]): Stream[] {
	return streams.filter(({ channel }) => !others.some((other) => other?.channel.id === channel.id));
}

/** The streams whose channel, title or category holds `query`; names that begin with it first. */
export function search(streams: readonly Stream[], query: string): Stream[] {
	const wanted = query.trim().toLowerCase();
	if (!wanted) return [];
	const rank = (s: Stream) => {
		if (s.channel.name.startsWith(wanted)) return 0;
		if (s.channel.name.includes(wanted)) return 1;
		return [s.title, s.category, ...s.tags].some((text) => text.toLowerCase().includes(wanted)) ? 2 : 3;
	};
	return streams
		.map((stream) => ({ stream, rank: rank(stream) }))
		.filter((r) => r.rank < 3)
		.sort((a, b) => a.rank - b.rank)
		.map((r) => r.stream);
}
