// What was shown of the template that this connector was generated from: the comparison
// with the official documents, and the runs under chaos.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export function evidence(repository) {
  const [contract, chaos] = ['contract', 'chaos'].map((name) => {
    const file = join(repository, 'review', 'evidence', `${name}.json`);
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  });
  const missing = [
    ...(contract ? [] : ['review/evidence/contract.json: it is part of the repository']),
    ...(chaos ? [] : ['review/evidence/chaos.json: it is part of the repository']),
  ];
  return { contract, chaos, missing };
}
