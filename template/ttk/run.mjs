#!/usr/bin/env node
// Rehearses payments without Docker: starts the connector with its sandbox bank, and
// the Testing Toolkit, which plays the Mojaloop Connector and runs the collections.
//
//   node ttk/run.mjs [--only positive/incoming] [--report FOLDER] [--program FILE]
//
// Ends with 0 if every assertion held, with 1 if one did not, with 2 if the rehearsal
// could not be held. README.md says what is in the report.

import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync, createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const HERE = dirname(fileURLToPath(import.meta.url));
const REPOSITORY = dirname(HERE);
const HOST = '127.0.0.1';

/** The Toolkit has it built in. */
const TOOLKIT_ADMINISTRATION = 5050;

/** The document of the outbound API, among those that the Toolkit brings. */
const OUTBOUND_API = 'sdk-scheme-adapter-outbound-v2_1_0-openapi3-snippets';

const LONGEST_START = 180_000;
const LONGEST_COLLECTION = 300_000;
const LONGEST_END = 30_000;

/** Why the rehearsal cannot be held: nothing that the connector did. */
class CannotRehearse extends Error {}

/** A program that runs beside this one, and says what it has to say to a file. */
class Program {
  constructor(name, command, args, { cwd, env, log }) {
    this.name = name;
    this.log = log;
    this.process = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const file = createWriteStream(log);
    this.process.stdout.pipe(file);
    this.process.stderr.pipe(file);
    this.ended = new Promise((settle) => {
      this.process.once('error', (error) => settle(error.message));
      this.process.once('exit', (code, signal) => settle(signal ?? `code ${code}`));
    }).then((how) => {
      this.howEnded = how;
    });
  }

  async answers(url) {
    const deadline = Date.now() + LONGEST_START;
    while (Date.now() < deadline) {
      if (this.howEnded !== undefined) {
        throw new CannotRehearse(`${this.name} has ended with ${this.howEnded}: see ${this.log}`);
      }
      try {
        const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
        await answer.arrayBuffer();
        return;
      } catch {
        await sleep(100);
      }
    }
    throw new CannotRehearse(`${this.name} does not answer at ${url}: see ${this.log}`);
  }

  async stop() {
    if (this.howEnded !== undefined) return;
    this.process.kill('SIGTERM');
    const patience = new AbortController();
    await Promise.race([this.ended, sleep(LONGEST_END, undefined, { signal: patience.signal }).catch(() => {})]);
    patience.abort();
    if (this.howEnded === undefined) this.process.kill('SIGKILL');
  }
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function writeJson(file, value) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise((done, fail) => {
    const server = createServer().once('error', fail).listen(0, HOST, () => done(server));
  })));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => { server.close(done); })));
  return ports;
}

async function assertFree(port) {
  const isFree = await new Promise((done) => {
    const server = createServer().once('error', () => done(false)).listen(port, () => server.close(() => done(true)));
  });
  if (!isFree) {
    throw new CannotRehearse(`port ${port} is taken, and the Testing Toolkit can use no other: end what listens there`);
  }
}

/** Installs what package-lock.json names, once. */
function toolkit() {
  const installed = join(HERE, 'node_modules', 'ml-testing-toolkit');
  if (!existsSync(installed)) {
    console.error('npm ci (once)');
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: HERE, stdio: 'inherit' });
  }
  return installed;
}

function builtConnector() {
  execFileSync('cargo', ['build', '--locked'], { cwd: REPOSITORY, stdio: 'inherit' });
  const metadata = JSON.parse(execFileSync('cargo', ['metadata', '--no-deps', '--format-version', '1', '--locked'], {
    cwd: REPOSITORY, maxBuffer: 64 * 1024 * 1024,
  }));
  return join(metadata.target_directory, 'debug', metadata.packages[0].name);
}

