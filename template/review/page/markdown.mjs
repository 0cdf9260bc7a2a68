// A page of the repository as HTML. Its diagrams are left to be drawn when the pack is
// opened; its links to other files are shown as their names, since these are not here.

import { marked as plain, Marked } from 'marked';

import { html, raw } from './html.mjs';

/** A sentence with names of code in it. */
export function sentence(markdown) {
  return raw(plain.parseInline(html`${markdown}`.text));
}

/** A whole page, its headings so many levels below. */
export function rendered(markdown, level) {
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }) {
        const rank = Math.min(6, depth + level);
        return `<h${rank}>${this.parser.parseInline(tokens)}</h${rank}>\n`;
      },
      code({ text, lang }) {
        return lang === 'mermaid'
          ? html`<figure class="diagram"><pre class="mermaid">${text}</pre></figure>`.text
          : html`<pre><code>${text}</code></pre>`.text;
      },
      table(token) {
        const cell = (content, tag) => `<${tag}>${this.parser.parseInline(content.tokens)}</${tag}>`;
        const row = (cells, tag) => `<tr>${cells.map((content) => cell(content, tag)).join('')}</tr>`;
        const head = row(token.header, 'th');
        const body = token.rows.map((cells) => row(cells, 'td')).join('\n');
        return `<div class="wide"><table><thead>${head}</thead><tbody>${body}</tbody></table></div>\n`;
      },
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens);
        return /^https?:/.test(href) ? html`<a href="${href}">${raw(text)}</a>`.text : `<span class="file">${text}</span>`;
      },
      // The pages are the repository's own, and have no HTML but comments.
      html() {
        return '';
      },
    },
  });
  return raw(marked.parse(markdown));
}
