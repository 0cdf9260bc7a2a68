import { html, table } from './html.mjs';
import { sentence } from './markdown.mjs';

export function contract({ evidence: { contract: found } }) {
  if (found === undefined) return html`<p>The comparison is not here.</p>`;
  return html`<p>The official documents, version <span data-figure="version">${found.version}</span>, judge every answer of generated connectors, with all use
cases and in every role, and every request that they send to the Mojaloop Connector. <span data-figure="differences">${found.differences.length}</span> differences
are on purpose; any other one fails the test of the template.</p>
${found.apis.map(({ api, endpoints }) => html`<h3>The ${api}</h3>
${table(`contract of the ${api}`, ['Endpoint', 'Statuses in the document', 'Differences'], endpoints.map(({ endpoint, statuses, differences }) => [
    html`<code>${endpoint}</code>`,
    statuses.length > 0 ? statuses.join(', ') : 'as asked',
    differences.length > 0 ? differences.join(', ') : html`<b class="ok">none</b>`,
  ]))}`)}
<h3>The differences</h3>
${table('differences', ['', 'Where', 'The document', 'On the wire', 'Chosen'], found.differences.map((one) => [
    one.number, ...[one.where, one.document, one.wire, one.chosen].map(sentence),
  ]))}
<p class="source">From <code>review/evidence/contract.json</code>, of the template that this connector was generated from.</p>`;
}
