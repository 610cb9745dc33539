import type { FloatArray } from '../random/index.ts';
import { castTo, sizeOf, type FloatDType, type Tensor } from '../tensor/index.ts';
import type { Spec } from './initializer.ts';

const CHUNK = 65536;

/**
 * The tensor whose element i (in the order of storage) is number i of a stream: `fill(out, offset)` puts
 * numbers `offset…` into `out`. The 16-bit types are drawn in float64 and rounded a chunk at a time.
 */
export function tensorOfStream(
  spec: Spec,
  fill: (out: FloatArray, offset: number) => void,
): Tensor<FloatDType> {
  const { dtype, shape } = spec;
  const size = sizeOf(shape);
  if (dtype === 'float32' || dtype === 'float64') {
    const data = dtype === 'float32' ? new Float32Array(size) : new Float64Array(size);
    fill(data, 0);
    return { dtype, shape, data };
  }
  const data = new Uint16Array(size);
  const chunk = new Float64Array(Math.min(size, CHUNK));
  for (let at = 0; at < size; at += CHUNK) {
    const part = chunk.subarray(0, Math.min(CHUNK, size - at));
    fill(part, at);
    data.set(castTo(dtype, part), at);
  }
  return { dtype, shape, data };
}

/** The tensor that `write` makes of one with zeros everywhere, rounded to the dtype at the end. */
export function tensorOfZeros(spec: Spec, write: (values: FloatArray) => void): Tensor<FloatDType> {
  const { dtype, shape } = spec;
  const size = sizeOf(shape);
  const values = dtype === 'float32' ? new Float32Array(size) : new Float64Array(size);
  write(values);
  return { dtype, shape, data: castTo(dtype, values) };
}
