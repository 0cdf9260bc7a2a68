// The integration design: what the repository's own pages say, with their diagrams.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The pages that a reviewer reads, in reading order. Which are there depends on the answers. */
const PAGES = [
  ['incoming-payments', 'integration'],
  ['agreement', 'integration'],
  ['payer-debits', 'integration'],
  ['fees', 'integration'],
  ['authentication', 'integration'],
  ['requests-to-pay', 'integration'],
  ['bulk-payments', 'integration'],
  ['conversions', 'integration'],
  ['role', 'integration'],
  ['liquidity', 'liquidity'],
  ['CALLERS', 'access'],
  ['LIMITS', 'limits'],
];

export function design(repository) {
  const pages = PAGES.flatMap(([name, part]) => {
    const file = join('docs', `${name}.md`);
    const path = join(repository, file);
    return existsSync(path) ? [{ name, part, file, markdown: readFileSync(path, 'utf8') }] : [];
  });
  const missing = pages.some(({ part }) => part === 'liquidity') ? [] : ['docs/liquidity.md: the liquidity design'];
  return { pages, missing };
}
