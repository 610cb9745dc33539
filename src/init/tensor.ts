import type { FloatArray, Kernels } from '../random/index.ts';
import { bytesPerElement, castTo, sizeOf, type FloatDType, type Tensor } from '../tensor/index.ts';
import type { Spec } from './initializer.ts';

const CHUNK = 65536;

/**
 * The tensor whose element i (in the order of storage) is number i of a stream: `fill(out, offset)` puts
 * numbers `offset…` into `out`. The 16-bit types are drawn in float64 and rounded a chunk at a time.
 */
export function tensorOfStream(
  spec: Spec,
  kernels: Kernels,
  fill: (out: FloatArray, offset: number) => void,
): Tensor<FloatDType> {
  const { dtype, shape } = spec;
  if (dtype === 'float32' || dtype === 'float64') {
    const data = numbers(spec, kernels, false);
    fill(data, 0);
    return { dtype, shape, data };
  }
  const data = new Uint16Array(room(spec, dtype, kernels, false), 0, sizeOf(shape));
  const chunk = new Float64Array(Math.min(data.length, CHUNK));
  for (let at = 0; at < data.length; at += CHUNK) {
    const part = chunk.subarray(0, Math.min(CHUNK, data.length - at));
    fill(part, at);
    data.set(castTo(dtype, part), at);
  }
  return { dtype, shape, data };
}

/** The tensor that `write` makes of one with zeros everywhere, rounded to the dtype at the end. */
export function tensorOfZeros(
  spec: Spec,
  kernels: Kernels,
  write: (values: FloatArray) => void,
): Tensor<FloatDType> {
  const { dtype, shape } = spec;
  const values = numbers(spec, kernels, true);
  write(values);
  return { dtype, shape, data: castTo(dtype, values) };
}

/** Room for the elements of a tensor: float32 if it is of that, else float64; zeros if it is cleared. */
function numbers(spec: Spec, kernels: Kernels, isCleared: boolean): FloatArray {
  const size = sizeOf(spec.shape);
  return spec.dtype === 'float32'
    ? new Float32Array(room(spec, 'float32', kernels, isCleared), 0, size)
    : new Float64Array(room(spec, 'float64', kernels, isCleared), 0, size);
}

/** Memory for a tensor held as `held`; `RangeError` where the machine has no room for it. */
function room(
  { shape, dtype }: Spec,
  held: FloatDType,
  kernels: Kernels,
  isCleared: boolean,
): ArrayBufferLike {
  try {
    return kernels.memory(sizeOf(shape) * bytesPerElement(held), isCleared);
  } catch (cause) {
    throw new RangeError(
      `tensor: shape must fit into memory, got [${shape.join(', ')}] of ${dtype}`,
      { cause },
    );
  }
}
