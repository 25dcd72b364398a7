// Names the rungs of the ladder as people know them. Pure.

export interface RungSource {
	height: number;
	frameRate: number;
	bitrate: number;
	/** Address of the rendition's playlist: `/live/{stream}/{rendition}/index.m3u8`. */
	url: string;
	name?: string | undefined;
}

/** The rendition's own name in its address ("source", "720p", "audio"), or null for a foreign address. */
export function renditionOf(url: string): string | null {
	return /\/([^/]+)\/[^/]+\.m3u8(?:\?.*)?$/.exec(url)?.[1] ?? null;
}

/** "1080p60": the shorter side and, above 30, the frames per second; without a size the name, then the bit rate. */
export function rungLabel(rung: RungSource): string {
	if (rung.height > 0) return `${rung.height}p${rung.frameRate > 31 ? Math.round(rung.frameRate) : ''}`;
	return rung.name || renditionOf(rung.url) || `${Math.round(rung.bitrate / 1000)} kb/s`;
}

/** Whether this rung is the encoder's own picture, untouched. */
export const isSource = (rung: RungSource): boolean => renditionOf(rung.url) === 'source' || rung.name === 'source';
