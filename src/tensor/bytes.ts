import { sizeOf, type DType, type Tensor, type TensorData } from './tensor.ts';

type Views = {
  readonly [D in DType]: {
    readonly BYTES_PER_ELEMENT: number;
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): TensorData[D];
  };
};

const views: Views = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/** A tensor that is made when it is asked for, so that a set of them need not be in memory at once. */
export interface LazyTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly read: () => Tensor;
}

/** Bytes of one element. */
export function bytesPerElement(dtype: DType): number {
  return views[dtype].BYTES_PER_ELEMENT;
}

/** The little-endian bytes of a tensor, as a view on its data (every engine that we run on is little-endian). */
export function bytesOf(tensor: Tensor): Uint8Array {
  const { buffer, byteOffset, byteLength } = tensor.data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/**
 * The tensor with these little-endian bytes: a view where the bytes are aligned for its dtype, a copy
 * where not. A byte of a `bool` that is not 0 becomes 1.
 * `RangeError` if the number of bytes is not the one that dtype and shape ask for.
 */
export function tensorOfBytes<D extends DType>(
  where: string,
  dtype: D,
  shape: readonly number[],
  bytes: Uint8Array,
): Tensor<D> {
  const View = views[dtype];
  const size = sizeOf(shape);
  const expected = size * View.BYTES_PER_ELEMENT;
  if (bytes.byteLength !== expected) {
    throw new RangeError(
      `${where}: ${dtype} of shape [${shape.join(',')}] must have ${expected} bytes, got ${bytes.byteLength}`,
    );
  }
  const isView = bytes.byteOffset % View.BYTES_PER_ELEMENT === 0;
  const aligned =
    dtype === 'bool' && bytes.some((byte) => byte > 1)
      ? bytes.map((byte) => Math.min(byte, 1))
      : isView
        ? bytes
        : new Uint8Array(bytes);
  return { dtype, shape, data: new View(aligned.buffer, aligned.byteOffset, size) };
}
