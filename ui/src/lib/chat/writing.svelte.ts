// What one writes in one room: the text and the caret, what is offered for it, sending it, and what became of that. The
// field itself belongs to the composer; a text stays here until the room has taken it.
import { tick, untrack } from 'svelte';
import { t, tMaybe } from '#lib/i18n/index.ts';
import { blocks } from './blocks.svelte.ts';
import { allowed } from './commands.ts';
import { complete, left, lengthOf, offer, TEXT_MAX, type Choice, type Offer } from './completion.ts';
import type { Desk } from './desk.svelte.ts';
import { draft, keepDraft } from './drafts.ts';
import type { Emotes } from './emotes.svelte.ts';
import type { Modes } from './feed/protocol.ts';
import type { Answer, Message } from './feed/rows.ts';
import { asWhisper, blocking } from './personal.ts';
import { Recall } from './recall.ts';
import { asksToFollow, reasonOf, stillHolds, type Refused } from './refusals.ts';

/** A wait so short is waited for in silence. */
const PATIENCE_MS = 1500;

/** How often a countdown is looked at. */
const TICK_MS = 250;

/** The refusal of what waits for a moderator now. */
const HELD = 'msg_rejected';

/** The refusal, and the wait, of slow mode. */
export const SLOW = 'msg_slowmode';

/** A refusal that holds longer than this stays until it is dismissed. */
const LONG_MS = 86_400_000;

/** Texts in one, null where there is none. */
const joined = (...texts: (string | null | undefined)[]): string | null => texts.filter(Boolean).join(' ') || null;

export interface Refusal {
	/** Of its reason, as in refusals.ts; '' once that is past. */
	id: string;
	words: string;
	/** What was refused, this time and before, if it could not be put back by itself. */
	text: string | null;
}

export class Writing {
	field: HTMLTextAreaElement | undefined;

	text = $state('');
	caret = $state(0);
	chosen = $state(0);
	picking = $state(false);
	refused = $state.raw<Refusal | null>(null);
	/** When the viewer may write again (ms). */
	freeAt = $state(0);
	/** The refusal that `freeAt` is the end of, '' for none. */
	waitsFor = $state('');
	now = $state(Date.now());

	readonly #desk: Desk;
	readonly #recall = new Recall();
	/** What was sent and is not answered yet, oldest first. */
	#sent = $state.raw<readonly string[]>([]);
	#past: ReturnType<typeof setTimeout> | undefined;
	/** The list of choices was closed for what stands here now. */
	#closed = $state(false);

	readonly rest = $derived(left(this.text));
	readonly tooLong = $derived(lengthOf(this.text) > TEXT_MAX);
	readonly waitMs = $derived(Math.max(0, this.freeAt - this.now));
	/** Until the reason of the refusal is past, if that is a matter of time, ms. */
	readonly refusedMs = $derived(this.refused?.id === this.waitsFor ? this.waitMs : 0);
	// Names come and go with every message: what is offered changes by typing alone.
	readonly offered = $derived.by<Offer | null>(() => {
		const at = [this.text, this.caret] as const;
		return this.#closed || !this.text ? null : untrack(() => offer(...at, this.#sources()));
	});

	constructor(desk: Desk) {
		this.#desk = desk;
		this.text = draft(desk.room.name);
	}

	get emotes(): Emotes {
		return this.#desk.emotes;
	}

	/** Everything that the room has not taken: what a pane that is closed now begins with when it is opened again. */
	get unsaid(): string {
		return joined(this.refused?.text, ...this.#sent, this.text) ?? '';
	}

	get choices(): Choice[] {
		return this.offered?.choices ?? [];
	}

	#sources() {
		const { moderates, broadcaster, people } = this.#desk.room;
		const blocked = blocks.all.map((login) => ({ login, display: login }));
		return {
			commands: allowed(moderates, broadcaster),
			people: this.text.startsWith('/unblock ') ? blocked : people,
			emotes: this.emotes.all
		};
	}

	/** The caret moved, by typing or without. */
	moved(): void {
		this.caret = this.field?.selectionStart ?? this.text.length;
		this.chosen = 0;
		this.#closed = false;
	}

	close(): void {
		this.#closed = true;
	}

	/** Puts a piece where the caret is, apart from what stands before it. */
	put(piece: string): void {
		const at = this.field?.selectionStart ?? this.text.length;
		const gap = at > 0 && !/\s$/.test(this.text.slice(0, at)) ? ' ' : '';
		this.text = `${this.text.slice(0, at)}${gap}${piece} ${this.text.slice(at)}`;
		void this.#place(at + gap.length + piece.length + 1);
	}

	/** Makes a whisper to somebody of what is written. */
	whisper(login: string): void {
		this.#desk.replyTo = null;
		this.text = asWhisper(this.text, login);
		this.#closed = true;
		void this.#place(this.text.length);
	}

