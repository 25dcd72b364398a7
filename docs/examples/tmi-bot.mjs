// A bot over Twitch IRC, with tmi.js as it is made for Twitch; only `connection` differs. Answers !hello and !dice.
//   npm install tmi.js
//   BOT_NAME=mybot BOT_TOKEN=… CHANNEL=maya node tmi-bot.mjs
import tmi from 'tmi.js';

const { BOT_NAME, BOT_TOKEN, CHANNEL = 'maya', SERVER = '127.0.0.1', PORT = '8080' } = process.env;

const bot = new tmi.Client({
	options: { skipUpdatingEmotesets: true },
	// tmi.js speaks TLS on port 443 and nowhere else.
	connection: { server: SERVER, port: Number(PORT), secure: PORT === '443', reconnect: true },
	// Without a token it reads, as justinfan….
	...(BOT_TOKEN && { identity: { username: BOT_NAME, password: `oauth:${BOT_TOKEN}` } }),
	channels: [CHANNEL]
});

const answers = {
	'!hello': (tags) => `Hello ${tags['display-name']}!`,
	'!dice': (tags) => `${tags['display-name']} rolls ${1 + Math.floor(Math.random() * 6)}.`
};

bot.on('connected', () => console.log(`in #${CHANNEL} as ${bot.getUsername()}`));
bot.on('notice', (channel, id, text) => console.log(`notice in ${channel} (${id}): ${text}`));
bot.on('message', (channel, tags, text, self) => {
	const answer = !self && answers[text.trim().split(' ')[0].toLowerCase()];
	if (answer) bot.say(channel, answer(tags)).catch((reason) => console.error(reason));
});

// A token that is not good, or another account's, ends it here: "Login authentication failed".
await bot.connect().catch((reason) => {
	console.error(`not connected: ${reason}`);
	process.exit(1);
});
