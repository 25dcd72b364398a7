// Who asks a room's moderators to be unbanned: those that wait, kept up to date by what the log tells.
import { asProblem } from '#lib/api/client.ts';
import { t } from '#lib/i18n/index.ts';
import type { Desk } from '../desk.svelte.ts';
import type { UnbanRequest } from '../http.ts';

/** Acts that change who waits. */
const CHANGES = /^(\w+_unban_request|unban)$/;

export class Requests {
	/** Those that wait, the first to ask first; undefined until they are known. */
	pending = $state.raw<readonly UnbanRequest[]>();
	failed = $state('');
	readonly #desk: Desk;

	constructor(desk: Desk) {
		this.#desk = desk;
	}

	/** The last act in the log that means: look again. */
	get changed(): string | undefined {
		return this.#desk.room.entries.findLast((e) => CHANGES.test(e.action))?.id;
	}

	async load(): Promise<void> {
		try {
			const { data } = await this.#desk.room.http.unbanRequests('pending');
			this.pending = [...data].reverse();
			this.failed = '';
		} catch (e) {
			this.failed = asProblem(e).words;
		}
	}

	async resolve({ id, user_name: name }: UnbanRequest, approve: boolean, answer: string): Promise<void> {
		const words = approve ? t('requests.approved', { name }) : t('requests.denied', { name });
		await this.#desk.act(() => this.#desk.room.http.resolveRequest(id, approve, answer), words);
		// Also where it failed: somebody else may have been quicker.
		await this.load();
	}
}
