// Lengths of time as chat says them: "30 sec", "10 min", "2 days", and a countdown "4:32". Pure.
import { locale } from '#lib/i18n/index.ts';

const UNITS: [number, 'day' | 'hour' | 'minute' | 'second'][] = [
	[86_400, 'day'],
	[3600, 'hour'],
	[60, 'minute'],
	[1, 'second']
];

/** Between a number and its unit. */
const NO_BREAK = '\u00a0';
const written = new Map<string, Intl.NumberFormat>();
function write(n: number, unit: string): string {
	let format = written.get(unit);
	if (!format) {
		format = new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' });
		written.set(unit, format);
	}
	return format.format(n).replace(' ', NO_BREAK);
}

/** Seconds in the largest unit that divides them, else in the two largest. */
export function span(seconds: number): string {
	const parts: string[] = [];
	let rest = Math.max(0, Math.round(seconds));
	for (const [size, unit] of UNITS) {
		const n = Math.floor(rest / size);
		if (n > 0 && parts.length < 2) parts.push(write(n, unit));
		rest -= n * size;
	}
	return parts.join(' ') || write(0, 'second');
}

/** Milliseconds left as "4:32" or "1:02:33"; the last begun second counts. */
export function countdown(ms: number): string {
	const total = Math.max(0, Math.ceil(ms / 1000));
	const two = (n: number) => String(n).padStart(2, '0');
	const hours = Math.floor(total / 3600);
	const minutes = Math.floor(total / 60) % 60;
	return hours > 0 ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}

/** Milliseconds left: counted by the second where that is worth watching, else as a length of time. */
export const timer = (ms: number): string => (ms < 3_600_000 ? countdown(ms) : span(Math.ceil(ms / 60_000) * 60));

const clock = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' });
/** The time of day of a message: "20:14". */
export const clockTime = (ms: number): string => clock.format(ms);

/** "2 years", "3 days": how old an account is, in its largest unit. */
export function age(since: string, now: number): string {
	const days = Math.floor((now - Date.parse(since)) / 86_400_000);
	if (days >= 365) return write(Math.floor(days / 365), 'year');
	if (days >= 60) return write(Math.floor(days / 30), 'month');
	if (days >= 1) return write(days, 'day');
	return span(Math.max(60, Math.floor((now - Date.parse(since)) / 1000 / 60) * 60));
}
