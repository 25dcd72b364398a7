// The modes that are on, in words: what the badges above the composer say. Pure.
import { t } from '#lib/i18n/index.ts';
import type { Modes } from './feed/protocol.ts';
import { span } from './spans.ts';

export interface ModeBadge {
	id: string;
	short: string;
	long: string;
}

/** One badge for each mode that keeps viewers from writing as they like. */
export function modeBadges(m: Modes): ModeBadge[] {
	const all: (ModeBadge | false)[] = [
		m.shield_on && { id: 'shield', short: t('mode.shield'), long: t('mode.shieldLong') },
		m.slow_s > 0 && {
			id: 'slow',
			short: t('mode.slow', { time: span(m.slow_s) }),
			long: t('mode.slowLong', { time: span(m.slow_s) })
		},
		m.followers_min !== null && {
			id: 'followers',
			short: t('mode.followers'),
			long:
				m.followers_min > 0 ? t('mode.followersLong', { time: span(m.followers_min * 60) }) : t('mode.followersAnyLong')
		},
		m.subscribers_only && { id: 'subscribers', short: t('mode.subscribers'), long: t('mode.subscribersLong') },
		m.emote_only && { id: 'emotes', short: t('mode.emotes'), long: t('mode.emotesLong') },
		m.unique && { id: 'unique', short: t('mode.unique'), long: t('mode.uniqueLong') },
		m.verified_only && { id: 'verified', short: t('mode.verified'), long: t('mode.verifiedLong') },
		m.account_age_min > 0 && {
			id: 'age',
			short: t('mode.age'),
			long: t('mode.ageLong', { time: span(m.account_age_min * 60) })
		},
		m.block_links && { id: 'links', short: t('mode.links'), long: t('mode.linksLong') },
		m.delay_s > 0 && {
			id: 'delay',
			short: t('mode.delay', { time: span(m.delay_s) }),
			long: t('mode.delayLong', { time: span(m.delay_s) })
		}
	];
	return all.filter((one) => one !== false);
}
