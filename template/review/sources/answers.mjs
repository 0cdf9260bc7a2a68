// The answers that the repository was generated with, and which commit this is.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'smol-toml';

/** The questions, in the words of a reviewer. */
const QUESTIONS = {
  cbs_name: 'Core banking system',
  dfsp_name: 'Institution',
  fsp_id: 'FSP id in the scheme',
  lei: 'Legal entity identifier',
  country: 'Country',
  dial_code: 'Dial code',
  currency: 'Currency',
  currency_mode: 'Number of currencies',
  id_types: 'Identifiers of customers',
  use_cases: 'Use cases besides sending and receiving',
  role: 'Role in the scheme',
  funding_model: 'Funding model',
  payee_pattern: 'Payments that arrive',
  payer_debit: 'Payments that leave: how the money is secured',
  payer_steps: 'Payments that leave: calls of the channel',
  fees: 'Fees',
  cbs_auth: 'How the core banking system knows the connector',
};

export function answers(repository) {
  const { values } = parse(readFileSync(join(repository, 'answers.toml'), 'utf8'));
  const rows = Object.entries(QUESTIONS)
    .filter(([key]) => values[key] !== undefined && values[key] !== '')
    .map(([key, question]) => ({ key, question, answer: inWords(values[key]) }));
  return { values, rows, commit: commit(repository) };
}

function inWords(value) {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(inWords).join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value).replaceAll('_', ' ');
}

/** The commit that is reviewed; a change that is not committed cannot be reviewed. */
function commit(repository) {
  const git = (...command) => execFileSync('git', command, { cwd: repository, encoding: 'utf8', stdio: 'pipe' }).trim();
  try {
    return { id: git('rev-parse', 'HEAD'), isClean: git('status', '--porcelain', '.') === '' };
  } catch {
    return { id: null, isClean: false };
  }
}
