import { bytesOf, bytesPerElement, tensorOfBytes } from './bytes.ts';
import { decodeNpyHeader, encodeNpyHeader } from './npy-header.ts';
import { sizeOf, stridesOf, type DType, type Tensor } from './tensor.ts';

/** The bytes with each element's bytes in the other order. */
function swapped(bytes: Uint8Array, width: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let start = 0; start < bytes.length; start += width) {
    for (let byte = 0; byte < width; byte++) out[start + byte] = bytes[start + width - 1 - byte];
  }
  return out;
}

/** The bytes of a column-major array in row-major order. */
function rowMajor(bytes: Uint8Array, shape: readonly number[], width: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  const strides = stridesOf(shape);
  const index: number[] = shape.map(() => 0);
  let target = 0;
  for (let source = 0; source < bytes.length; source += width) {
    for (let byte = 0; byte < width; byte++) out[target * width + byte] = bytes[source + byte];
    for (let axis = 0; axis < shape.length; axis++) {
      target += strides[axis];
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
      target -= strides[axis] * shape[axis];
    }
  }
  return out;
}

/**
 * Reads an `.npy` file (formats 1 to 3, either byte order, either element order). The result is a view
 * on `bytes` where they are little-endian, row-major and aligned.
 * Errors start with `file`: `RangeError` where the file is damaged, `TypeError` for a dtype that a
 * `Tensor` does not have.
 */
export function decodeNpy(bytes: Uint8Array, file: string): Tensor {
  const { dtype, shape, bigEndian, fortranOrder, dataStart } = decodeNpyHeader(bytes, file);
  const width = bytesPerElement(dtype);
  const expected = sizeOf(shape) * width;
  let data = bytes.subarray(dataStart);
  if (data.length !== expected) {
    throw new RangeError(
      `${file}: ${dtype} of shape [${shape.join(',')}] must have ${expected} bytes, got ${data.length}`,
    );
  }
  if (bigEndian && width > 1) data = swapped(data, width);
  if (fortranOrder && shape.length > 1) data = rowMajor(data, shape, width);
  return tensorOfBytes(file, dtype, shape, data);
}

/** The dtype under which a tensor stands in an `.npy` file: its own, `float32` for `bfloat16`. */
export function npyDtype(dtype: DType): Exclude<DType, 'bfloat16'> {
  return dtype === 'bfloat16' ? 'float32' : dtype;
}

/**
 * Writes an `.npy` file as pieces to be written one after the other: the header and a view on the data.
 * A `bfloat16` tensor, for which the format has no dtype, is written as the same numbers in `float32`.
 */
export function encodeNpy(tensor: Tensor): readonly Uint8Array[] {
  const { dtype, shape } = tensor;
  const header = encodeNpyHeader(npyDtype(dtype), shape);
  if (dtype !== 'bfloat16' || !(tensor.data instanceof Uint16Array)) {
    return [header, bytesOf(tensor)];
  }
  const bits = Uint32Array.from(tensor.data, (upper) => upper * 0x10000);
  return [header, new Uint8Array(bits.buffer)];
}
