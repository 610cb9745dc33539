import { castTo, isFloat, sizeOf, type DType, type Tensor } from '../tensor/index.ts';

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
  { name, dtype }: { readonly name: string; readonly dtype: DType | null },
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
  return filled(name, dtype ?? 'float32', shape.toSpliced(batchAxis, 0, count), data);
}

/** Numbers as a tensor of a float or of an integer type that tokens have. */
function filled(
  name: string,
  dtype: DType,
  shape: readonly number[],
  values: Float32Array,
): Tensor {
  if (isFloat(dtype)) return { dtype, shape, data: castTo(dtype, values) };
  if (dtype === 'int64') return { dtype, shape, data: BigInt64Array.from(values, BigInt) };
  if (dtype === 'int32') return { dtype, shape, data: Int32Array.from(values) };
  throw new TypeError(`${name}: an input must be of floats, int32 or int64, got ${dtype}`);
}
