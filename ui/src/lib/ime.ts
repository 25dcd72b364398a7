// Keys that belong to an input method (Japanese, Chinese, Korean…) and not to the field.

/** Whether a key goes to what is being composed. Safari ends the composition before the Enter that ended it: its code says so. */
export const composing = (event: Pick<KeyboardEvent, 'isComposing' | 'keyCode'>): boolean =>
	event.isComposing || event.keyCode === 229;
