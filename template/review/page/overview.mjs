// What a reviewer wants to know first.

import { html } from './html.mjs';

export function overview({ answers, collections, interfaces, evidence, dependencies }, missing) {
  const { report } = collections;
  const operations = interfaces.apis.flatMap(({ operations: all }) => all).filter(({ isEnabled }) => isEnabled);
  const called = operations.filter(({ requests }) => requests > 0).length;
  const runs = evidence.chaos?.runs ?? [];
  const total = (figure) => runs.reduce((sum, run) => sum + run[figure], 0);
  return html`
${missing.length > 0 && html`<div class="missing"><p><b class="not-ok">This pack is not complete.</b> It lacks:</p>
<ul>${missing.map((what) => html`<li>${what}</li>`)}</ul></div>`}
<div class="tiles">
${tile('assertions', report ? `${report.passed} of ${report.passed + report.failed}` : 'not run', 'assertions of the collections hold', report?.failed === 0)}
${tile('endpoints', `${called} of ${operations.length}`, 'endpoints are called by the collections', called === operations.length ? true : undefined)}
${runs.length > 0 && tile('chaos', `${total('lost')} lost, ${total('doubled')} doubled`, `of ${total('transfers').toLocaleString('en')} transfers under chaos`, total('lost') + total('doubled') === 0)}
${tile('advisories', dependencies.advisories.isChecked ? `${dependencies.advisories.found.length}` : 'not checked', 'known advisories', dependencies.advisories.isChecked && dependencies.advisories.found.length === 0)}
</div>
<p class="source">Commit <code>${answers.commit.id ?? 'none'}</code>${answers.commit.isClean ? '' : html`, <b class="warn">with changes that are not committed</b>`}.</p>`;
}

function tile(name, figure, meaning, isGood) {
  const kind = isGood === undefined ? '' : isGood ? 'ok' : 'not-ok';
  return html`<div class="tile" data-tile="${name}"><b class="${kind}">${figure}</b><span>${meaning}</span></div>`;
}
