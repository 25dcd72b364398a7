// Where the focus goes when what has it is dealt with and leaves its list: to the same control of the item that takes its
// place, else of the last one; where none is left, to the list's own place. Else it would fall to the page's beginning.
const CONTROLS = 'button, a[href], input, select, textarea';

/** An attachment for such a list, whose children are the items. `otherwise` takes the focus where no item is left. */
export const keepFocus = (otherwise?: () => void) => (list: HTMLElement) => {
	const controls = (of: Element) => [...of.querySelectorAll<HTMLElement>(CONTROLS)];
	const itemOf = (target: EventTarget | null) =>
		[...list.children].find((one) => target instanceof Node && one.contains(target));
	/** Where the focus is: the item, its place, and which of its controls, counted from the last. */
	let at: { item: Element; place: number; control: number } | null = null;

	function entered({ target }: FocusEvent) {
		const item = itemOf(target);
		if (!item) return;
		const all = controls(item);
		at = { item, place: [...list.children].indexOf(item), control: all.length - all.indexOf(target as HTMLElement) };
	}

	function left() {
		// What is taken away loses the focus too, and is gone by then.
		queueMicrotask(() => {
			if (at && list.contains(at.item) && !list.contains(document.activeElement)) at = null;
		});
	}

	function look() {
		if (!at || list.contains(at.item)) return;
		const { place, control } = at;
		at = null;
		// Somebody has seen to it, or the viewer is elsewhere by now.
		if (document.activeElement !== document.body) return;
		const next = list.children[place] ?? list.lastElementChild;
		const all = next ? controls(next) : [];
		const one = all.at(-control) ?? all[0];
		if (one) one.focus();
		else if (otherwise) otherwise();
		else {
			list.tabIndex = -1;
			list.focus();
		}
	}

	const children = new MutationObserver(look);
	children.observe(list, { childList: true });
	list.addEventListener('focusin', entered);
	list.addEventListener('focusout', left);
	return () => {
		children.disconnect();
		// The list goes with its last item.
		const lost = at;
		if (lost && otherwise)
			setTimeout(() => !lost.item.isConnected && document.activeElement === document.body && otherwise());
	};
};
