// Build of the site: a single-page app whose every unknown address answers `index.html`.
// The server embeds `build/`; nothing here runs beside it.
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';
import { site } from './pages.ts';

const server = process.env.FOOTLIGHT_URL ?? 'http://127.0.0.1:8099';

export default defineConfig({
	plugins: [
		sveltekit({
			adapter: site(),
			// Asset names carry a hash of their bytes, so the build's name may be constant and the build reproducible.
			version: { name: '1', pollInterval: 0 }
		})
	],
	// hls.js alone passes Vite's default; it is loaded only where something plays (see dev/budget.mjs).
	build: { target: 'es2022', chunkSizeWarningLimit: 700 },
	server: {
		proxy: { '/api': server, '/live': server }
	},
	test: { include: ['src/**/*.test.ts'], environment: 'node' }
});
