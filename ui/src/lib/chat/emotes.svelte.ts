// The emotes of a room: asked for once the pane is there, for the picker and for completion. Messages name emotes by
// number, so that drawing them waits for nothing here.
import { globalEmotes, type ChatHttp, type Emote } from './http.ts';

export class Emotes {
	site = $state.raw<readonly Emote[]>([]);
	channel = $state.raw<readonly Emote[]>([]);
	/** Undefined until both lists were asked for. */
	failed = $state<boolean>();

	get all(): readonly Emote[] {
		return [...this.channel, ...this.site];
	}

	async load(http: ChatHttp): Promise<void> {
		const [site, channel] = await Promise.allSettled([globalEmotes(), http.emotes()]);
		if (site.status === 'fulfilled') this.site = site.value.data;
		if (channel.status === 'fulfilled') this.channel = channel.value.data;
		this.failed = site.status === 'rejected' && channel.status === 'rejected';
	}
}
