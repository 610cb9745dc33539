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
  if (dtype === 'float32' || dtype === 'float64') {
    const data = room<FloatArray>(spec, dtype === 'float32' ? Float32Array : Float64Array);
    fill(data, 0);
    return { dtype, shape, data };
  }
  const data = room(spec, Uint16Array);
  const chunk = new Float64Array(Math.min(data.length, CHUNK));
  for (let at = 0; at < data.length; at += CHUNK) {
    const part = chunk.subarray(0, Math.min(CHUNK, data.length - at));
    fill(part, at);
    data.set(castTo(dtype, part), at);
  }
  return { dtype, shape, data };
}

/** The tensor that `write` makes of one with zeros everywhere, rounded to the dtype at the end. */
export function tensorOfZeros(spec: Spec, write: (values: FloatArray) => void): Tensor<FloatDType> {
  const { dtype, shape } = spec;
  const values = room<FloatArray>(spec, dtype === 'float32' ? Float32Array : Float64Array);
  write(values);
  return { dtype, shape, data: castTo(dtype, values) };
}

/** Zeros for the elements of a tensor; `RangeError` where the machine has no room for them. */
function room<A>({ shape, dtype }: Spec, Room: new (size: number) => A): A {
  try {
    return new Room(sizeOf(shape));
  } catch (cause) {
    throw new RangeError(
      `tensor: shape must fit into memory, got [${shape.join(', ')}] of ${dtype}`,
      { cause },
    );
  }
}
