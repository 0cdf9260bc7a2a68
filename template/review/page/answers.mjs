import { html, table } from './html.mjs';

export function answers({ answers: { rows } }) {
  return html`<p>The repository was generated from these answers; everything below follows from them.</p>
${table('answers', ['Question', 'Answer'], rows.map(({ key, question, answer }) => [question, html`<b data-answer="${key}">${answer}</b>`]))}
<p class="source">From <code>answers.toml</code>.</p>`;
}
