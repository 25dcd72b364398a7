// Who is signed in and what this site is: asked once, kept until it changes. The session itself is an HttpOnly
// cookie that scripts cannot read.
import { api, asProblem, Problem } from '#lib/api/client.ts';
import type { Channel, Me, Site } from '#lib/api/types.ts';

class Session {
	/** The signed-in user and channel; null when nobody is; undefined before the answer. */
	me = $state.raw<Me | null>();
	site = $state.raw<Site>();
	problem = $state.raw<Problem | null>(null);

	get siteName(): string {
		return this.site?.name || 'Footlight';
	}

	async start(): Promise<void> {
		void api.site().then(
			(site) => (this.site = site),
			() => undefined
		);
		await this.refresh();
	}

	async refresh(): Promise<void> {
		try {
			this.me = await api.me();
			this.problem = null;
		} catch (e) {
			const problem = asProblem(e);
			this.problem = problem.status === 401 ? null : problem;
			this.me = null;
		}
	}

	/** Ends the session; answers why not. Whoever could not be signed out still is, and shown so. */
	async signOut(): Promise<Problem | null> {
		try {
			await api.signOut();
		} catch (e) {
			const problem = asProblem(e);
			// Of a session that is over already nothing is left to end.
			if (problem.status !== 401) return problem;
		}
		this.me = null;
		return null;
	}

	/** Takes a changed channel of the signed-in user. */
	changed(channel: Channel): void {
		if (this.me) this.me = { ...this.me, channel };
	}
}

export const session = new Session();
