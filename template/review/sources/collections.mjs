// What the Testing Toolkit found, assertion by assertion.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export function collections(repository) {
  const file = join(repository, 'ttk', 'report', 'report.json');
  if (!existsSync(file)) {
    return { missing: ['the results of the collections: node ttk/run.mjs'] };
  }
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const missing = report.passed > 0 && report.failed === 0
    ? []
    : [`collections without a failure: ${report.failed} assertions failed, ${report.passed} passed`];
  return { report, missing };
}
