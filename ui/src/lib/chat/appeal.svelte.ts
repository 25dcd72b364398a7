// What the viewer asks of the moderators of a room that bans them: once for each ban, and what became of it.
import { asProblem } from '#lib/api/client.ts';
import type { ChatHttp, UnbanRequest } from './http.ts';

export class Appeal {
	/** The last request; null if there is none, undefined until that is known. */
	request = $state.raw<UnbanRequest | null>();
	failed = $state('');
	#http: ChatHttp;

	constructor(http: ChatHttp) {
		this.#http = http;
	}

	load(): Promise<boolean> {
		return this.#act(() => Promise.resolve());
	}

	send(text: string): Promise<boolean> {
		return this.#act(() => this.#http.requestUnban(text));
	}

	cancel(): Promise<boolean> {
		return this.#act(() => this.#http.cancelRequest());
	}

	/** Does it and shows what is then so, also where that is why it was refused. */
	async #act(act: () => Promise<unknown>): Promise<boolean> {
		let failed = '';
		try {
			await act();
		} catch (e) {
			failed = asProblem(e).words;
		}
		try {
			this.request = (await this.#http.unbanRequests()).data[0] ?? null;
		} catch (e) {
			failed ||= asProblem(e).words;
		}
		this.failed = failed;
		return failed === '';
	}
}
