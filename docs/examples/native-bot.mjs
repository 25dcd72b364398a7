// The same bot over the native protocol, with what Node 22 brings. Answers !hello and !dice, and goes on where it stopped.
//   BOT_TOKEN=… CHANNEL=maya node native-bot.mjs
const { BOT_TOKEN, CHANNEL = 'maya', SERVER = 'ws://127.0.0.1:8080' } = process.env;

const answers = {
	'!hello': (name) => `Hello ${name}!`,
	'!dice': (name) => `${name} rolls ${1 + Math.floor(Math.random() * 6)}.`
};

let at = ''; // EPOCH.SEQ of the last event that we have
let me = null;
let wait = 500;

/** Why there is no connection, as far as HTTP tells: a handshake that fails has no words. */
async function whyNot(server) {
	const { status } = await fetch(`${server.replace(/^ws/, 'http')}/api/v1/channels/${CHANNEL}`);
	return status === 404 ? `${server} knows no channel ${CHANNEL}` : `${server} did not let us in`;
}

/** Opens a connection; `old` is one that the server wants to be rid of, and is kept until this one is in the room. */
function connect(old, server = SERVER) {
	const socket = new WebSocket(
		`${server}/api/v1/chat/${CHANNEL}?view=full${at && `&after=${at}`}`,
		'footlight.json.v1'
	);
	let greeted = false;
	const send = (message) => socket.send(JSON.stringify(message));
	const again = async ({ code, reason }) => {
		const lost = `connection closed (${code}${reason && ` ${reason}`})`;
		const why = greeted ? lost : await whyNot(server).catch(() => `${server} does not answer`);
		const ms = Math.round((wait = Math.min(2 * wait, 30_000)) * (0.5 + Math.random()));
		console.log(`${why}; trying again in ${ms} ms`);
		setTimeout(connect, ms, old);
	};
	const on = {
		hi: (room) => {
			greeted = true;
			wait = 500;
			old?.close();
			console.log(`in #${room.channel.name}, ${room.resumed ? 'going on after' : 'beginning after'} ${room.seq}`);
			if (BOT_TOKEN) send({ t: 'auth', token: BOT_TOKEN });
		},
		you: (you) => (me = you.id),
		m: (id, _ms, user, name, _badges, _colour, text, more = {}) => {
			const answer = answers[text.trim().split(' ')[0].toLowerCase()];
			// Not what was said before we came, and not ourselves.
			if (answer && !more.h && user !== me) send({ t: 'say', text: answer(name), reply: id });
		},
		no: (_nonce, id, text) => console.log(`refused (${id}): ${text}`),
		at: (epoch, seq) => (at = `${epoch}.${seq}`),
		bye: ({ after_ms, target }) => {
			socket.onclose = null;
			setTimeout(() => {
				socket.onmessage = null; // from here on the new one is given everything
				connect(socket, target ?? SERVER);
			}, after_ms);
		}
	};
	socket.onmessage = ({ data }) => JSON.parse(data).forEach(([kind, ...rest]) => on[kind]?.(...rest));
	socket.onclose = again;
}

connect();