/** The variables of a file in which each has a line. */
function variablesOf(file) {
  const lines = readFileSync(file, 'utf8').split('\n').filter((line) => /^[A-Z]/.test(line));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** All rules by which the Toolkit plays the Mojaloop Connector, those with conditions first. */
function rules() {
  const folder = join(HERE, 'mojaloop-connector');
  const all = readdirSync(folder).sort().flatMap((file) => readJson(join(folder, file)));
  const numbered = all.map((rule, index) => ({ ...rule, ruleId: index + 1 }));
  const specific = (rule) => rule.conditions.all.length;
  return numbered.sort((one, other) => specific(other) - specific(one) || one.ruleId - other.ruleId);
}

/** The lists that conditions look into. They are empty to begin with. */
function listsOf(all) {
  const conditions = all.flatMap((rule) => rule.conditions.all).filter((condition) => condition.operator === 'in');
  return Object.fromEntries(conditions.map(({ value }) => [value.slice('{$environment.'.length, -1), []]));
}

/** The document as the Toolkit can serve it: it needs a name for each operation. */
function outboundApi(installed) {
  const { load } = createRequire(join(installed, 'package.json'))('js-yaml');
  const folder = `${OUTBOUND_API}_2.1`;
  const api = load(readFileSync(join(installed, 'spec_files', 'api_definitions', folder, 'api_spec.yaml'), 'utf8'));
  // The Mojaloop Connector serves them, and the document does not have them.
  for (const names of [['Type', 'ID'], ['Type', 'ID', 'SubId']]) {
    api.paths[`/accounts/${names.map((name) => `{${name}}`).join('/')}`] = {
      delete: {
        parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
        responses: { 200: { description: 'The account is removed.' } },
      },
    };
  }
  for (const [path, operations] of Object.entries(api.paths)) {
    for (const method of ['get', 'post', 'put', 'delete']) {
      if (operations[method]) operations[method].operationId ??= `${method} ${path}`;
    }
  }
  return { folder, api };
}

/** What the Toolkit reads when it starts. */
function furnish(root, installed, port, values) {
  const files = join(root, 'spec_files');
  cpSync(join(installed, 'spec_files', 'reports'), join(files, 'reports'), { recursive: true });
  const { folder, api } = outboundApi(installed);
  writeJson(join(files, 'api_definitions', folder, 'api_spec.yaml'), api);
  for (const kind of ['callback', 'forward', 'response', 'validation']) {
    writeJson(join(files, `rules_${kind}`, 'config.json'), { activeRulesFile: 'default.json' });
    writeJson(join(files, `rules_${kind}`, 'default.json'), kind === 'response' ? rules() : []);
  }
  const system = readJson(join(installed, 'spec_files', 'system_config.json'));
  writeJson(join(files, 'system_config.json'), {
    ...system,
    API_PORT: port,
    SERVER_LOGS: { ...system.SERVER_LOGS, ENABLED: false },
    // What the rules remember from one request to the next.
    INIT_CONFIG: { objectStore: { inboundEnvironment: { ...values, payments: {}, ...listsOf(rules()) } } },
    API_DEFINITIONS: [{ type: OUTBOUND_API, version: '2.1', folderPath: folder, asynchronous: false }],
  });
  const user = readJson(join(installed, 'spec_files', 'user_config.json'));
  writeJson(join(files, 'user_config.json'), {
    ...user, CLIENT_TLS_CREDS: [], DEFAULT_REQUEST_TIMEOUT: 65_000, SCRIPT_TIMEOUT: 30_000,
  });
}

/** The collections below a folder: folders in the order of its master.json, files by their names. */
function collectionsBelow(folder, prefix = '') {
  if (!existsSync(folder)) return [];
  const master = join(folder, 'master.json');
  const first = existsSync(master) ? readJson(master).order.map((one) => one.name) : [];
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.name !== 'master.json');
  const rank = (entry) => (first.includes(entry.name) ? first.indexOf(entry.name) : first.length);
  entries.sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    const name = `${prefix}${basename(entry.name, '.json')}`;
    if (entry.isDirectory()) return collectionsBelow(path, `${name}/`);
    return entry.name.endsWith('.json') ? [{ name, path }] : [];
  });
}

