// Small remembered choices. A browser may forbid storage: reading then answers null and writing does nothing.

/** The text stored under `key`, or null. */
export function read(key: string): string | null {
	try {
		return localStorage.getItem(key);
	} catch {
		return null;
	}
}

/** Stores `value` under `key` if the browser lets us. */
export function write(key: string, value: string): void {
	try {
		localStorage.setItem(key, value);
	} catch {
		// A choice that is forgotten at the next visit is better than a page that fails.
	}
}
