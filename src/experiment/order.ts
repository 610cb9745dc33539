import { fold, permutation, type Key } from '../random/index.ts';

/**
 * The examples of every step, as indices, from its number alone (from 1), so that a run can go on from anywhere: each
 * epoch has an order of its own, drawn from `key`, cut into batches; what is left over at its end waits for another
 * epoch. A batch as large as the set is the whole set in its own order, at every step. `RangeError` for a batch
 * of no examples.
 */
export function batchesOf(
  key: Key,
  count: number,
  batch: number,
): (step: number) => Uint32Array<ArrayBuffer> {
  if (!Number.isInteger(batch) || batch < 1) {
    throw new RangeError(`batch: must be a whole number from 1 on, got ${batch}`);
  }
  if (batch >= count) {
    const all = Uint32Array.from({ length: count }, (_, index) => index);
    return () => all;
  }
  const perEpoch = Math.floor(count / batch);
  let drawn: { readonly epoch: number; readonly order: Uint32Array } | null = null;
  return (step) => {
    const epoch = Math.floor((step - 1) / perEpoch);
    if (drawn?.epoch !== epoch) {
      drawn = { epoch, order: permutation(fold(key, `epoch ${epoch}`), count) };
    }
    const start = ((step - 1) % perEpoch) * batch;
    return Uint32Array.from(drawn.order.subarray(start, start + batch));
  };
}