async function post(path, body) {
  const answer = await fetch(`http://${HOST}:${TOOLKIT_ADMINISTRATION}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(LONGEST_COLLECTION),
  });
  if (!answer.ok) throw new CannotRehearse(`the Testing Toolkit answers ${answer.status} to ${path}: ${await answer.text()}`);
  return answer;
}

/** One assertion, as a line of the report. What asserts nothing has not held. */
function judged({ description, resultStatus }) {
  const holds = resultStatus?.status === 'SUCCESS';
  const reason = resultStatus?.message ?? 'nothing was asserted';
  return { assertion: description, outcome: holds ? 'passed' : 'failed', ...(holds ? {} : { reason }) };
}

/** Each request with the API that it was sent to: both have some of the same paths. */
function summary(name, result, apis) {
  const cases = result.test_cases.map((one) => ({
    name: one.name,
    requests: one.requests.map(({ request, response }) => ({
      description: request.description,
      method: request.method.toUpperCase(),
      path: request.path,
      api: apis[request.url] ?? null,
      status: response?.status ?? null,
      assertions: (request.tests?.assertions ?? []).map(judged),
    })),
  }));
  const assertions = cases.flatMap((one) => one.requests).flatMap((one) => one.assertions);
  const failed = assertions.filter((one) => one.outcome === 'failed').length;
  return { collection: name, passed: assertions.length - failed, failed, cases };
}

function print({ collection, passed, failed, cases }) {
  console.log(`${failed === 0 ? 'ok    ' : 'FAILED'} ${collection}: ${passed} passed, ${failed} failed`);
  for (const { name, requests } of cases) {
    for (const { description, method, path, status, assertions } of requests) {
      for (const { assertion, reason } of assertions.filter((one) => one.outcome === 'failed')) {
        console.log(`         ${name} / ${description}\n           ${method} ${path} answered ${status}\n           ${assertion}: ${reason}`);
      }
    }
  }
}

/** Everything in one document, for people. */
async function writeHtml(file, results, started) {
  const cases = results.flatMap((result) => result.test_cases.map((one) => ({ ...one, name: `${result.name}: ${one.name}` })));
  const assertions = cases.flatMap((one) => one.requests).flatMap((one) => one.request.tests?.assertions ?? []);
  const passed = assertions.filter((one) => one.resultStatus?.status === 'SUCCESS').length;
  const completed = new Date();
  const answer = await post('/api/reports/testcase/html', {
    name: 'rehearsal',
    test_cases: cases.map((one, index) => ({ ...one, id: index + 1 })),
    runtimeInformation: {
      completedTimeISO: completed.toISOString(),
      startedTime: started.toUTCString(),
      completedTime: completed.toUTCString(),
      runDurationMs: completed - started,
      totalAssertions: assertions.length,
      totalPassedAssertions: passed,
      isPassed: passed === assertions.length,
    },
  });
  writeFileSync(file, await answer.text());
}

async function rehearse({ only, report, program }) {
  const started = new Date();
  const wanted = [
    ...collectionsBelow(join(HERE, 'collections')),
    ...collectionsBelow(join(HERE, 'sandbox'), 'sandbox/'),
  ].filter(({ name }) => only === undefined || name.startsWith(only));
  if (wanted.length === 0) throw new CannotRehearse(`there is no collection ${only}`);

  const installed = toolkit();
  const connector = resolve(program ?? builtConnector());
  await assertFree(TOOLKIT_ADMINISTRATION);
  const [backendApi, dfspApi, bank, outboundApiPort, metrics] = await freePorts(5);
  const { inputValues } = readJson(join(HERE, 'environment.json'));
  const values = {
    ...inputValues,
    cc_incoming_url: `http://${HOST}:${backendApi}`,
    cc_outgoing_url: `http://${HOST}:${dfspApi}`,
    sandbox_bank_url: `http://${HOST}:${bank}`,
  };

  rmSync(report, { recursive: true, force: true });
  mkdirSync(report, { recursive: true });
  const root = mkdtempSync(join(tmpdir(), 'rehearsal-'));
  const programs = [];
  const leave = async () => {
    await Promise.all(programs.map((one) => one.stop()));
    rmSync(root, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => leave().finally(() => process.exit(2)));
  }
  try {
    furnish(root, installed, outboundApiPort, values);
    const toolkitProgram = new Program('the Testing Toolkit', process.execPath, [join(installed, 'src', 'index.js')], {
      cwd: root, env: { ...process.env, TTK_ROOT: root }, log: join(report, 'toolkit.log'),
    });
    programs.push(toolkitProgram);
    // Both: on a port that was free, another program may have begun to answer meanwhile.
    await toolkitProgram.answers(`http://${HOST}:${TOOLKIT_ADMINISTRATION}/`);
    await toolkitProgram.answers(`http://${HOST}:${outboundApiPort}/`);
    // In a folder of its own: a .env that is meant for a real bank is not read.
    const connectorProgram = new Program('the connector', connector, [], {
      cwd: root,
      env: {
        ...process.env,
        ...variablesOf(join(HERE, 'rehearsal.env')),
        CBS_BASE_URL: '',
        DATABASE_URL: '',
        SDK_BASE_URL: `http://${HOST}:${outboundApiPort}`,
        SDK_SERVER_PORT: String(backendApi),
        DFSP_SERVER_PORT: String(dfspApi),
        METRICS_SERVER_PORT: String(metrics),
        SANDBOX_BANK_PORT: String(bank),
      },
      log: join(report, 'connector.log'),
    });
    programs.push(connectorProgram);
    await connectorProgram.answers(`${values.cc_incoming_url}/health`);
    await connectorProgram.answers(`${values.cc_outgoing_url}/health`);

    const apis = { [values.cc_incoming_url]: 'backend API', [values.cc_outgoing_url]: 'DFSP API' };
    const summaries = [];
    const results = [];
    for (const [index, { name, path }] of wanted.entries()) {
      const collection = readJson(path);
      const answer = await post(`/api/outbound/template/${index + 1}?sync=true`, { ...collection, name, inputValues: values });
      const result = await answer.json();
      results.push(result);
      summaries.push(summary(name, result, apis));
      writeJson(join(report, 'raw', `${name}.json`), result);
      print(summaries.at(-1));
    }
    await writeHtml(join(report, 'report.html'), results, started);
    const total = (outcome) => summaries.reduce((sum, one) => sum + one[outcome], 0);
    const [passed, failed] = [total('passed'), total('failed')];
    writeJson(join(report, 'report.json'), {
      connector: basename(connector),
      toolkit: readJson(join(installed, 'package.json')).version,
      startedAt: started.toISOString(),
      completedAt: new Date().toISOString(),
      passed,
      failed,
      collections: summaries,
    });
    console.log(`assertions passed ${passed}, failed ${failed}`);
    console.log(`report: ${join(report, 'report.html')}`);
    await connectorProgram.stop();
    if (connectorProgram.howEnded !== 'code 0') console.log(`FAILED the connector has ended with ${connectorProgram.howEnded}`);
    return passed > 0 && failed === 0 && connectorProgram.howEnded === 'code 0';
  } finally {
    await leave();
  }
}

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, report: { type: 'string' }, program: { type: 'string' } },
});
try {
  const held = await rehearse({ ...options, report: resolve(options.report ?? join(HERE, 'report')) });
  process.exitCode = held ? 0 : 1;
} catch (error) {
  console.error(error instanceof CannotRehearse ? `the rehearsal cannot be held: ${error.message}` : error);
  process.exitCode = 2;
}
