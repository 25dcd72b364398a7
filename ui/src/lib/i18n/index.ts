// Turns catalogue keys into words of the viewer's language. One language today; the type of `en` is the
// contract for the next. Values are numbers or texts; numbers are written by the viewer's locale.
import { en, type Catalogue } from './en.ts';

export type Key = keyof Catalogue;
type Words = string | { readonly one: string; readonly other: string };

type PlacesIn<S> = S extends `${string}{${infer P}}${infer Rest}` ? P | PlacesIn<Rest> : never;
type Places<K extends Key> = Catalogue[K] extends { other: infer O } ? PlacesIn<O> | 'count' : PlacesIn<Catalogue[K]>;
type Values<K extends Key> = [Places<K>] extends [never] ? [] : [Record<Places<K>, string | number>];

/** The language of the words; dates and numbers follow the browser's locale instead. */
export const language = 'en';
export const locale = typeof navigator === 'undefined' ? language : usable(navigator.language);

/** The tag, or the site's language: WebKitGTK says `C` where no language is set, and `Intl` throws at that. */
export function usable(tag: string): string {
	try {
		return Intl.getCanonicalLocales(tag)[0] ?? language;
	} catch {
		return language;
	}
}

const plural = new Intl.PluralRules(language);
const exact = new Intl.NumberFormat(locale);

/** The words for `key` with the values put in their places. Missing values are a type error. */
export function t<K extends Key>(key: K, ...values: Values<K>): string {
	return fill(en[key], values[0] ?? {});
}

/** As `t` for a key known only at run time (an error's code); `fallback` when the catalogue has no such key. */
export function tMaybe(key: string, values: Record<string, string | number>, fallback: () => string): string {
	return key in en ? fill(en[key as Key], values) : fallback();
}

function fill(words: Words, values: Record<string, string | number>): string {
	const text = typeof words === 'string' ? words : choose(words, values['count']);
	return text.replace(/\{(\w+)\}/g, (place, name: string) => {
		const value = values[name];
		if (value === undefined) return place;
		return typeof value === 'number' ? exact.format(value) : value;
	});
}

// A count already shortened to "1.2K" is a text and always plural.
function choose(words: { one: string; other: string }, count: string | number | undefined): string {
	const number = typeof count === 'number' ? count : Number(count);
	return Number.isFinite(number) && plural.select(number) === 'one' ? words.one : words.other;
}
