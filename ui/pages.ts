// Each page's own HTML, `_app/pages/ROUTE.html`: as the one for every address, but it asks at once for all that its page
// loads. By itself the browser would learn of the router, the page, the player and chat one after another, each a round
// trip away. The server answers with it (crates/web/src/assets/pages.rs), and says in a header what may run in it
// (policy.rs): a policy in the page itself would keep the browser from looking ahead for what the page names.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import adapter from '@sveltejs/adapter-static';
import type { Adapter, Builder } from '@sveltejs/kit';

const BUILD = 'build';
const FALLBACK = 'index.html';
/** Runs before the first paint, so nothing is painted before it came: it is written into each page. */
const THEME = 'theme.js';

/** Vite's list of what it wrote: https://vite.dev/guide/backend-integration. */
type Manifest = Record<
	string,
	{ file: string; css?: string[]; imports?: string[]; dynamicImports?: string[] } | undefined
>;

/** The site as files: one page for every address, one for each page, and all of it compressed beside it. */
export function site(): Adapter {
	const files = adapter({ fallback: FALLBACK });
	return {
		...files,
		async adapt(builder) {
			await files.adapt(builder);
			writeTheme();
			writePages(builder);
			await builder.compress(BUILD);
		}
	};
}

function writeTheme(): void {
	const file = path.join(BUILD, FALLBACK);
	const script = readFileSync(path.join(BUILD, THEME), 'utf8');
	const html = readFileSync(file, 'utf8');
	const asked = `<script src="/${THEME}"></script>`;
	if (!html.includes(asked)) throw new Error(`${FALLBACK} has no ${asked}`);
	writeFileSync(
		file,
		html.replace(asked, () => `<script>\n${script}</script>`)
	);
}

function writePages(builder: Builder): void {
	const list = path.join(builder.getClientDirectory(), '.vite', 'manifest.json');
	const manifest = JSON.parse(readFileSync(list, 'utf8')) as Manifest;
	const html = readFileSync(path.join(BUILD, FALLBACK), 'utf8');
	const nodes = sources(manifest);
	for (const { id } of builder.routes) {
		const entries = [...nodes].filter(([, source]) => isPartOf(id, source)).map(([key]) => key);
		const file = path.join(BUILD, '_app', 'pages', `${id.slice(1) || 'index'}.html`);
		mkdirSync(path.dirname(file), { recursive: true });
		writeFileSync(file, html.replace('\t</head>', `${links(files(manifest, entries), html)}\t</head>`));
	}
}

/** SvelteKit's numbered nodes, each with the text that says which files of `src/routes` are in it. */
function sources(manifest: Manifest): Map<string, string> {
	const nodes = Object.keys(manifest).filter((key) => /client-optimized\/nodes\/\d+\.js$/.test(key));
	return new Map(nodes.map((key) => [key, readFileSync(key, 'utf8')]));
}

/** Whether a node is the page of a route, or a layout around it, or what stands there when that fails. */
function isPartOf(route: string, source: string): boolean {
	const [, folder = '', kind] = /src\/routes(\/[^"]*)?\/\+(page|layout|error)\./.exec(source) ?? [];
	if (kind === 'page') return folder === route.replace(/\/$/, '');
	return kind !== undefined && `${route}/`.startsWith(`${folder}/`);
}

/** What these load, and what that loads, at once or soon after. */
function files(manifest: Manifest, entries: string[]): Set<string> {
	const found = new Set<string>();
	const seen = new Set<string>();
	const visit = (key: string) => {
		const part = manifest[key];
		if (!part || seen.has(key)) return;
		seen.add(key);
		for (const file of [part.file, ...(part.css ?? [])]) found.add(file);
		for (const next of [...(part.imports ?? []), ...(part.dynamicImports ?? [])]) visit(next);
	};
	entries.forEach(visit);
	return found;
}

function links(wanted: Set<string>, html: string): string {
	const news = [...wanted].filter((file) => !html.includes(`"/${file}"`));
	const rel = (file: string) => (file.endsWith('.css') ? 'stylesheet' : 'modulepreload');
	return news.map((file) => `\t\t<link href="/${file}" rel="${rel(file)}">\n`).join('');
}
