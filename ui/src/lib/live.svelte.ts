// The list of live streams, shared by the front page, the rail and search: asked for every ten seconds while anybody
// looks, kept when an answer fails.
import { api, asProblem, type Problem } from '#lib/api/client.ts';
import type { Stream } from '#lib/api/types.ts';

const EVERY_MS = 10_000;

class LiveList {
	/** Most viewers first; undefined before the first answer. */
	streams = $state.raw<Stream[]>();
	/** Why the last question failed; null when it did not. */
	problem = $state.raw<Problem | null>(null);

	/** Keeps the list fresh until the answer is called. */
	start(): () => void {
		void this.refresh();
		const timer = setInterval(() => {
			if (document.visibilityState === 'visible') void this.refresh();
		}, EVERY_MS);
		return () => clearInterval(timer);
	}

	async refresh(): Promise<void> {
		try {
			const answer = await api.streams();
			this.streams = answer.streams;
			this.problem = null;
		} catch (e) {
			this.problem = asProblem(e);
		}
	}
}

export const live = new LiveList();

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
