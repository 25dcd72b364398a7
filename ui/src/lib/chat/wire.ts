// The page's end of the worker: starts it, asks it, and brings each answer to who asked.
import type { Answer, Update } from './feed/rows.ts';
import type { Request } from './feed/worker.ts';
import FeedWorker from './feed/worker.ts?worker';

/** The address of a room's socket. */
function addressOf(room: string): string {
	const url = new URL(`/api/v1/chat/${encodeURIComponent(room)}`, location.href);
	url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
	return url.href;
}

export class Wire {
	#worker: Worker | null = null;
	#nonce = 0;
	#asked = new Map<string, (answer: Answer) => void>();

	/** Connects; the answer ends it. `failed` is called when the worker is of no more use. */
	start(room: string, take: (update: Update) => void, failed: () => void): () => void {
		const worker = new FeedWorker();
		this.#worker = worker;
		worker.onmessage = (event: MessageEvent<Update>) => take(event.data);
		const wake = () => {
			if (document.visibilityState === 'visible') this.post({ t: 'wake' });
		};
		const end = () => {
			removeEventListener('online', wake);
			document.removeEventListener('visibilitychange', wake);
			worker.onmessage = worker.onerror = worker.onmessageerror = null;
			if (this.#worker === worker) this.#worker = null;
			this.#giveBack();
		};
		// Its script did not load, or it stumbled: nothing more comes from it, and nobody else would say so.
		worker.onerror = worker.onmessageerror = () => {
			end();
			worker.terminate();
			failed();
		};
		this.post({ t: 'open', url: addressOf(room) });
		addEventListener('online', wake);
		document.addEventListener('visibilitychange', wake);
		return () => {
			end();
			worker.postMessage({ t: 'close' } satisfies Request);
			// The worker says good-bye to the server before it goes.
			setTimeout(() => worker.terminate(), 500);
		};
	}

	/** Answers everybody who waits, since nobody else will. */
	#giveBack(): void {
		for (const [nonce, resolve] of this.#asked) resolve({ ok: false, nonce, id: 'lost', text: '', retryMs: null });
		this.#asked.clear();
	}

	post(request: Request): void {
		this.#worker?.postMessage(request);
	}

	/** Sends a text and answers what became of it. */
	say(text: string, reply: string | null): Promise<Answer> {
		this.#nonce += 1;
		const nonce = `${Date.now().toString(36)}-${this.#nonce}`;
		if (!this.#worker) return Promise.resolve({ ok: false, nonce, id: 'offline', text: '', retryMs: null });
		return new Promise((resolve) => {
			this.#asked.set(nonce, resolve);
			this.post({ t: 'say', text, nonce, reply });
		});
	}

	/** Brings an answer to who asked; false if nobody did. */
	settle(answer: Answer): boolean {
		const asked = this.#asked.get(answer.nonce);
		this.#asked.delete(answer.nonce);
		asked?.(answer);
		return asked !== undefined;
	}
}
