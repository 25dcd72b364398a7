// The messages that a channel keeps, as moderators read them: the newest first, of one user or of all, older ones by pages.
import { asProblem } from '#lib/api/client.ts';
import type { ChatHttp, LoggedView } from '../http.ts';

export class Kept {
	/** Undefined until they are there. */
	all = $state.raw<readonly LoggedView[]>();
	/** Of whom; empty for everybody. */
	login = $state('');
	more = $state(false);
	failed = $state('');

	readonly #http: ChatHttp;
	/** Where the next page begins. */
	#before: string | null = null;
	/** An answer that comes after another question was asked is nobody's. */
	#turn = 0;

	constructor(http: ChatHttp) {
		this.#http = http;
	}

	/** The newest, of `login`. What was read of older ones stays, if it is of the same. */
	async load(login = this.login): Promise<void> {
		if (login !== this.login) this.#forget();
		this.login = login;
		const page = await this.#ask(null);
		if (!page) return;
		const known = this.all ?? [];
		const last = page.data.at(-1)?.id;
		const at = known.findIndex((m) => m.id === last);
		this.all = at < 0 ? page.data : [...page.data, ...known.slice(at + 1)];
		if (at < 0 || at === known.length - 1) this.#ends(page.next);
	}

	async older(): Promise<void> {
		if (this.#before === null) return;
		const page = await this.#ask(this.#before);
		if (!page) return;
		this.all = [...(this.all ?? []), ...page.data];
		this.#ends(page.next);
	}

	/** Some were erased. */
	async reload(): Promise<void> {
		this.#forget();
		await this.load();
	}

	#forget(): void {
		this.all = undefined;
		this.#ends(null);
	}

	#ends(next: string | null): void {
		this.#before = next;
		this.more = next !== null;
	}

	/** A page; null if it was refused or is not wanted any more. */
	async #ask(before: string | null) {
		const turn = ++this.#turn;
		try {
			const page = await this.#http.logs({
				...(this.login && { user: this.login }),
				...(before !== null && { before })
			});
			if (turn !== this.#turn) return null;
			this.failed = '';
			return page;
		} catch (e) {
			if (turn === this.#turn) this.failed = asProblem(e).words;
			return null;
		}
	}
}
