// One room as the page holds it: the rows on screen, the modes, who the viewer is, and what waits for moderators.
// The worker does the talking; this applies what it hands over.
import { asProblem } from '#lib/api/client.ts';
import { t } from '#lib/i18n/index.ts';
import { blocks } from './blocks.svelte.ts';
import { apply, applyHeld, LIST_MAX, split } from './feed/list.ts';
import type { Modes, Pinned, You } from './feed/protocol.ts';
import { messageOf, type Answer, type Entry, type Held, type Link, type Message, type Row } from './feed/rows.ts';
import type { HeldChange, Update, Whisper } from './feed/rows.ts';
import { badgesOf, heldFromView } from './feed/message.ts';
import { chatOf, type ChatHttp } from './http.ts';
import { peopleIn } from './people.ts';
import { Told } from './told.svelte.ts';
import { Wire } from './wire.ts';

const ENTRIES_MAX = 100;

/** Rows that are drawn at once of those that waited: a busy room's all together would hold the page up. */
const STEP = 25;

/** What a screen reader may be told, since it was told last. */
export interface Heard {
	messages: number;
	mentions: string[];
	told: string[];
}

export class Room {
	readonly name: string;
	readonly http: ChatHttp;

	rows = $state.raw<readonly Row[]>([]);
	/** Rows that came while the list stands still, and are not shown yet. */
	waiting = $state.raw<readonly Row[]>([]);
	/** How many came meanwhile, also those that are out of reach by now. */
	fresh = $state(0);
	/** How often all messages were taken away. */
	clearings = 0;
	paused = $state(false);
	link = $state.raw<Link>({ phase: 'connecting' });
	/** Undefined until the server has said who we are; null for a guest. */
	you = $state.raw<You | null>();
	modes = $state.raw<Modes>();
	pinned = $state.raw<Pinned | null>(null);
	held = $state.raw<readonly Held[]>([]);
	/** Why those that wait are not known. */
	heldFault = $state('');
	entries = $state.raw<readonly Entry[]>([]);
	/** Messages that the sampled view left out in the last seconds. */
	leftOut = $state(0);
	full = $state(false);
	readonly told = new Told();
	/** When the end of a timeout comes (ms), 0 for a ban, null when free. */
	silentUntil = $state<number | null>(null);
	/** How often moderators have answered the viewer's request to be unbanned. */
	decided = $state(0);
	/** What the viewer said and moderators look at before it shows, oldest first. */
	checked = $state.raw<readonly string[]>([]);
	heard: Heard = { messages: 0, mentions: [], told: [] };

	#wire = new Wire();
	#stop: () => void = () => undefined;
	/** Changes since the question for what waits that is not answered yet. */
	#heldSince: HeldChange[] | null = null;
	/** The next step of catching up. */
	#step: ReturnType<typeof setTimeout> | undefined;
	#leftOutTimer: ReturnType<typeof setTimeout> | undefined;

	constructor(name: string) {
		this.name = name;
		this.http = chatOf(name);
	}

	get moderates(): boolean {
		return this.you?.moderates ?? false;
	}

	get banned(): boolean {
		return this.silentUntil === 0;
	}

	/** Whether there is a field in which the viewer writes. */
	get writes(): boolean {
		return this.you != null && !this.you.warning && !this.banned;
	}

	get broadcaster(): boolean {
		return badgesOf(this.you?.badges ?? '').some((b) => b.name === 'broadcaster');
	}

	/** Whether slow mode and its kind do not hold for the viewer. */
	get passes(): boolean {
		return this.moderates || badgesOf(this.you?.badges ?? '').some((b) => b.name === 'vip');
	}

	/** Whether the viewer must follow the channel to write. */
	get followersOnly(): boolean {
		const off = (this.modes?.followers_min ?? null) === null;
		return !off && !this.passes && !badgesOf(this.you?.badges ?? '').some((b) => b.name === 'subscriber');
	}

