// A site of somebody else's, on another origin: hls.js as it comes from npm, on a bare page.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const FILES = {
	'/': ['text/html', 'pages/stock.html'],
	'/hls.js': ['text/javascript', 'node_modules/hls.js/dist/hls.min.js']
};

/** Serves it on a free loopback port: {url, close}. */
export async function stockSite() {
	const site = http.createServer((request, response) => {
		const [type, file] = FILES[new URL(request.url, 'http://x').pathname] ?? [];
		if (!file) return response.writeHead(404).end();
		response.writeHead(200, { 'content-type': type }).end(readFileSync(path.join(HERE, file)));
	});
	await new Promise((ready) => site.listen(0, '127.0.0.1', ready));
	return { url: `http://127.0.0.1:${site.address().port}/`, close: () => site.close() };
}
