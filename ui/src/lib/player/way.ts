// What the page's own loading tells of the way to the server, before anything else was measured. 0 where nothing tells.

export interface Way {
	/** From the question to the first byte, seconds: a first guess at the round trip. */
	roundTrip: number;
	/** Whether many requests go at once (HTTP/2 and later); a browser has six connections to a server where they do not. */
	shared: boolean;
	/** How wide the line was while the page's scripts and styles came, bits/s. */
	width: number;
}

/** What is said of a file that was fetched: its bytes on the line, and from when to when it came, ms. */
export type Fetched = Pick<PerformanceResourceTiming, 'name' | 'transferSize' | 'responseStart' | 'responseEnd'>;

/** Where scripts and styles are. */
const FILES = '/_app/immutable/';
/** Fewer bytes than this tell nothing of a line, … */
export const TELLING_BYTES = 50_000;
/** … nor does what came within so many round trips: TCP begins slowly on a wide line too (RFC 6928). */
export const SLOW_START_TRIPS = 6;

export function wayToServer(): Way {
	const [page] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
	const roundTrip = page ? Math.max(0, page.responseStart - page.requestStart) / 1000 : 0;
	const files = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
	return { roundTrip, shared: /^h[23]/.test(page?.nextHopProtocol ?? ''), width: widthOf(files, roundTrip) };
}

/** Bits a second over the time in which at least one file came. Many may have shared the line. */
export function widthOf(files: readonly Fetched[], roundTrip: number): number {
	// What lay in the browser's own store has no size on the line.
	const came = files.filter((file) => file.name.includes(FILES) && file.transferSize > 0 && file.responseStart > 0);
	const bytes = came.reduce((sum, file) => sum + file.transferSize, 0);
	let [busy, until] = [0, 0];
	for (const { responseStart, responseEnd } of came.toSorted((a, b) => a.responseStart - b.responseStart)) {
		busy += Math.max(0, responseEnd - Math.max(until, responseStart));
		until = Math.max(until, responseEnd);
	}
	const tells = bytes >= TELLING_BYTES && busy > SLOW_START_TRIPS * roundTrip * 1000;
	return tells ? (bytes * 8000) / busy : 0;
}
