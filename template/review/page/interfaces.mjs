import { html, table } from './html.mjs';

export function interfaces({ interfaces: { apis }, collections: { report } }) {
  return html`<p>Every endpoint that this connector serves, and how often the collections have called it.</p>
${apis.map(({ api, port, file, operations }) => html`<h3>The ${api}, port ${port}</h3>
${table(`endpoints of the ${api}`, ['Endpoint', 'What it does', 'Requests', 'Assertions'], operations.map((one) => [
    html`<span class="method">${one.method}</span> <code>${one.path}</code>`,
    one.summary,
    covered(one, report),
    one.assertions,
  ]), 'numbers')}
<p class="source">From <code>${file}</code>, which is made from the code, and <code>ttk/report/report.json</code>.</p>`)}`;
}

function covered({ requests, isEnabled }, report) {
  if (report === undefined) return '';
  if (!isEnabled) return 'not chosen';
  return requests > 0 ? html`<b class="ok">✓</b> ${requests}` : html`<b class="warn">none</b>`;
}
