import { html } from './html.mjs';
import { rendered } from './markdown.mjs';

/** The pages of one part of the design. */
export function design(part) {
  return ({ design: { pages } }) => pages
    .filter((one) => one.part === part)
    .map(({ file, markdown }) => html`${rendered(markdown, 2)}<p class="source">From <code>${file}</code>.</p>
`);
}
