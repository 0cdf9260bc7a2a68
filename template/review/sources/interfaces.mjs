// Every endpoint of both APIs, and which of them the collections have called.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';

const DOCUMENTS = [
  { api: 'backend API', port: 3003, file: 'openapi/backend-api.yaml' },
  { api: 'DFSP API', port: 3004, file: 'openapi/dfsp-api.yaml' },
];
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

export function interfaces(repository, { report }) {
  const calls = callsOf(report);
  const apis = DOCUMENTS.map(({ api, port, file }) => {
    const document = parse(readFileSync(join(repository, file), 'utf8'));
    const operations = Object.entries(document.paths).flatMap(([path, methods]) => METHODS
      .filter((method) => methods[method])
      .map((method) => operation(path, method, methods[method], calls)));
    return { api, port, file, title: document.info.title, version: document.info.version, operations };
  });
  return { apis };
}

function operation(path, method, { summary }, calls) {
  const isCalled = pattern(path);
  const called = calls.filter((call) => call.method === method.toUpperCase() && isCalled.test(call.path));
  return {
    method: method.toUpperCase(),
    path,
    summary,
    requests: called.length,
    assertions: called.reduce((sum, call) => sum + call.assertions, 0),
  };
}

/** The paths that an OpenAPI path stands for. */
function pattern(path) {
  const literal = path.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replace(/\{[^}]+\}/g, '[^/]+')}/?(\\?.*)?$`);
}

function callsOf(report) {
  const cases = (report?.collections ?? []).flatMap((collection) => collection.cases);
  return cases.flatMap((one) => one.requests).map(({ method, path, assertions }) => ({
    method, path, assertions: assertions.length,
  }));
}
