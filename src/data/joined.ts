import { castTo, sizeOf, type Tensor } from '../tensor/index.ts';
import type { FloatInput } from './inputs.ts';

/** Where examples stand in an input. */
export interface ExampleAxes {
  readonly batchAxis: number;
  /** How many the network fixes, `null` where it leaves that open. */
  readonly batch: number | null;
  /** Shape of an example. */
  readonly shape: readonly number[];
}

/**
 * Examples that follow each other as a tensor of an input, which may have them along another axis than the first.
 * `RangeError` where the input fixes another number of them.
 */
export function joined(
  { name, dtype }: FloatInput,
  { batchAxis, batch, shape }: ExampleAxes,
  values: Float32Array,
  count: number,
): Tensor {
  if (batch !== null && batch !== count) {
    throw new RangeError(
      `${name}: a batch must have ${batch} examples, as the network fixes, got ${count}`,
    );
  }
  const inner = sizeOf(shape.slice(batchAxis));
  const size = sizeOf(shape);
  let data = values;
  if (inner !== size) {
    data = new Float32Array(values.length);
    for (let b = 0; b < count; b++) {
      for (let at = 0; at < size; at += inner) {
        data.set(values.subarray(b * size + at, b * size + at + inner), at * count + b * inner);
      }
    }
  }
  return { dtype, shape: shape.toSpliced(batchAxis, 0, count), data: castTo(dtype, data) };
}
