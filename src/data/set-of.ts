import type { Key } from '../random/index.ts';
import type { Tensor } from '../tensor/index.ts';
import type { LearningSet } from './learning-set.ts';
import { targetTensor, type Targets } from './targets.ts';

/** What an input of a network is given. */
export interface Feed {
  /** Of the input. */
  readonly name: string;
  readonly batch: (indices: Uint32Array, key: Key | null) => Tensor;
  /** Whether `key` changes it; it does not if not given. */
  readonly random?: boolean;
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
    random: feeds.some(({ random }) => random === true),
    batch: (indices, key) => ({
      inputs: Object.fromEntries(feeds.map((feed) => [feed.name, feed.batch(indices, key)])),
      target: targetTensor(targets, indices),
    }),
  };
}
