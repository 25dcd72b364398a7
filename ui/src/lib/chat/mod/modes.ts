// The settings of a room as a form: which there are, in which order, and what may be chosen. Pure.
import { t, tMaybe } from '#lib/i18n/index.ts';
import type { Settings, Shield } from '../settings-wire.ts';
import { span } from '../spans.ts';

export type Value = number | boolean | null;
export type Values = Record<string, Value>;
export interface ModeField {
	id: Exclude<keyof Settings, 'shield' | 'shield_on'>;
	/** Values to choose from; without them it is a switch. */
	choices?: readonly (number | null)[];
	/** How a choice reads. */
	read?: (value: number | null) => string;
	/** The broadcaster's alone. */
	broadcaster?: true;
}

const off = (words: (n: number) => string) => (value: number | null) =>
	value === null || value === 0 ? t('modes.off') : words(value);
const seconds = off((n) => span(n));
const minutes = off((n) => span(n * 60));
const level = off((n) => tMaybe(`modes.level.${n}`, {}, () => String(n)));

const SLOW = [0, 3, 5, 10, 20, 30, 60, 120];
const FOLLOWERS = [null, 0, 10, 60, 1440, 10_080, 43_200, 129_600];
const AGES = [0, 60, 1440, 10_080, 43_200, 129_600];
const LEVELS = [0, 1, 2, 3, 4];

const followers = (value: number | null) =>
	value === null ? t('modes.off') : value === 0 ? t('modes.anyFollower') : span(value * 60);

export const FIELDS: readonly ModeField[] = [
	{ id: 'slow_s', choices: SLOW, read: seconds },
	{ id: 'followers_min', choices: FOLLOWERS, read: followers },
	{ id: 'subscribers_only' },
	{ id: 'emote_only' },
	{ id: 'unique' },
	{ id: 'verified_only' },
	{ id: 'account_age_min', choices: AGES, read: minutes },
	{ id: 'block_links' },
	{ id: 'automod', choices: LEVELS, read: level },
	{ id: 'delay_s', choices: [0, 2, 4, 6], read: seconds },
	{ id: 'history' },
	{ id: 'log', broadcaster: true }
];

const IN_SHIELD: readonly string[] = [
	'slow_s',
	'followers_min',
	'subscribers_only',
	'emote_only',
	'verified_only',
	'account_age_min',
	'block_links',
	'automod'
] satisfies (keyof Shield)[];
export const SHIELD_FIELDS: readonly ModeField[] = FIELDS.filter((f) => IN_SHIELD.includes(f.id));

/** The choices of a field with the value that holds among them, in order. */
export function choicesWith(field: ModeField, now: Value): (number | null)[] {
	const all = [...(field.choices ?? [])];
	if (typeof now === 'boolean' || all.includes(now)) return all;
	return [...all, now].sort((a, b) => (a ?? -1) - (b ?? -1));
}

/** As a number, so that the stricter is the greater; null and false are off, and less than any time. */
const strict = (value: Value): number => (value === null || value === false ? -1 : Number(value));

/** Whether a value of the field asks for anything. */
export const asks = ({ id }: ModeField, value: Value): boolean =>
	value === true || (typeof value === 'number' && (value > 0 || id === 'followers_min'));

/** Whether the one asks for less than the other. */
export const isLess = (one: Value, other: Value): boolean => strict(one) < strict(other);

/** A value as a select's text. */
export const toText = (value: Value): string => (value === null ? '' : String(value));

/** What a select's text stands for. */
export const fromText = (text: string): number | null => (text === '' ? null : Number(text));
