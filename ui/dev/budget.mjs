// The first load's weight: every script and style that the front page asks for before it stands, brotli-compressed,
// without hls.js and what else loads on demand. Then chat: what its pane loads beside that, with its worker. Fails above
// either budget.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

const BUDGET_KB = 170;
const CHAT_KB = 40;
const build = new URL('../build/', import.meta.url).pathname;
const seen = new Map();

/** Follows static imports; `import()` and preload lists of lazy parts are not followed. */
function load(file) {
	if (seen.has(file)) return;
	const text = readFileSync(join(build, file), 'utf8');
	seen.set(file, brotliCompressSync(text).length);
	for (const [, path] of text.matchAll(/(?:from|import)\s*["']([^"']+\.js)["']/g)) load(join(file, '..', path));
}

const html = readFileSync(join(build, 'index.html'), 'utf8');
for (const [, path] of html.matchAll(/(?:href|src)="\/([^"]+\.js)"/g)) load(path);
// The front page's own node is asked for by the router at once; it is the one after layout and error.
const nodes = join('_app', 'immutable', 'nodes');
for (const name of readdirSync(join(build, nodes))) if (/^[012]\./.test(name)) load(join(nodes, name));
const sum = () => [...seen.values()].reduce((a, b) => a + b, 0) / 1024;
const first = sum();
console.log(`first load: ${first.toFixed(1)} KB of JavaScript in ${seen.size} files (budget ${BUDGET_KB} KB)`);

const manifest = JSON.parse(
	readFileSync(new URL('../.svelte-kit/output/client/.vite/manifest.json', import.meta.url), 'utf8')
);
const pane = Object.values(manifest).find((part) => part.name === 'ChatPane');
const files = seen.size;
for (const file of [pane.file, ...(pane.assets ?? []).filter((f) => f.endsWith('.js'))]) load(file);
const chat = sum() - first;
console.log(`chat: ${chat.toFixed(1)} KB more in ${seen.size - files} files (budget ${CHAT_KB} KB)`);
process.exitCode = first <= BUDGET_KB && chat <= CHAT_KB ? 0 : 1;
