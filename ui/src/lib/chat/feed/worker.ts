// The worker of one chat pane: socket, parsing and batching happen here; the page is handed rows, ten times a second.
import { Connection, type Socket, type World } from './connection.ts';
import { Pacer } from './pacer.ts';
import type { Update } from './rows.ts';

/** What the page asks of the worker. */
export type Request =
	| { t: 'open'; url: string }
	| { t: 'say'; text: string; nonce: string; reply: string | null }
	| { t: 'view'; full: boolean }
	| { t: 'ack' }
	| { t: 'wake' }
	| { t: 'close' };

const PROTOCOL = 'footlight.json.v1';

function open(url: string): Socket {
	const socket = new WebSocket(url, PROTOCOL);
	const shell: Socket = {
		send: (text) => {
			if (socket.readyState === WebSocket.OPEN) socket.send(text);
		},
		close: () => socket.close(),
		onmessage: null,
		onclose: null
	};
	socket.onmessage = (event) => shell.onmessage?.(event.data as string);
	socket.onclose = (event) => shell.onclose?.(event.code);
	return shell;
}

const world: World = {
	open,
	now: () => Date.now(),
	random: () => Math.random(),
	later: (call, ms) => {
		const timer = setTimeout(call, ms);
		return () => clearTimeout(timer);
	}
};

let connection: Connection | null = null;
const pacer = new Pacer(
	() => {
		if (connection?.feed.dirty) postMessage(connection.feed.drain() satisfies Update);
	},
	world.now,
	(call, ms) => setTimeout(call, ms)
);

addEventListener('message', (event: MessageEvent<Request>) => {
	const request = event.data;
	switch (request.t) {
		case 'open':
			connection?.close();
			connection = new Connection(request.url, world, () => pacer.poke());
			return;
		case 'say':
			connection?.say(request.text, request.nonce, request.reply);
			return;
		case 'view':
			connection?.view(request.full);
			return;
		case 'ack':
			connection?.acknowledge();
			return;
		case 'wake':
			connection?.wake();
			return;
		case 'close':
			connection?.close();
			connection = null;
	}
});
