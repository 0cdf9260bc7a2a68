import { html, table } from './html.mjs';

export function dependencies({ dependencies: { crates, advisories } }) {
  const byLicence = new Map();
  for (const { licence } of crates) byLicence.set(licence, (byLicence.get(licence) ?? 0) + 1);
  const licences = [...byLicence].sort(([, one], [, other]) => other - one);
  return html`<p>A production build links <b data-figure="crates">${crates.length}</b> crates.</p>
<h3>Advisories</h3>
${known(advisories)}
<h3>Licences</h3>
${table('licences', ['Licence', 'Crates'], licences)}
<details><summary>All <span data-figure="listed">${crates.length}</span> crates</summary>
${table('crates', ['Crate', 'Version', 'Licence'], crates.map(({ name, version, licence, source }) => [
    /^https:/.test(source) ? html`<a href="${source}">${name}</a>` : name, version, licence,
  ]))}</details>
<p class="source">From <code>Cargo.lock</code>, by <code>cargo tree</code> and <code>cargo deny</code>.</p>`;
}

function known({ isChecked, found }) {
  if (!isChecked) return html`<p><b class="warn">Not checked here.</b> <code>cargo deny check advisories</code> did not give a result: it needs cargo-deny, and the network for the database of advisories.</p>`;
  if (found.length === 0) return html`<p><b class="ok">✓</b> None is known.</p>`;
  return table('advisories', ['Advisory', 'Crate', 'What'], found.map(({ id, crate, title }) => [id, crate, title]));
}
