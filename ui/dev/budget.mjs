// The first load's weight: every script and style that the front page asks for before it stands, brotli-compressed,
// without hls.js and what else loads on demand. Fails above the budget.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

const BUDGET_KB = 170;
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
const total = [...seen.values()].reduce((a, b) => a + b, 0) / 1024;
console.log(`first load: ${total.toFixed(1)} KB of JavaScript in ${seen.size} files (budget ${BUDGET_KB} KB)`);
process.exitCode = total <= BUDGET_KB ? 0 : 1;
