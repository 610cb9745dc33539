import type { Place } from './module.ts';

/** The elements of stored tensors, and how many of them were written. */
export interface Store {
  readonly data: Float32Array;
  written: number;
}

/**
 * Writes the elements of a tensor to the stored tensors that a place shows. `storeOf` gives where a
 * stored tensor is collected, `null` if it is not to be written.
 */
export function scatter(
  values: Float32Array,
  { part, start, extent, offset, strides }: Place,
  storeOf: (parameter: string) => Store | null,
): void {
  for (const piece of part.pieces) {
    const store = storeOf(piece.parameter);
    if (store === null) continue;
    // The box in which the place and the piece meet.
    const low = start.map((from, axis) => Math.max(from, piece.at[axis]));
    const size = low.map(
      (from, axis) =>
        Math.min(start[axis] + extent[axis], piece.at[axis] + piece.extent[axis]) - from,
    );
    if (size.some((count) => count <= 0)) continue;
    let source = offset;
    let target = piece.offset;
    for (const [axis, from] of low.entries()) {
      source += (from - start[axis]) * strides[axis];
      target += (from - piece.at[axis]) * piece.strides[axis];
    }
    store.written += copyBox(values, source, strides, store.data, target, piece.strides, size);
  }
}

/** Whether a place shows the elements of a tensor as one stored tensor of this size has them, in order. */
export function isWhole({ part, start, offset, strides }: Place, size: number): boolean {
  const [piece] = part.pieces;
  return (
    part.pieces.length === 1 &&
    offset === 0 &&
    piece.offset === 0 &&
    start.every((at) => at === 0) &&
    piece.extent.reduce((product, extent) => product * extent, 1) === size &&
    piece.extent.every((extent, axis) => extent === 1 || piece.strides[axis] === strides[axis])
  );
}

/** Copies a box between two strided arrays, the last axis fastest; returns how many elements it has. */
function copyBox(
  from: Float32Array,
  source: number,
  sourceStrides: readonly number[],
  to: Float32Array,
  target: number,
  targetStrides: readonly number[],
  size: readonly number[],
): number {
  const last = size.length - 1;
  if (last < 0) {
    to[target] = from[source];
    return 1;
  }
  const [count, sourceStep, targetStep] = [size[last], sourceStrides[last], targetStrides[last]];
  const index = size.map(() => 0);
  let [s, t, copied] = [source, target, 0];
  for (;;) {
    for (let i = 0; i < count; i++) to[t + i * targetStep] = from[s + i * sourceStep];
    copied += count;
    let axis = last - 1;
    for (; axis >= 0; axis--) {
      s += sourceStrides[axis];
      t += targetStrides[axis];
      if (++index[axis] < size[axis]) break;
      s -= sourceStrides[axis] * size[axis];
      t -= targetStrides[axis] * size[axis];
      index[axis] = 0;
    }
    if (axis < 0) return copied;
  }
}
