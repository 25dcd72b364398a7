// Addresses of emotes' pictures.
type Size = 28 | 56 | 112;

export const emoteAt = (id: string, size: Size): string => `/emotes/${encodeURIComponent(id)}/${size}`;
/** A picture that does not move, for viewers who want none to. */
export const stillAt = (id: string, size: Size): string => `${emoteAt(id, size)}?format=static`;