	take(choice: Choice): void {
		if (!this.offered) return;
		const next = complete(this.text, this.offered, choice);
		this.text = next.text;
		this.#closed = true;
		void this.#place(next.caret);
	}

	/** Arrows in an empty field bring back what was sent. */
	recall(by: 1 | -1): boolean {
		const text = this.#recall.step(by, this.text);
		if (text === null) return false;
		this.text = text;
		void this.#place(text.length);
		return true;
	}

	async send(): Promise<void> {
		const said = this.text.replace(/\s*\n\s*/g, ' ').trim();
		if (!said || this.tooLong) return;
		const card = /^\/user\s+@?(\w+)$/.exec(said)?.[1];
		if (card) {
			this.#desk.open({ login: card.toLowerCase() });
			this.text = '';
			return;
		}
		const { room, replyTo } = this.#desk;
		this.text = '';
		this.#over();
		this.picking = false;
		this.#desk.replyTo = null;
		this.#recall.add(said);
		room.pause(false);
		this.#sent = [...this.#sent, said];
		const answer = await this.#patiently(said, replyTo?.id ?? null);
		const answered = this.#sent.indexOf(said);
		this.#sent = this.#sent.filter((_, i) => i !== answered);
		if (answer.ok) this.#done(said, answer.id);
		else this.#failed(said, answer, replyTo);
		// By now the composer, which else keeps the draft, may be gone.
		keepDraft(room.name, this.unsaid);
	}

	#done(said: string, id: string | null): void {
		if (id) this.#taken();
		const done = blocking(said);
		if (done) blocks.blocked(done.login, done.on);
	}

	#failed(said: string, answer: Refused, replyTo: Message | null): void {
		// What is held waits for a moderator; sent once more it would be there twice.
		const held = answer.id === HELD;
		if (held) this.#desk.room.checks(said);
		if (!this.text && !held) {
			this.text = said;
			if (replyTo) this.#desk.replyTo = replyTo;
		}
		const { id, values } = reasonOf(answer);
		// Only the time since one's last message runs on, whatever this one is refused for.
		if (answer.retryMs || this.waitsFor !== SLOW) this.#waits(answer.retryMs ?? 0, answer.retryMs ? id : '');
		const words = tMaybe(`chatno.${id}`, values, () => answer.text || t('chatno.lost'));
		const apart = held || this.text === said ? null : said;
		this.#refuse({ id, words, text: joined(this.refused?.text, apart) }, answer.retryMs);
	}

	/** Keeps `now` going until `last` (ms) is past, or until the answer is called. */
	tickUntil(last: number): () => void {
		const timer = setInterval(() => look(), TICK_MS);
		const look = () => {
			this.now = Date.now();
			if (this.now >= last) clearInterval(timer);
		};
		look();
		return () => clearInterval(timer);
	}

	/** What the room asks for changed: what it asked for before is no reason any more. */
	holds(modes: Modes | undefined, silentUntil: number | null): void {
		if (!stillHolds(this.waitsFor, modes, silentUntil)) this.#waits(0);
		if (this.refused && !stillHolds(this.refused.id, modes, silentUntil)) this.#over();
	}

	/** The viewer follows the channel now. */
	followed(): void {
		if (this.refused && asksToFollow(this.refused.id)) this.#over();
	}

	#waits(ms: number, reason = ''): void {
		this.freeAt = Date.now() + ms;
		this.waitsFor = reason;
	}

	/** `ms`: what it says how long it holds, if it does. */
	#refuse(refused: Refusal, ms: number | null): void {
		// What is held is not refused yet: the room says what becomes of it.
		if (refused.id === HELD) return;
		clearTimeout(this.#past);
		this.refused = refused;
		if (ms && ms < LONG_MS) this.#past = setTimeout(() => this.refused === refused && this.#over(), ms);
	}

	/** The reason is past. A text that is nowhere else stays within reach. */
	#over(): void {
		const text = this.refused?.text;
		this.refused = text ? { id: '', words: t('chatno.over'), text } : null;
	}

	#taken(): void {
		const { room } = this.#desk;
		room.freed();
		// Whatever was waited for before is past.
		const slow = room.passes ? 0 : (room.modes?.slow_s ?? 0);
		if (slow > 0) this.#waits(slow * 1000, SLOW);
		else this.#waits(0);
	}

	/** Two messages within the second that the room asks for between them: the second one waits, and nobody is told. */
	async #patiently(said: string, reply: string | null): Promise<Answer> {
		const { room } = this.#desk;
		const answer = await room.say(said, reply);
		if (answer.ok || answer.id !== 'msg_ratelimit' || !answer.retryMs || answer.retryMs > PATIENCE_MS) return answer;
		await new Promise((later) => setTimeout(later, answer.retryMs ?? 0));
		return room.say(said, reply);
	}

	async #place(at: number): Promise<void> {
		await tick();
		this.field?.focus();
		this.field?.setSelectionRange(at, at);
		this.caret = at;
	}
}
