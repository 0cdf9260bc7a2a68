// Numbers as bars, drawn with nothing but the page's own styles.

import { html } from './html.mjs';

/** One line for each row; what failed stands out, and has a sign besides its colour. */
export function bars(rows) {
  const longest = Math.max(1, ...rows.map(({ passed, failed }) => passed + failed));
  const width = (count) => `${((100 * count) / longest).toFixed(2)}%`;
  return html`<div class="bars">${rows.map(({ name, passed, failed }) => html`
<div class="bar" data-bar="${name}"><span class="name">${name}</span>
<span class="track" aria-hidden="true"><i class="passed" style="width:${width(passed)}"></i><i class="failed" style="width:${width(failed)}"></i></span>
<span class="count">${failed === 0 ? html`<b class="ok">✓</b> ${passed}` : html`<b class="not-ok">✗</b> ${failed} of ${passed + failed} failed`}</span></div>`)}</div>`;
}
