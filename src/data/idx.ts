import { sizeOf, type DType, type Tensor } from '../tensor/index.ts';
import { gunzip } from './gunzip.ts';

/** An element type of the format: how many bytes, and how they are read. */
interface ElementType {
  readonly dtype: DType;
  readonly bytes: number;
  readonly read: (view: DataView, count: number) => Tensor['data'];
}

/** The third byte of a file. */
const types: ReadonlyMap<number, ElementType> = new Map<number, ElementType>([
  [
    0x08,
    {
      dtype: 'uint8',
      bytes: 1,
      read: (view, n) => Uint8Array.from({ length: n }, (_, i) => view.getUint8(i)),
    },
  ],
  [
    0x09,
    {
      dtype: 'int8',
      bytes: 1,
      read: (view, n) => Int8Array.from({ length: n }, (_, i) => view.getInt8(i)),
    },
  ],
  [
    0x0b,
    {
      dtype: 'int16',
      bytes: 2,
      read: (view, n) => Int16Array.from({ length: n }, (_, i) => view.getInt16(2 * i)),
    },
  ],
  [
    0x0c,
    {
      dtype: 'int32',
      bytes: 4,
      read: (view, n) => Int32Array.from({ length: n }, (_, i) => view.getInt32(4 * i)),
    },
  ],
  [
    0x0d,
    {
      dtype: 'float32',
      bytes: 4,
      read: (view, n) => Float32Array.from({ length: n }, (_, i) => view.getFloat32(4 * i)),
    },
  ],
  [
    0x0e,
    {
      dtype: 'float64',
      bytes: 8,
      read: (view, n) => Float64Array.from({ length: n }, (_, i) => view.getFloat64(8 * i)),
    },
  ],
]);

/**
 * Reads an IDX file, the format of MNIST, gzipped or not: two bytes 0, the element type, the number of axes, an
 * extent of 32 bits for each, and the elements, all with the highest byte first. `RangeError` that starts with
 * `file` where the bytes are something else or not so many as the extents ask for.
 * Reference: LeCun, Cortes and Burges, The MNIST database, file formats
 */
export function decodeIdx(bytes: Uint8Array, file: string): Tensor {
  const content = gunzip(bytes, file);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  if (content.length < 4) {
    throw new RangeError(`${file}: an IDX file must have at least 4 bytes, got ${content.length}`);
  }
  const type = types.get(content[2]);
  if (content[0] !== 0 || content[1] !== 0 || type === undefined) {
    const magic = [...content.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0'));
    throw new RangeError(
      `${file}: an IDX file must begin with the bytes 00 00, an element type of 08, 09, 0b, 0c, 0d or 0e and the number of axes, got ${magic.join(' ')}`,
    );
  }
  const rank = content[3];
  const start = 4 + 4 * rank;
  if (content.length < start) {
    throw new RangeError(
      `${file}: an IDX file of ${rank} axes must have at least ${start} bytes, got ${content.length}`,
    );
  }
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = sizeOf(shape);
  const expected = start + size * type.bytes;
  if (content.length !== expected) {
    throw new RangeError(
      `${file}: an IDX file of ${type.dtype} [${shape.join(',')}] must have ${expected} bytes, got ${content.length}`,
    );
  }
  const { dtype } = type;
  if (dtype === 'uint8') return { dtype, shape, data: content.slice(start) };
  const elements = new DataView(content.buffer, content.byteOffset + start, size * type.bytes);
  return { dtype, shape, data: type.read(elements, size) };
}
