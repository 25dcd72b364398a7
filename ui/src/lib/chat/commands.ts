// The slash commands that the composer completes: what each takes, and who may use it. Pure.
import type { Key } from '#lib/i18n/index.ts';

type Who = 'all' | 'moderators' | 'broadcaster';

export interface SlashCommand {
	name: string;
	/** What follows it, as in a usage line; null for nothing. */
	takes: Extract<Key, `takes.${string}`> | null;
	who: Who;
	words: Extract<Key, `slash.${string}`>;
}

const c = (name: string, takes: SlashCommand['takes'], who: Who, words: SlashCommand['words']): SlashCommand => ({
	name,
	takes,
	who,
	words
});

export const COMMANDS: readonly SlashCommand[] = [
	c('me', 'takes.text', 'all', 'slash.me'),
	c('color', 'takes.colour', 'all', 'slash.color'),
	c('w', 'takes.whisper', 'all', 'slash.w'),
	c('block', 'takes.name', 'all', 'slash.block'),
	c('unblock', 'takes.name', 'all', 'slash.unblock'),
	c('mods', null, 'all', 'slash.mods'),
	c('vips', null, 'all', 'slash.vips'),
	c('help', null, 'all', 'slash.help'),
	c('timeout', 'takes.timeout', 'moderators', 'slash.timeout'),
	c('untimeout', 'takes.name', 'moderators', 'slash.untimeout'),
	c('ban', 'takes.ban', 'moderators', 'slash.ban'),
	c('unban', 'takes.name', 'moderators', 'slash.unban'),
	c('warn', 'takes.warn', 'moderators', 'slash.warn'),
	c('delete', 'takes.message', 'moderators', 'slash.delete'),
	c('clear', null, 'moderators', 'slash.clear'),
	c('announce', 'takes.text', 'moderators', 'slash.announce'),
	c('announceblue', 'takes.text', 'moderators', 'slash.announceIn'),
	c('announcegreen', 'takes.text', 'moderators', 'slash.announceIn'),
	c('announceorange', 'takes.text', 'moderators', 'slash.announceIn'),
	c('announcepurple', 'takes.text', 'moderators', 'slash.announceIn'),
	c('shoutout', 'takes.name', 'moderators', 'slash.shoutout'),
	c('pin', 'takes.pin', 'moderators', 'slash.pin'),
	c('unpin', null, 'moderators', 'slash.unpin'),
	c('slow', 'takes.slow', 'moderators', 'slash.slow'),
	c('slowoff', null, 'moderators', 'slash.slowoff'),
	c('followers', 'takes.span', 'moderators', 'slash.followers'),
	c('followersoff', null, 'moderators', 'slash.followersoff'),
	c('subscribers', null, 'moderators', 'slash.subscribers'),
	c('subscribersoff', null, 'moderators', 'slash.subscribersoff'),
	c('emoteonly', null, 'moderators', 'slash.emoteonly'),
	c('emoteonlyoff', null, 'moderators', 'slash.emoteonlyoff'),
	c('uniquechat', null, 'moderators', 'slash.uniquechat'),
	c('uniquechatoff', null, 'moderators', 'slash.uniquechatoff'),
	c('shield', null, 'moderators', 'slash.shield'),
	c('shieldoff', null, 'moderators', 'slash.shieldoff'),
	c('monitor', 'takes.name', 'moderators', 'slash.monitor'),
	c('unmonitor', 'takes.name', 'moderators', 'slash.unmonitor'),
	c('restrict', 'takes.name', 'moderators', 'slash.restrict'),
	c('unrestrict', 'takes.name', 'moderators', 'slash.unrestrict'),
	c('sweep', 'takes.sweep', 'moderators', 'slash.sweep'),
	c('user', 'takes.name', 'moderators', 'slash.user'),
	c('requests', null, 'moderators', 'slash.requests'),
	c('chatters', null, 'moderators', 'slash.chatters'),
	c('mod', 'takes.name', 'broadcaster', 'slash.mod'),
	c('unmod', 'takes.name', 'broadcaster', 'slash.unmod'),
	c('vip', 'takes.name', 'broadcaster', 'slash.vip'),
	c('unvip', 'takes.name', 'broadcaster', 'slash.unvip')
];

/** The commands that somebody may use, those first that not everybody may. */
export function allowed(moderates: boolean, broadcaster: boolean): SlashCommand[] {
	const may = COMMANDS.filter(({ who }) => who === 'all' || broadcaster || (who === 'moderators' && moderates));
	return [...may.filter(({ who }) => who !== 'all'), ...may.filter(({ who }) => who === 'all')];
}
