import { bars } from './bars.mjs';
import { html, table } from './html.mjs';

export function collections({ collections: { report } }) {
  if (report === undefined) return html`<p>They have not been run: <code>node ttk/run.mjs</code>.</p>`;
  const rows = report.collections.map(({ collection, passed, failed }) => ({ name: collection, passed, failed }));
  return html`<p>Run by the Mojaloop Testing Toolkit ${report.toolkit} on ${report.startedAt.slice(0, 10)}:
<b data-figure="passed">${report.passed}</b> assertions passed, <b data-figure="failed">${report.failed}</b> failed.</p>
${bars(rows)}
${report.collections.map(collection)}
<p class="source">From <code>ttk/report/report.json</code>.</p>`;
}

function collection({ collection: name, passed, failed, cases }) {
  return html`<details${failed > 0 && html` open`}><summary data-collection="${name}">${name}: ${passed} passed, ${failed} failed</summary>
${cases.map((one) => html`<h4>${one.name}</h4>
${table('assertions', ['Request', 'Status', 'Assertion', ''], one.requests.flatMap(assertions))}`)}</details>`;
}

function assertions({ description, method, path, status, assertions: all }) {
  return all.map(({ assertion, outcome, reason }, index) => [
    index === 0 && html`${description}<br><span class="method">${method}</span> <code>${path}</code>`,
    index === 0 && status,
    html`<span class="assertion">${assertion}</span>${reason && html`<br><span class="not-ok">${reason}</span>`}`,
    outcome === 'passed' ? html`<b class="ok">✓</b>` : html`<b class="not-ok">✗ failed</b>`,
  ]);
}