	/** Whether the viewer does not want to read somebody here. Who moderates reads everybody. */
	hides(login: string): boolean {
		return !this.moderates && blocks.has(login);
	}

	/** The rows without those of whom the viewer blocks. */
	get shown(): readonly Row[] {
		return this.moderates ? this.rows : blocks.without(this.rows);
	}

	/** Who spoke of late, the last first. */
	get people(): { login: string; display: string }[] {
		return peopleIn(this.shown);
	}

	/** Connects; the answer ends it. A later one begins anew: rows of another connection would have the same numbers. */
	start(): () => void {
		this.#stop();
		this.#empty();
		const take = (update: Update) => this.#take(update);
		this.#stop = this.#wire.start(this.name, take, () => (this.link = { phase: 'failed' }));
		return () => {
			clearTimeout(this.#leftOutTimer);
			clearTimeout(this.#step);
			this.#stop();
		};
	}

	/** Sends a text and answers what became of it. */
	say(text: string, reply: string | null): Promise<Answer> {
		return this.#wire.say(text, reply);
	}

	/** The room took a message: whatever kept us from writing is over. */
	freed(): void {
		this.silentUntil = null;
	}

	/** A moderator decides about what the viewer said. */
	checks(text: string): void {
		this.checked = [...this.checked, text];
	}

	/** Every message of a busy room, or the sample. */
	view(full: boolean): void {
		this.full = full;
		this.leftOut = 0;
		this.#wire.post({ t: 'view', full });
	}

	acknowledge(): void {
		this.#wire.post({ t: 'ack' });
	}

	retry(): void {
		if (this.link.phase === 'failed') this.start();
		else this.#wire.post({ t: 'wake' });
	}

	/** Lets the list stand still, or shows what came meanwhile. */
	pause(on: boolean): void {
		if (on === this.paused) return;
		this.paused = on;
		this.fresh = on ? this.waiting.filter((row) => this.#counts(row)).length : 0;
		if (!on) this.#catchUp();
	}

	/** Shows what waits, in steps between which the page can do other things. */
	#catchUp(): void {
		clearTimeout(this.#step);
		if (this.paused) return;
		this.rows = [...this.rows, ...this.waiting.slice(0, STEP)].slice(-LIST_MAX);
		this.waiting = this.waiting.slice(STEP);
		if (this.waiting.length > 0) this.#step = setTimeout(() => this.#catchUp());
	}

	message(id: string): Message | null {
		for (const row of [...this.rows, ...this.waiting]) {
			const m = messageOf(row);
			if (m?.id === id) return m;
		}
		return null;
	}

	/** What this user said of late, oldest first. */
	said(login: string): Message[] {
		return [...this.rows, ...this.waiting].flatMap((row) => {
			const m = messageOf(row);
			return m?.login === login ? [m] : [];
		});
	}

	/** A sentence for the viewer alone, at the composer. */
	tell(text: string, stays = false): void {
		this.told.tell(text, stays);
		this.heard.told.push(text);
	}

	/** Asks for all messages that wait: what is known of them may be old, or lack what came while nobody listened. */
	async loadHeld(): Promise<void> {
		// What comes meanwhile may be newer than the answer.
		const since: HeldChange[] = [];
		this.#heldSince = since;
		const asked = () => this.#heldSince === since;
		try {
			const { data } = await this.http.held();
			if (!asked()) return;
			this.held = applyHeld(data.map(heldFromView), since);
			this.heldFault = '';
		} catch (e) {
			if (asked()) this.heldFault = asProblem(e).words;
		} finally {
			if (asked()) this.#heldSince = null;
		}
	}

	forgetHeld(id: string): void {
		this.held = this.held.filter((h) => h.message.id !== id);
	}

	#empty(): void {
		clearTimeout(this.#step);
		this.rows = this.waiting = [];
		this.held = [];
		this.heldFault = '';
		this.#heldSince = null;
		this.checked = [];
		this.entries = [];
		this.fresh = this.leftOut = 0;
		this.paused = this.full = false;
		this.you = undefined;
		this.link = { phase: 'connecting' };
	}

	/** Whether we hear of messages that wait. */
	get #watches(): boolean {
		return this.moderates && this.link.phase === 'open';
	}

	#take(update: Update): void {
		const watched = this.#watches;
		this.#list(update);
		if (update.link) this.link = update.link;
		if (update.modes) this.modes = update.modes;
		if (update.pinned !== undefined) this.pinned = update.pinned;
		for (const one of update.told) this.#told(one);
		if (update.you !== undefined) this.#youAre(update.you);
		if (update.leftOut > 0) this.#skipped(update.leftOut);
		if (update.entries.length > 0) this.entries = [...this.entries, ...update.entries].slice(-ENTRIES_MAX);
		this.#queue(update.held);
		// Also after each greeting: a connection that could not resume lacks what happened between.
		if (this.#watches && (!watched || update.link)) void this.loadHeld();
		for (const answer of update.answers) {
			if (!this.#wire.settle(answer) && !answer.ok && answer.text) this.tell(answer.text);
		}
	}

	#list({ changes }: Update): void {
		if (changes.length === 0) return;
		for (const change of changes) {
			if (change.t === 'clearAll') {
				this.clearings += 1;
				// The room lets go of what waited, too.
				this.checked = [];
			}
			if (change.t !== 'add') continue;
			if (change.row.kind === 'whisper') this.#hear(change.row.whisper);
			const m = messageOf(change.row);
			if (m?.mine) this.#looked(m.text);
			if (!m || m.history || this.hides(m.login)) continue;
			this.heard.messages += 1;
			if (m.forMe && this.heard.mentions.length < 5) this.heard.mentions.push(`${m.display}: ${m.text}`);
		}
		if (!this.paused && this.waiting.length === 0) {
			this.rows = apply(this.rows, changes);
			return;
		}
		const { adds, rest } = split(changes);
		this.rows = apply(this.rows, rest);
		this.waiting = apply(this.waiting, changes);
		if (!this.paused) return;
		this.fresh += adds.filter((c) => c.t === 'add' && this.#counts(c.row)).length;
	}

	/** One that moderators had to look at shows; without its text one does not and never will. */
	#looked(text?: string): void {
		const at = text === undefined ? 0 : this.checked.indexOf(text);
		if (at >= 0) this.checked = this.checked.filter((_, i) => i !== at);
	}

	#hear({ display, text, sent }: Whisper): void {
		if (!sent) this.heard.mentions.push(t('whisper.heard', { name: display, text }));
	}

	#counts(row: Row): boolean {
		if (row.kind === 'whisper') return !row.whisper.sent;
		const m = messageOf(row);
		return m !== null && !this.hides(m.login);
	}

