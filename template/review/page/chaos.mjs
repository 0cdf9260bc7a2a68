import { html, table } from './html.mjs';

const FIGURES = ['transfers', 'kills', 'faults', 'lost', 'doubled', 'parked'];

export function chaos({ evidence: { chaos: found } }) {
  if (found === undefined) return html`<p>The figures are not here.</p>`;
  const total = (figure) => found.runs.reduce((sum, run) => sum + run[figure], 0);
  return html`<p>Generated connectors were killed again and again under load, while the bank, the scheme, the network, the disk
and the database misbehaved. Then every payment was accounted for, to the cent, by four witnesses that know nothing
of each other: callers, hub, the bank's books, and the journal.</p>
${table('chaos', ['Connector', 'Journal', 'Transfers', 'Kills', 'Faults', 'Lost', 'Doubled', 'Parked'], [
    ...found.runs.map((run) => [run.connector, run.database, ...FIGURES.map((figure) => run[figure].toLocaleString('en'))]),
    [html`<b>all</b>`, '', ...FIGURES.map((figure) => html`<b>${total(figure).toLocaleString('en')}</b>`)],
  ], 'numbers')}
<p>A parked payment is one that the bank refuses to settle as the scheme has decided: its money stays where it is, and a person decides.</p>
<p class="source">Seed <span data-figure="seed">${found.seed}</span>, run on <span data-figure="date">${found.date}</span>. From <code>review/evidence/chaos.json</code>, of the template that this
connector was generated from.</p>`;
}
