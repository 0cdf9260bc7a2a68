// What the pack is made with: installed once, as package-lock.json names it.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export function install(folder) {
  if (existsSync(join(folder, 'node_modules', 'mermaid'))) return;
  console.error('npm ci (once)');
  const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['ci', ...quietly], { cwd: folder, stdio: 'inherit' });
}
