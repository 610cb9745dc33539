import type { ImageSet } from '../src/data/index.ts';
import { batchesOf } from '../src/experiment/index.ts';
import { fold, key } from '../src/random/index.ts';
import { sizeOf, type Tensor } from '../src/tensor/index.ts';

/** Images as rows of numbers from `low` to `low + 1`, and their classes. */
export interface Rows {
  readonly inputs: Tensor<'float32'>;
  readonly target: Tensor<'int64'>;
}

/** How pixels of 0 … 255 become numbers: `(pixel/255 - mean)/scale`. */
export interface PixelScale {
  readonly mean: number;
  readonly scale: number;
}

/** The images of some indices, `shape` before the axis of the pixels. */
export function rowsOf(
  { images, labels }: ImageSet,
  indices: ArrayLike<number>,
  shape: readonly number[],
  { mean, scale }: PixelScale,
): Rows {
  const size = sizeOf(images.shape.slice(1));
  const table = Float32Array.from({ length: 256 }, (_, pixel) => (pixel / 255 - mean) / scale);
  const data = new Float32Array(indices.length * size);
  for (let row = 0; row < indices.length; row++) {
    const from = indices[row] * size;
    for (let i = 0; i < size; i++) data[row * size + i] = table[images.data[from + i]];
  }
  const target = BigInt64Array.from({ length: indices.length }, (_, row) =>
    BigInt(labels[indices[row]]),
  );
  return {
    inputs: { dtype: 'float32', shape: [...shape, size], data },
    target: { dtype: 'int64', shape, data: target },
  };
}

/** Batches of a run: those of the steps from `first` on (from 1), stacked. */
export function batchesFrom(
  set: ImageSet,
  batch: number,
  seed: number,
  scale: PixelScale,
): (first: number, count: number) => Rows {
  const pick = batchesOf(fold(key(seed), 'order'), set.labels.length, batch);
  return (first, count) => {
    const indices = new Uint32Array(count * batch);
    for (let step = 0; step < count; step++) indices.set(pick(first + step), step * batch);
    return rowsOf(set, indices, [count, batch], scale);
  };
}
