// What the pack is made of. A source that is not there says, in `missing`, how to get it.

import { answers } from './sources/answers.mjs';
import { collections } from './sources/collections.mjs';
import { dependencies } from './sources/dependencies.mjs';
import { design } from './sources/design.mjs';
import { evidence } from './sources/evidence.mjs';
import { interfaces } from './sources/interfaces.mjs';

export function gather(repository) {
  const tested = collections(repository);
  return {
    answers: answers(repository),
    design: design(repository),
    interfaces: interfaces(repository, tested),
    collections: tested,
    evidence: evidence(repository),
    dependencies: dependencies(repository),
  };
}
