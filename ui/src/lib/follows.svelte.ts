// Whom the viewer follows, as far as the page has asked: one answer for each channel that it shows, how many follow it, and
// which followed channels are live. What the viewer does shows at once and is taken back when the server refuses it.
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import { api, asProblem, type Problem } from '#lib/api/client.ts';
import type { Stream, StreamState } from '#lib/api/types.ts';

export class Follows {
	/** Live followed channels as the server listed them; undefined before the first answer for this viewer. */
	#listed = $state.raw<readonly Stream[]>();
	/** By name of the channel; what is not in here was not asked for, or is not answered yet. */
	readonly #known = new SvelteMap<string, boolean>();
	/** Followers by name of the channel, the viewer among them. */
	readonly #counts = new SvelteMap<string, number>();
	/** Names whose change is on its way. */
	readonly #changing = new SvelteSet<string>();
	/** Names that are asked about; whoever asks does not wait for these to change. */
	#asking: readonly string[] = [];
	/** Whose follows these are; empty for a guest, undefined before that is known. */
	#whose = $state<string>();
	/** Counts changes: an answer that was asked for before one of them is out of date. */
	#version = 0;

	/** Live followed channels, most viewers first; undefined as long as it may still become any. */
	readonly live = $derived(
		this.#listed
			?.filter((stream) => this.#known.get(stream.channel.name) !== false)
			.sort((a, b) => b.viewers - a.viewers)
	);

	/** Whether the viewer follows `name`; undefined while unknown. */
	has(name: string): boolean | undefined {
		return this.#known.get(name);
	}

	/** Whether the server has yet to say yes to a change. */
	changes(name: string): boolean {
		return this.#changing.has(name);
	}

	/** How many follow `name`, if anybody counted. */
	count(name: string): number | undefined {
		return this.#counts.get(name);
	}

	/** The server has counted the followers of `name`; while the viewer's own follow is on its way, it may not be among them yet. */
	counted(name: string, followers: number): void {
		if (!this.#changing.has(name)) this.#counts.set(name, followers);
	}

	/** These are the follows of `user`, of a guest if empty: what was known of somebody else goes. */
	belongTo(user: string): void {
		if (user === this.#whose) return;
		this.#whose = user;
		this.#version += 1;
		this.#known.clear();
		this.#changing.clear();
		this.#asking = [];
		this.#listed = user ? undefined : [];
		void this.refresh();
	}

	/** Asks whether the viewer follows `name`. Without an answer it stays unknown. */
	async know(name: string): Promise<void> {
		if (!this.#whose || this.#asking.includes(name) || this.#changing.has(name)) return;
		const version = this.#version;
		this.#asking = [...this.#asking, name];
		const follows = await api.follow(name).then(
			(follow) => follow.followed_at !== null,
			() => undefined
		);
		this.#asking = this.#asking.filter((one) => one !== name);
		if (version === this.#version && follows !== undefined) this.#known.set(name, follows);
	}

	/** Follows `name`, or no longer; the answer is why not, null when done. */
	async set(name: string, on: boolean): Promise<Problem | null> {
		if (!this.#whose || this.#changing.has(name) || this.has(name) === on) return null;
		const whose = this.#whose;
		const before = this.has(name);
		this.#version += 1;
		this.#changing.add(name);
		this.#turn(name, on, on ? 1 : -1);
		const problem = await (on ? api.startFollow(name) : api.endFollow(name)).then(() => null, asProblem);
		if (whose === this.#whose) {
			if (problem) this.#turn(name, before, on ? -1 : 1);
			this.#changing.delete(name);
			void this.refresh();
		}
		return problem;
	}

	/** Asks which followed channels are live; a list that fails to come leaves what there is. */
	async refresh(signal?: AbortSignal): Promise<void> {
		if (!this.#whose) return;
		const version = this.#version;
		try {
			const { streams } = await api.followedStreams(signal);
			if (version !== this.#version) return;
			this.#listed = streams;
			for (const { channel } of streams) if (!this.#changing.has(channel.name)) this.#known.set(channel.name, true);
		} catch {
			if (version === this.#version) this.#listed ??= [];
		}
	}

	/** A channel's page was told of a state before the list was. */
	tell(id: string, state: StreamState): void {
		this.#listed = this.#listed?.map((stream) => (stream.id === id ? { ...stream, state } : stream));
	}

	#turn(name: string, to: boolean | undefined, more: number): void {
		if (to === undefined) this.#known.delete(name);
		else this.#known.set(name, to);
		const count = this.#counts.get(name);
		if (count !== undefined) this.#counts.set(name, Math.max(0, count + more));
	}
}

export const follows = new Follows();