	#youAre(you: You | null): void {
		const wrote = this.writes;
		this.you = you;
		void blocks.know(you?.id ?? '');
		const left = you?.timeout_ms ?? null;
		this.silentUntil = left === null ? null : left === 0 ? 0 : Date.now() + left;
		// "You may chat again." is true no more.
		if (wrote && !this.writes) this.told.clear();
		if (!this.moderates) this.held = [];
		// Of who may not write any more nothing is looked at.
		if (!you || left !== null) this.checked = [];
	}

	#told({ id, text }: Update['told'][number]): void {
		const decided = /^unban_request_(approved|denied)$/.test(id);
		if (decided) this.decided += 1;
		if (id === 'msg_rejected_mandatory') this.#looked();
		// What is denied is said in the composer's place.
		if (id === 'unban_request_denied') this.heard.told.push(text);
		else this.tell(text, decided);
	}

	#skipped(count: number): void {
		this.leftOut += count;
		clearTimeout(this.#leftOutTimer);
		this.#leftOutTimer = setTimeout(() => (this.leftOut = 0), 15_000);
	}

	#queue(changes: readonly HeldChange[]): void {
		if (changes.length === 0) return;
		this.#heldSince?.push(...changes);
		this.held = applyHeld(this.held, changes);
	}
}
