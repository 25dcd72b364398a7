// Follows one channel's state by server-sent events, for as long as somebody looks: reconnects by itself with a
// growing wait, and at once when the browser comes back on line or the page is looked at again.
import { backoff } from '#lib/retry.ts';
import type { ChannelState } from './types.ts';

export interface Follower {
	state(state: ChannelState): void;
	/** Whether the connection stands; false from the second failed try on, so that a hiccup is not told. */
	connected(yes: boolean): void;
}

const WAIT = { first: 500, longest: 10_000 };
/** The server pings each 15 s, but EventSource hides comments; only a closed connection is seen. */

/** Starts to follow `name`; the answer ends it. */
export function followChannel(name: string, follower: Follower): () => void {
	let source: EventSource | null = null;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let failures = 0;
	let ended = false;

	const open = () => {
		if (ended) return;
		clearTimeout(timer);
		source?.close();
		source = new EventSource(`/api/v1/channels/${encodeURIComponent(name)}/events`);
		source.addEventListener('state', (event) => {
			failures = 0;
			follower.connected(true);
			follower.state(JSON.parse((event as MessageEvent<string>).data) as ChannelState);
		});
		source.onerror = () => {
			source?.close();
			source = null;
			if (ended) return;
			failures += 1;
			if (failures > 1) follower.connected(false);
			clearTimeout(timer);
			timer = setTimeout(open, backoff(WAIT, failures - 1, Math.random()));
		};
	};

	const again = () => {
		if (!source && document.visibilityState === 'visible') open();
	};
	addEventListener('online', again);
	document.addEventListener('visibilitychange', again);
	open();
	return () => {
		ended = true;
		clearTimeout(timer);
		source?.close();
		removeEventListener('online', again);
		document.removeEventListener('visibilitychange', again);
	};
}
