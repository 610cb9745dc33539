import { permutation, type Key } from '../random/index.ts';
import type { LearningSet } from './learning-set.ts';

/** Some examples of a set, in the given order, as a set. */
export function partOf(
  set: LearningSet,
  split: LearningSet['split'],
  indices: Uint32Array,
): LearningSet {
  return {
    ...set,
    split,
    count: indices.length,
    batch: (chosen, key) =>
      set.batch(
        Uint32Array.from(chosen, (index) => indices[index]),
        key,
      ),
  };
}

/**
 * The indices `0 … count - 1` in two parts, each in rising order: `⌊share · count⌋` of them drawn from `key`, at least 1,
 * and the rest. `RangeError` unless both have some.
 */
export function divided(
  key: Key,
  count: number,
  share: number,
  where: string,
): { readonly rest: Uint32Array; readonly held: Uint32Array } {
  const most = Math.max(1, Math.floor(share * count));
  if (!(share > 0 && share < 1) || count < 2) {
    throw new RangeError(
      share > 0 && share < 1
        ? `${where}: there must be at least 2 examples to hold some back, got ${count}`
        : `${where}: must be a share of the training examples between 0 and 1, got ${share}`,
    );
  }
  const order = permutation(key, count);
  return { held: order.slice(0, most).sort(), rest: order.slice(most).sort() };
}

/** The validation examples of `validation`, 0 for none, and the rest for training. */
export function heldBack(
  set: LearningSet,
  validation: number,
  key: Key,
): { readonly train: LearningSet; readonly validation: LearningSet | null } {
  if (validation === 0) return { train: set, validation: null };
  const { rest, held } = divided(key, set.count, validation, 'validation');
  return { train: partOf(set, 'train', rest), validation: partOf(set, 'validation', held) };
}
