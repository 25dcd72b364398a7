// Whom the viewer blocks, on the whole site: asked for once it is known who they are, shared by all panes of the page.
import { messageOf, type Row } from './feed/rows.ts';
import { block, blockList, unblock, type User } from './http.ts';

class Blocks {
	/** Logins. */
	all = $state.raw<readonly string[]>([]);
	/** Asked for every message on screen. */
	readonly #set = $derived(new Set(this.all));
	/** Whose list this is; empty for a guest. */
	#whose = '';

	has(login: string): boolean {
		return this.#set.has(login);
	}

	/** Rows that nobody said whom the viewer blocks; the same array where that is nobody. */
	without(rows: readonly Row[]): readonly Row[] {
		if (this.all.length === 0) return rows;
		return rows.filter((row) => !this.has(messageOf(row)?.login ?? ''));
	}

	/** Asks for the list of `user`, once. */
	async know(user: string): Promise<void> {
		if (user === this.#whose) return;
		this.#whose = user;
		this.all = [];
		if (!user) return;
		try {
			const { data } = await blockList();
			if (this.#whose === user) this.all = data.map((one) => one.user_login);
		} catch {
			// Nothing is hidden then; the next connection asks again.
			if (this.#whose === user) this.#whose = '';
		}
	}

	/** The list as the server has it now: another window may have changed it. */
	async list(): Promise<readonly User[]> {
		const { data } = await blockList();
		this.all = data.map((one) => one.user_login);
		return data;
	}

	async block(login: string): Promise<void> {
		await block(login);
		this.blocked(login, true);
	}

	async unblock(login: string): Promise<void> {
		await unblock(login);
		this.blocked(login, false);
	}

	/** The server has blocked somebody for the viewer, or no longer does. */
	blocked(login: string, is: boolean): void {
		const others = this.all.filter((one) => one !== login);
		this.all = is ? [...others, login] : others;
	}
}

export const blocks = new Blocks();
