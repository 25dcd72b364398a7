// A part that scrolls must be reached by keyboard also where nothing in it takes the focus: such a part takes it itself
// while it has more than it shows.
export function reachable(part: HTMLElement): () => void {
	const look = () => {
		if (part.scrollHeight > part.clientHeight + 1) part.tabIndex = 0;
		else part.removeAttribute('tabindex');
	};
	const sizes = new ResizeObserver(look);
	sizes.observe(part);
	// What it holds comes and goes, and its own size may stay.
	const children = new MutationObserver(look);
	children.observe(part, { childList: true, subtree: true, characterData: true });
	look();
	return () => {
		sizes.disconnect();
		children.disconnect();
	};
}
