// Text becomes HTML in one place, and is escaped there.

class Html {
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

/** HTML with values in it: text is escaped, lists are joined, nothing stays nothing. */
export function html(strings, ...values) {
  return new Html(strings.reduce((text, string, index) => text + asText(values[index - 1]) + string));
}

/** Text that is HTML already. */
export function raw(text) {
  return new Html(text);
}

function asText(value) {
  if (value === undefined || value === null || value === false) return '';
  if (Array.isArray(value)) return value.map(asText).join('');
  return value instanceof Html ? value.text : escaped(String(value));
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** What a table is called is not seen; by it, checks of the page find the table. */
export function table(name, heads, rows, kind = '') {
  return html`<div class="wide"><table class="${kind}" data-table="${name}"><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>
`)}</tbody></table></div>`;
}
