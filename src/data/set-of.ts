import type { Key } from '../random/index.ts';
import type { Tensor } from '../tensor/index.ts';
import type { LearningSet } from './learning-set.ts';
import { targetTensor, type Targets } from './targets.ts';

/** What an input of a network is given. */
export interface Feed {
  /** Of the input. */
  readonly name: string;
  readonly batch: (indices: Uint32Array, key: Key | null) => Tensor;
}

/** A set of what its inputs are given and its targets. */
export function setOf(
  { name, split, count }: Pick<LearningSet, 'name' | 'split' | 'count'>,
  feeds: readonly Feed[],
  targets: Targets,
): LearningSet {
  return {
    name,
    split,
    count,
    target: targets.kind,
    classes: targets.kind === 'class' ? targets.classes : [],
    batch: (indices, key) => ({
      inputs: Object.fromEntries(feeds.map((feed) => [feed.name, feed.batch(indices, key)])),
      target: targetTensor(targets, indices),
    }),
  };
}
