// The pack as one page: what matters first, then the parts that a reviewer asks for.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { answers } from './page/answers.mjs';
import { collections } from './page/collections.mjs';
import { contract } from './page/contract.mjs';
import { chaos } from './page/chaos.mjs';
import { dependencies } from './page/dependencies.mjs';
import { design } from './page/design.mjs';
import { html, raw } from './page/html.mjs';
import { interfaces } from './page/interfaces.mjs';
import { overview } from './page/overview.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const MERMAID = join(HERE, 'node_modules', 'mermaid', 'dist', 'mermaid.min.js');

const PARTS = [
  ['answers', 'The answers', answers],
  ['integration', 'The integration', design('integration')],
  ['liquidity', 'Liquidity', design('liquidity')],
  ['access', 'Who may call', design('access')],
  ['limits', 'Limits', design('limits')],
  ['endpoints', 'The endpoints', interfaces],
  ['collections', 'The collections, assertion by assertion', collections],
  ['contract', 'The official documents', contract],
  ['chaos', 'What it survives', chaos],
  ['dependencies', 'Dependencies', dependencies],
];

export function page(sources, missing) {
  const { dfsp_name: dfsp, fsp_id: fspId, template_version: version } = sources.answers.values;
  const parts = PARTS.map(([id, title, part]) => ({ id, title, content: part(sources) }));
  const made = new Date().toISOString().slice(0, 10);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Review pack: core connector of ${dfsp}</title>
<style>${raw(readFileSync(join(HERE, 'page', 'style.css'), 'utf8'))}</style>
</head>
<body>
<header>
<h1>Core connector of ${dfsp}</h1>
<p class="subtitle">Review pack of <code>${fspId}</code>, made on ${made}, template ${version}</p>
${overview(sources, missing)}
<nav aria-label="Parts"><ol>${parts.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ol></nav>
</header>
<main>
${parts.map(({ id, title, content }) => html`<section id="${id}"><h2>${title}</h2>
${content}</section>
`)}</main>
<footer>All figures are read from the files named beside them; none is entered by hand.</footer>
<script>${inline(MERMAID)}</script>
<script>${inline(join(HERE, 'page', 'diagrams.js'))}</script>
</body>
</html>
`.text;
}

/** A script inside of a page must not hold what ends a script. */
function inline(file) {
  return raw(readFileSync(file, 'utf8').replaceAll('</script', '<\\/script'));
}
