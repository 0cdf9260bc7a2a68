#!/usr/bin/env node
// Gathers what a scheme asks for before it lets a connector in into one HTML file, which
// opens without a server and can be printed.
//
//   node review/pack.mjs [--output FILE] [--draft]
//
// Ends with 1 if something is missing that a reviewer needs; with --draft that is only
// said, in the file as well. With 2 if the pack could not be made.

import { writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { install } from './install.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const REPOSITORY = dirname(HERE);

async function make({ output, draft }) {
  install(HERE);
  const { gather } = await import('./sources.mjs');
  const { page } = await import('./page.mjs');
  const sources = gather(REPOSITORY);
  const missing = Object.values(sources).flatMap(({ missing: what }) => what ?? []);
  writeFileSync(output, page(sources, missing));
  console.log(`review pack: ${relative(process.cwd(), output)}`);
  for (const what of missing) console.error(`missing: ${what}`);
  return missing.length === 0 || draft;
}

const { values: options } = parseArgs({
  options: { output: { type: 'string' }, draft: { type: 'boolean', default: false } },
});
try {
  const output = resolve(options.output ?? join(HERE, 'review-pack.html'));
  process.exitCode = (await make({ ...options, output })) ? 0 : 1;
} catch (error) {
  console.error(error);
  process.exitCode = 2;
}
