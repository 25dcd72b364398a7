// The settings of a room as HTTP says them, and as everything else here does, which is as the socket says them. HTTP has
// a switch beside each time and counts neither "off" by 0 nor "on" by a time alone; only this file knows. Pure.
import type { Modes } from './feed/protocol.ts';

/** What shield mode adds to the modes. */
export type Shield = Pick<
	Modes,
	| 'slow_s'
	| 'followers_min'
	| 'subscribers_only'
	| 'emote_only'
	| 'verified_only'
	| 'account_age_min'
	| 'block_links'
	| 'automod'
>;
export type Settings = Modes & { shield: Shield };
/** Shield mode itself has an address of its own. */
export type SettingsChange = Partial<Omit<Settings, 'shield_on'>>;

/** Times in the unit of their twins in `Modes`; null is off. */
export interface ShieldWire extends Pick<Modes, 'verified_only' | 'account_age_min' | 'block_links' | 'automod'> {
	slow_mode_wait_time: number | null;
	follower_mode_duration: number | null;
	subscriber_mode: boolean;
	emote_mode: boolean;
}

export interface SettingsWire extends ShieldWire, Pick<Modes, 'history' | 'log' | 'shield_on'> {
	broadcaster_id: string;
	slow_mode: boolean;
	follower_mode: boolean;
	unique_chat_mode: boolean;
	non_moderator_chat_delay: boolean;
	non_moderator_chat_delay_duration: number | null;
	shield: ShieldWire;
}

/** What may be changed: a time alone also switches its mode on, null off. */
export type ChangeWire = Partial<
	Omit<SettingsWire, 'broadcaster_id' | 'shield_on' | 'slow_mode' | 'follower_mode' | 'non_moderator_chat_delay'>
>;

const shieldFrom = (wire: ShieldWire): Shield => ({
	slow_s: wire.slow_mode_wait_time ?? 0,
	followers_min: wire.follower_mode_duration,
	subscribers_only: wire.subscriber_mode,
	emote_only: wire.emote_mode,
	verified_only: wire.verified_only,
	account_age_min: wire.account_age_min,
	block_links: wire.block_links,
	automod: wire.automod
});

/** All settings, as they were answered. */
export const settingsFrom = (wire: SettingsWire): Settings => ({
	...shieldFrom(wire),
	slow_s: wire.slow_mode ? (wire.slow_mode_wait_time ?? 0) : 0,
	followers_min: wire.follower_mode ? (wire.follower_mode_duration ?? 0) : null,
	unique: wire.unique_chat_mode,
	delay_s: wire.non_moderator_chat_delay ? (wire.non_moderator_chat_delay_duration ?? 0) : 0,
	history: wire.history,
	log: wire.log,
	shield_on: wire.shield_on,
	shield: shieldFrom(wire.shield)
});

const shieldTo = ({ slow_s, followers_min, subscribers_only, emote_only, ...same }: Shield): ShieldWire => ({
	...same,
	slow_mode_wait_time: slow_s || null,
	follower_mode_duration: followers_min,
	subscriber_mode: subscribers_only,
	emote_mode: emote_only
});

/** Some settings, to be asked for: what is not to change is left out. */
export function changeTo(change: SettingsChange): ChangeWire {
	const { slow_s, followers_min, subscribers_only, emote_only, unique, delay_s, shield, ...same } = change;
	return {
		...same,
		...(slow_s !== undefined && { slow_mode_wait_time: slow_s || null }),
		...(followers_min !== undefined && { follower_mode_duration: followers_min }),
		...(subscribers_only !== undefined && { subscriber_mode: subscribers_only }),
		...(emote_only !== undefined && { emote_mode: emote_only }),
		...(unique !== undefined && { unique_chat_mode: unique }),
		...(delay_s !== undefined && { non_moderator_chat_delay_duration: delay_s || null }),
		...(shield !== undefined && { shield: shieldTo(shield) })
	};
}
