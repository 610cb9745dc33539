import { sizeOf, type Tensor } from '../tensor/index.ts';

/** What is right for each example: one of several classes, or numbers in the shape of the output. */
export type Targets = ClassTargets | ValueTargets;

/** One class for an example, or several in a shape. */
export interface ClassTargets {
  readonly kind: 'class';
  readonly classes: readonly string[];
  /** Of one example; a single class if not given. */
  readonly shape?: readonly number[];
  /** The class at place k of example i, of n places, is `of(i n + k)`. */
  readonly of: (at: number) => number;
}

/** Numbers for an example. */
export interface ValueTargets {
  readonly kind: 'values';
  /** Of one example. */
  readonly shape: readonly number[];
  /** Writes those of an example from `at` on. */
  readonly write: (index: number, out: Float32Array, at: number) => void;
}

/** The targets of some examples as a tensor [examples, …]. */
export function targetTensor(
  targets: Targets,
  indices: Uint32Array,
): Tensor<'int64'> | Tensor<'float32'> {
  const { shape: each = [] } = targets;
  const size = sizeOf(each);
  const shape = [indices.length, ...each];
  if (targets.kind === 'values') {
    const data = new Float32Array(indices.length * size);
    indices.forEach((index, b) => targets.write(index, data, b * size));
    return { dtype: 'float32', shape, data };
  }
  const data = new BigInt64Array(indices.length * size);
  indices.forEach((index, b) => {
    for (let k = 0; k < size; k++) data[b * size + k] = BigInt(targets.of(index * size + k));
  });
  return { dtype: 'int64', shape, data };
}
