// What the viewer is about to do in one pane: whom they answer, whose card is open, and what moderators just did, with the
// way back where there is one. Every act tells its outcome in words.
import { asProblem } from '#lib/api/client.ts';
import { t } from '#lib/i18n/index.ts';
import { blocks } from './blocks.svelte.ts';
import { Emotes } from './emotes.svelte.ts';
import type { Message } from './feed/rows.ts';
import type { Room } from './room.svelte.ts';
import { span } from './spans.ts';
import { GRACE_MS, type Holder } from './told.svelte.ts';

export interface Done {
	words: string;
	failed: boolean;
	undo: (() => Promise<unknown>) | null;
}

const DONE_MS = 6000;
/** Timeouts by one key or click, in seconds. */
export const PRESETS = [60, 600, 3600, 86_400] as const;

export class Desk {
	readonly room: Room;
	readonly emotes = new Emotes();
	replyTo = $state.raw<Message | null>(null);
	/** Whose card is open. */
	card = $state.raw<{ login: string; display: string } | null>(null);
	/** The card was opened to warn: its reason is what one is about to write. */
	warning = $state(false);
	help = $state(false);
	done = $state.raw<Done | null>(null);
	/** Puts a text into the composer; set by it. */
	insert: (text: string) => void = () => undefined;
	/** Begins a whisper in the composer; set by it. */
	whisper: (login: string) => void = () => undefined;
	focusComposer: () => void = () => undefined;
	/** Of the room, when the answer was begun. */
	#clearings = 0;
	#timer: ReturnType<typeof setTimeout> | undefined;
	/** When what was done goes, ms; and what is on it, under which it stays. */
	#doneUntil = 0;
	readonly #on: Record<Holder, boolean> = { pointer: false, focus: false };

	constructor(room: Room) {
		this.room = room;
	}

	/** Whether there is a field to answer in, and anything left to answer. */
	answers(message: Message): boolean {
		return this.room.writes && !message.deleted;
	}

	/** A message that was deleted meanwhile is answered no more; the server would post the answer without it. */
	recheck(): void {
		if (!this.replyTo) return;
		const now = this.room.message(this.replyTo.id);
		// Out of reach is not gone, unless the room was cleared.
		if (now ? !now.deleted : this.room.clearings === this.#clearings) return;
		const name = this.replyTo.display;
		this.replyTo = null;
		this.room.tell(t('chat.answeredGone', { name }));
	}

	reply(message: Message): void {
		if (!this.answers(message)) return;
		this.replyTo = message;
		this.#clearings = this.room.clearings;
		this.focusComposer();
	}

	open(who: { login: string; display?: string }, warning = false): void {
		this.card = { login: who.login, display: who.display ?? who.login };
		this.warning = warning;
	}

	/** Does `act`, says `words` when it worked and the refusal when it did not. */
	async act(
		act: () => Promise<unknown>,
		words: string,
		undo: (() => Promise<unknown>) | null = null
	): Promise<boolean> {
		try {
			await act();
			this.#say({ words, failed: false, undo });
			return true;
		} catch (e) {
			this.#say({ words: asProblem(e).words, failed: true, undo: null });
			return false;
		}
	}

	async undo(): Promise<void> {
		const undo = this.done?.undo;
		if (undo) await this.act(undo, t('chat.undone'));
	}

	remove(message: Message): Promise<boolean> {
		return this.act(() => this.room.http.remove(message.id), t('chat.removed'));
	}

	timeout(login: string, seconds: number, reason = ''): Promise<boolean> {
		return this.act(
			() => this.room.http.ban(login, seconds, reason),
			t('chat.timedOut', { name: login, time: span(seconds) }),
			() => this.room.http.unban(login)
		);
	}

	ban(login: string, reason = ''): Promise<boolean> {
		return this.act(
			() => this.room.http.ban(login, null, reason),
			t('chat.banned', { name: login }),
			() => this.room.http.unban(login)
		);
	}

	unban(login: string): Promise<boolean> {
		return this.act(() => this.room.http.unban(login), t('chat.unbanned', { name: login }));
	}

	warn(login: string, reason: string): Promise<boolean> {
		return this.act(() => this.room.http.warn(login, reason), t('chat.warned', { name: login }));
	}

	block(login: string): Promise<boolean> {
		return this.act(
			() => blocks.block(login),
			t('block.done', { name: login }),
			() => blocks.unblock(login)
		);
	}

	unblock(login: string): Promise<boolean> {
		return this.act(
			() => blocks.unblock(login),
			t('block.lifted', { name: login }),
			() => blocks.block(login)
		);
	}

	pin(message: Message): Promise<boolean> {
		return this.act(
			() => this.room.http.pin(message.id, 1200),
			t('chat.pinnedNow'),
			() => this.room.http.unpin()
		);
	}

	suspect(login: string, how: 'monitored' | 'restricted' | null): Promise<boolean> {
		const words =
			how === 'monitored'
				? t('chat.monitored', { name: login })
				: how === 'restricted'
					? t('chat.restricted', { name: login })
					: t('chat.trusted', { name: login });
		return this.act(() => this.room.http.suspect(login, how), words);
	}

	async decide(id: string, allow: boolean): Promise<void> {
		if (await this.act(() => this.room.http.decide(id, allow), allow ? t('held.allowed') : t('held.denied')))
			this.room.forgetHeld(id);
		// Somebody else may have decided it, or it is over.
		else await this.room.loadHeld();
	}

	dismiss(): void {
		clearTimeout(this.#timer);
		this.done = null;
		// What is taken away from under a pointer never says that it left.
		this.#on.pointer = this.#on.focus = false;
	}

	/** The pointer or the focus came to what was done, or left it: a way back must not go from under it. */
	hold(by: Holder, on: boolean): void {
		this.#on[by] = on;
		this.#doneUntil = Math.max(this.#doneUntil, Date.now() + GRACE_MS);
		this.#plan();
	}

	#say(done: Done): void {
		this.done = done;
		this.room.heard.told.push(done.words);
		// The button that had the focus went with the words before.
		this.#on.focus = false;
		this.#doneUntil = Date.now() + DONE_MS;
		this.#plan();
	}

	#plan(): void {
		clearTimeout(this.#timer);
		if (!this.done || this.#on.pointer || this.#on.focus) return;
		this.#timer = setTimeout(() => this.dismiss(), this.#doneUntil - Date.now());
	}
}
