import { TensorProto_DataLocation as DataLocation, type TensorProto } from 'onnx-buf';
import { tensorOfBytes, type DType, type Tensor } from '../../tensor/index.ts';
import { dataTypeName, dtypeOf, rawByteLength } from './dtype.ts';
import { externalPlace, type ExternalReader } from './external.ts';

/** Bytes of known number, made when they are asked for. */
export interface RawData {
  readonly byteLength: number;
  readonly read: () => Uint8Array;
}

/** The extents of a stored tensor; `RangeError` where one is negative or their product is beyond 2^53. */
export function shapeOf(dims: readonly bigint[], where: string): number[] {
  let size = 1n;
  for (const extent of dims) {
    if (extent > 0n) size *= extent;
    if (extent < 0n || size > Number.MAX_SAFE_INTEGER) {
      throw new RangeError(
        `${where}: extents must be at least 0 and their product below 2^53, got [${dims.slice(0, 8).join(',')}${dims.length > 8 ? ',…' : ''}]`,
      );
    }
  }
  return dims.map(Number);
}

function elements(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((size, extent) => size * extent, 1);
}

/** Whether the bytes of a tensor lie in a file beside its model. */
export function isExternal(tensor: TensorProto): boolean {
  return tensor.dataLocation === DataLocation.EXTERNAL;
}

type Numbers = readonly number[] | readonly bigint[];
type TypedField = 'floatData' | 'doubleData' | 'int32Data' | 'int64Data' | 'uint64Data';

/** The repeated field that holds a dtype's elements where `raw_data` does not, as ONNX lays down. */
const typedFields: Readonly<Record<DType, TypedField>> = {
  float32: 'floatData',
  float64: 'doubleData',
  float16: 'int32Data',
  bfloat16: 'int32Data',
  int8: 'int32Data',
  int16: 'int32Data',
  int32: 'int32Data',
  int64: 'int64Data',
  uint8: 'int32Data',
  uint16: 'int32Data',
  uint32: 'uint64Data',
  uint64: 'uint64Data',
  bool: 'int32Data',
};

function fromTyped<D extends DType>(
  tensor: TensorProto,
  dtype: D,
  shape: readonly number[],
): Tensor<D> {
  const values: Numbers = tensor[typedFields[dtype]];
  const bytes = new Uint8Array(rawByteLength(tensor.dataType, values.length) ?? 0);
  const { data } = tensorOfBytes('', dtype, [values.length], bytes);
  if (data instanceof BigInt64Array) data.set(tensor.int64Data);
  else if (data instanceof BigUint64Array) data.set(tensor.uint64Data);
  else {
    for (let index = 0; index < values.length; index++) {
      const value = Number(values[index]);
      data[index] = dtype === 'bool' && value !== 0 ? 1 : value;
    }
  }
  return { dtype, shape, data };
}

/** What a `TensorProto` holds, checked against the bytes that are there. */
export interface StoredTensor {
  /** `null` for an element type that a `Tensor` cannot have. */
  readonly dtype: DType | null;
  readonly shape: readonly number[];
  /** The elements; `TypeError` for an element type that a `Tensor` cannot have. */
  readonly read: () => Tensor;
  /** The bytes in their file beside the model, `null` if they are in the model. */
  readonly external: RawData | null;
}

function externalBytes(
  tensor: TensorProto,
  byteLength: number | null,
  where: string,
  reader: ExternalReader | undefined,
): RawData {
  const { location, offset, length } = externalPlace(tensor, where);
  const expected = byteLength ?? length;
  if (expected === null || (length !== null && length !== expected)) {
    throw new RangeError(
      `${where}: the external data must have ${expected ?? 'a known number of'} bytes, got ${length ?? 'none'}`,
    );
  }
  if (reader === undefined) {
    const read = (): never => {
      throw new RangeError(`${where}: the external data must be at hand, got the model alone`);
    };
    return { byteLength: expected, read };
  }
  const end = offset + expected;
  const size = reader.size(location);
  if (end > size) {
    throw new RangeError(
      `${where}: the external data must lie within the ${size} bytes of ${location}, got ${offset} to ${end}`,
    );
  }
  return { byteLength: expected, read: () => reader.read(location, offset, expected) };
}

/**
 * Looks at a stored tensor without decoding it. `RangeError` if its shape asks for another number of
 * elements than there are, before any memory is taken; `where` starts the sentence. `given` are its bytes
 * where they are known already.
 */
export function storedTensor(
  tensor: TensorProto,
  where: string,
  reader: ExternalReader | undefined,
  given?: RawData,
): StoredTensor {
  const shape = shapeOf(tensor.dims, where);
  const size = elements(shape);
  const dtype = dtypeOf(tensor.dataType);
  const byteLength = rawByteLength(tensor.dataType, size);
  const external =
    given ?? (isExternal(tensor) ? externalBytes(tensor, byteLength, where, reader) : null);
  if (dtype === null || byteLength === null) {
    const read = (): never => {
      throw new TypeError(
        `${where}: to be read, a tensor must hold numbers of 8 to 64 bits or booleans, got ${dataTypeName(tensor.dataType)}`,
      );
    };
    return { dtype: null, shape, read, external };
  }
  if (tensor.segment !== undefined) {
    throw new RangeError(`${where}: a tensor must be stored in one piece, got a segment`);
  }
  if (external !== null) {
    const read = (): Tensor => tensorOfBytes(where, dtype, shape, external.read());
    return { dtype, shape, read, external };
  }
  const typed = tensor[typedFields[dtype]].length;
  const isRaw = tensor.rawData.length > 0 || typed === 0;
  const [expected, found] = isRaw ? [byteLength, tensor.rawData.length] : [size, typed];
  if (found !== expected) {
    throw new RangeError(
      `${where}: ${dtype} of shape [${shape.join(',')}] must have ${expected} ${isRaw ? 'bytes' : 'elements'}, got ${found}`,
    );
  }
  const read = (): Tensor =>
    isRaw ? tensorOfBytes(where, dtype, shape, tensor.rawData) : fromTyped(tensor, dtype, shape);
  return { dtype, shape, read, external: null };
}
