// The slash commands that the composer completes: what each takes, and who may use it. Pure.
import type { Key } from '#lib/i18n/index.ts';

type Who = 'all' | 'moderators' | 'broadcaster';

export interface SlashCommand {
	name: string;
	/** What follows it, as in a usage line. */
	takes: string;
	who: Who;
	words: Extract<Key, `slash.${string}`>;
}

const c = (name: string, takes: string, who: Who, words: SlashCommand['words']): SlashCommand => ({
	name,
	takes,
	who,
	words
});

export const COMMANDS: readonly SlashCommand[] = [
	c('me', '<text>', 'all', 'slash.me'),
	c('color', '<#rrggbb>', 'all', 'slash.color'),
	c('mods', '', 'all', 'slash.mods'),
	c('vips', '', 'all', 'slash.vips'),
	c('help', '', 'all', 'slash.help'),
	c('timeout', '<name> [10m] [reason]', 'moderators', 'slash.timeout'),
	c('untimeout', '<name>', 'moderators', 'slash.untimeout'),
	c('ban', '<name> [reason]', 'moderators', 'slash.ban'),
	c('unban', '<name>', 'moderators', 'slash.unban'),
	c('warn', '<name> <reason>', 'moderators', 'slash.warn'),
	c('delete', '<message id>', 'moderators', 'slash.delete'),
	c('clear', '', 'moderators', 'slash.clear'),
	c('announce', '<text>', 'moderators', 'slash.announce'),
	c('announceblue', '<text>', 'moderators', 'slash.announce'),
	c('announcegreen', '<text>', 'moderators', 'slash.announce'),
	c('announceorange', '<text>', 'moderators', 'slash.announce'),
	c('announcepurple', '<text>', 'moderators', 'slash.announce'),
	c('pin', '<message id> [20m]', 'moderators', 'slash.pin'),
	c('unpin', '', 'moderators', 'slash.unpin'),
	c('slow', '[30]', 'moderators', 'slash.slow'),
	c('slowoff', '', 'moderators', 'slash.slowoff'),
	c('followers', '[10m]', 'moderators', 'slash.followers'),
	c('followersoff', '', 'moderators', 'slash.followersoff'),
	c('subscribers', '', 'moderators', 'slash.subscribers'),
	c('subscribersoff', '', 'moderators', 'slash.subscribersoff'),
	c('emoteonly', '', 'moderators', 'slash.emoteonly'),
	c('emoteonlyoff', '', 'moderators', 'slash.emoteonlyoff'),
	c('uniquechat', '', 'moderators', 'slash.uniquechat'),
	c('uniquechatoff', '', 'moderators', 'slash.uniquechatoff'),
	c('shield', '', 'moderators', 'slash.shield'),
	c('shieldoff', '', 'moderators', 'slash.shieldoff'),
	c('monitor', '<name>', 'moderators', 'slash.monitor'),
	c('unmonitor', '<name>', 'moderators', 'slash.unmonitor'),
	c('restrict', '<name>', 'moderators', 'slash.restrict'),
	c('unrestrict', '<name>', 'moderators', 'slash.unrestrict'),
	c('sweep', '<name with *> [10m or ban]', 'moderators', 'slash.sweep'),
	c('user', '<name>', 'moderators', 'slash.user'),
	c('chatters', '', 'moderators', 'slash.chatters'),
	c('mod', '<name>', 'broadcaster', 'slash.mod'),
	c('unmod', '<name>', 'broadcaster', 'slash.unmod'),
	c('vip', '<name>', 'broadcaster', 'slash.vip'),
	c('unvip', '<name>', 'broadcaster', 'slash.unvip')
];

/** The commands that somebody may use. */
export function allowed(moderates: boolean, broadcaster: boolean): SlashCommand[] {
	return COMMANDS.filter(({ who }) => who === 'all' || broadcaster || (who === 'moderators' && moderates));
}
