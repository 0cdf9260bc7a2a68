// What a production build is made of: crates with their licences, and known advisories.

import { execFileSync, spawnSync } from 'node:child_process';

const ENOUGH = 64 * 1024 * 1024;

export function dependencies(repository) {
  const crates = cratesOf(repository);
  const advisories = advisoriesOf(repository);
  return { crates, advisories, missing: advisories.missing };
}

/** Every crate that is linked, without the sandbox and without what only tests need. */
function cratesOf(repository) {
  const listed = execFileSync(
    'cargo',
    ['tree', '--locked', '--no-default-features', '--edges', 'normal', '--prefix', 'none', '--no-dedupe',
      '--format', '{p}|{l}|{r}'],
    { cwd: repository, encoding: 'utf8', maxBuffer: ENOUGH },
  );
  const lines = new Set(listed.split('\n').filter((line) => line.includes('|')));
  const crates = [...lines].map((line) => {
    const [id, licence, source] = line.split('|');
    const [name, version] = id.split(' ');
    return { name, version: version.slice(1), licence: inOneOrder(licence), source, isOwn: id.includes('(/') };
  });
  return crates.filter(({ isOwn }) => !isOwn).sort((one, other) => one.name.localeCompare(other.name));
}

/** "A OR B", "B/A" and "B / A" are the same licence. */
function inOneOrder(licence) {
  const choices = licence.replaceAll('/', ' OR ').split(' OR ').map((choice) => choice.trim());
  return licence.includes('(') || licence.includes('AND') ? licence : choices.sort().join(' OR ');
}

/** What cargo-deny knows of them. It needs the advisory database, which it fetches. */
function advisoriesOf(repository) {
  const checked = spawnSync(
    'cargo',
    ['deny', '--format', 'json', '--color', 'never', '--all-features', 'check', 'advisories'],
    { cwd: repository, encoding: 'utf8', maxBuffer: ENOUGH, timeout: 120_000 },
  );
  const messages = (checked.stderr ?? '').split('\n').flatMap(asMessage);
  const found = messages
    .filter(({ type, fields }) => type === 'diagnostic' && fields.advisory)
    .map(({ fields: { advisory, severity } }) => ({
      id: advisory.id, crate: advisory.package, title: advisory.title, severity,
    }));
  if (messages.some(({ type }) => type === 'summary')) {
    const missing = found.length === 0 ? [] : [`a build without known advisories: ${found.map(({ id }) => id).join(', ')}`];
    return { isChecked: true, found, missing };
  }
  return { isChecked: false, found: [], missing: ['the check for advisories: cargo deny check advisories (cargo install --locked cargo-deny)'] };
}

function asMessage(line) {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}
