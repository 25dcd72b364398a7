// The emotes of a room: asked for once the pane is there, for the picker, for completion, and for texts that come without
// places of their emotes (quotes, kept messages). Messages name emotes by number: drawing them waits for nothing here.
import type { Piece } from './feed/rows.ts';
import { emotesIn, pieces } from './feed/text.ts';
import { globalEmotes, type ChatHttp, type Emote } from './http.ts';

export class Emotes {
	site = $state.raw<readonly Emote[]>([]);
	channel = $state.raw<readonly Emote[]>([]);
	/** Undefined until both lists were asked for. */
	failed = $state<boolean>();

	get all(): readonly Emote[] {
		return [...this.channel, ...this.site];
	}

	/** The pieces of a text that says nothing of its emotes. */
	cut(text: string): Piece[] {
		return pieces(text, emotesIn(text, this.all));
	}

	async load(http: ChatHttp): Promise<void> {
		const [site, channel] = await Promise.allSettled([globalEmotes(), http.emotes()]);
		if (site.status === 'fulfilled') this.site = site.value.data;
		if (channel.status === 'fulfilled') this.channel = channel.value.data;
		this.failed = site.status === 'rejected' && channel.status === 'rejected';
	}
}
