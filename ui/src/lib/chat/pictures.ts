// Addresses of emotes' pictures, and the first picture of a moving one.
export const emoteAt = (id: string, size: 28 | 56 | 112): string => `/emotes/${encodeURIComponent(id)}/${size}`;

const stills = new Map<string, Promise<string>>();

/** The first picture of an emote as an address of its own, for viewers who want nothing to move. */
export function still(id: string): Promise<string> {
	let found = stills.get(id);
	if (!found) {
		found = firstPicture(emoteAt(id, 56)).catch(() => emoteAt(id, 56));
		stills.set(id, found);
	}
	return found;
}

async function firstPicture(address: string): Promise<string> {
	const answer = await fetch(address);
	const picture = await createImageBitmap(await answer.blob());
	const canvas = new OffscreenCanvas(picture.width, picture.height);
	canvas.getContext('2d')?.drawImage(picture, 0, 0);
	return URL.createObjectURL(await canvas.convertToBlob());
}
