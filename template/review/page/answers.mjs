import { html, table } from './html.mjs';

export function answers({ answers: { rows } }) {
  return html`<p>The repository was generated from these answers; everything below follows from them.</p>
${table(['Question', 'Answer'], rows.map(({ question, answer }) => [question, html`<b>${answer}</b>`]))}
<p class="source">From <code>answers.toml</code>.</p>`;
}
