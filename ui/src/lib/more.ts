// Tells of a strip that scrolls sideways at which of its ends there is more; base.css fades it there.
export function more(strip: HTMLElement): () => void {
	const look = () => {
		const at = Math.abs(strip.scrollLeft);
		strip.toggleAttribute('data-before', at > 1);
		strip.toggleAttribute('data-after', strip.scrollWidth - strip.clientWidth - at > 1);
	};
	const sizes = new ResizeObserver(look);
	for (const one of [strip, ...strip.children]) sizes.observe(one);
	strip.addEventListener('scroll', look, { passive: true });
	return () => {
		sizes.disconnect();
		strip.removeEventListener('scroll', look);
	};
}
