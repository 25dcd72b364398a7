// Numbers, durations and times as people read them, by the viewer's locale. Pure: the clock is an argument.
import { locale } from '#lib/i18n/index.ts';

const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const twoDigits = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });

/** 1204 → "1.2K". */
export const short = (n: number): string => compact.format(n);
/** 1204 → "1,204". */
export const exact = (n: number): string => whole.format(n);
/** Seconds with one digit after the point, without the unit. */
export const tenths = (seconds: number): string => oneDigit.format(seconds);
/** Seconds with two digits after the point, without the unit. */
export const hundredths = (seconds: number): string => twoDigits.format(seconds);
/** An absolute time for a hover: "22 Nov 2026, 19:50". */
export const absolute = (at: string): string => dateTime.format(new Date(at));

/** Time on air as "1:02:33" or "2:33"; never negative. */
export function uptime(since: string, now: number): string {
	const total = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
	const two = (n: number) => String(n).padStart(2, '0');
	const hours = Math.floor(total / 3600);
	const minutes = Math.floor(total / 60) % 60;
	return hours > 0 ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}

/** "3 minutes ago", "yesterday"; within a minute "now". */
export function ago(at: string, now: number): string {
	const seconds = Math.round((Date.parse(at) - now) / 1000);
	const steps: [Intl.RelativeTimeFormatUnit, number][] = [
		['year', 31_536_000],
		['month', 2_592_000],
		['day', 86_400],
		['hour', 3600],
		['minute', 60]
	];
	for (const [unit, size] of steps) {
		if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
	}
	return relative.format(0, 'second');
}

/** Bits per second as "2.5 Mb/s" or "128 kb/s". */
export function bitrate(bps: number): string {
	return bps >= 1_000_000 ? `${oneDigit.format(bps / 1_000_000)} Mb/s` : `${whole.format(bps / 1000)} kb/s`;
}
