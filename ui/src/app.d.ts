declare global {
	interface Window {
		/** What the running player tells tests and curious people; absent when no player is mounted. */
		__footlight?: import('#lib/player/shapes.ts').Probe;
	}
}

export {};
