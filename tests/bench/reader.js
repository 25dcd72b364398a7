// Runs in the page: reads the time code off every frame that is shown (crates/bench/src/timecode.rs writes it).
(() => {
	const COLUMNS = 20;
	const BITS = 40;
	const SIDE = 8;
	const bench = (window.__bench = { samples: [], gaps: [], unread: 0, first: null });

	const canvas = document.createElement('canvas');
	canvas.width = COLUMNS * SIDE;
	canvas.height = (COLUMNS * SIDE * 9) / 16;
	const pen = canvas.getContext('2d', { willReadFrequently: true });

	/** Milliseconds modulo 2^32 as burnt into the picture; null if this is no time code. */
	function read(video) {
		const height = Math.round((COLUMNS * SIDE * video.videoHeight) / video.videoWidth);
		pen.drawImage(video, 0, 0, canvas.width, height);
		const { data } = pen.getImageData(0, 0, canvas.width, 2 * SIDE);
		let code = 0n;
		for (let bit = 0; bit < BITS; bit++) {
			const x = (bit % COLUMNS) * SIDE + SIDE / 2;
			const y = Math.floor(bit / COLUMNS) * SIDE + SIDE / 2;
			// Green of the four pixels in the middle of the block.
			const at = (x, y) => data[(y * canvas.width + x) * 4 + 1];
			const level = (at(x, y) + at(x - 1, y) + at(x, y - 1) + at(x - 1, y - 1)) / 4;
			code = (code << 1n) | (level > 127 ? 1n : 0n);
		}
		const millis = Number(code >> 8n);
		let sum = 0x5a;
		for (const shift of [24, 16, 8, 0]) sum = (((sum << 3) | (sum >> 5)) & 0xff) ^ ((millis >>> shift) & 0xff);
		return sum === Number(code & 0xffn) ? millis : null;
	}

	let last = null;
	let watched = null;
	function onFrame() {
		const now = Date.now();
		const millis = read(watched);
		if (last !== null && now - last > 250) bench.gaps.push({ at: now, ms: now - last });
		last = now;
		watched.requestVideoFrameCallback(onFrame);
		if (millis === null) return bench.unread++;
		// The code holds the low 32 bits of the birth time; it was less than 24 days ago.
		const latency = ((now % 2 ** 32) - millis + 2 ** 32) % 2 ** 32;
		bench.first ??= { at: now, sincePage: now - performance.timeOrigin };
		bench.samples.push({ at: now, latency });
	}
	setInterval(() => {
		const video = document.querySelector('video');
		if (!video || video === watched) return;
		watched = video;
		video.requestVideoFrameCallback(onFrame);
	}, 20);
})();
