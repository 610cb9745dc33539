import { TensorProto_DataType as DataType } from 'onnx-buf';
import { bytesPerElement, type DType } from '../../tensor/index.ts';

const dataTypes: Readonly<Record<DType, DataType>> = {
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  float16: DataType.FLOAT16,
  bfloat16: DataType.BFLOAT16,
  int8: DataType.INT8,
  int16: DataType.INT16,
  int32: DataType.INT32,
  int64: DataType.INT64,
  uint8: DataType.UINT8,
  uint16: DataType.UINT16,
  uint32: DataType.UINT32,
  uint64: DataType.UINT64,
  bool: DataType.BOOL,
};

const isDType = (name: string): name is DType => Object.hasOwn(dataTypes, name);

const dtypes: ReadonlyMap<number, DType> = new Map(
  Object.keys(dataTypes)
    .filter(isDType)
    .map((dtype) => [dataTypes[dtype], dtype]),
);

/** Bits of the element types that a file can hold although a `Tensor` cannot. */
const otherBits: ReadonlyMap<number, number> = new Map([
  [DataType.COMPLEX64, 64],
  [DataType.COMPLEX128, 128],
  [DataType.FLOAT8E4M3FN, 8],
  [DataType.FLOAT8E4M3FNUZ, 8],
  [DataType.FLOAT8E5M2, 8],
  [DataType.FLOAT8E5M2FNUZ, 8],
  [DataType.FLOAT8E8M0, 8],
  [DataType.UINT4, 4],
  [DataType.INT4, 4],
  [DataType.FLOAT4E2M1, 4],
  [DataType.UINT2, 2],
  [DataType.INT2, 2],
]);

/** ONNX's number for a dtype. */
export function dataTypeOf(dtype: DType): DataType {
  return dataTypes[dtype];
}

/** The dtype with ONNX's number `dataType`, `null` for those that a `Tensor` cannot have (strings, float8, …). */
export function dtypeOf(dataType: number): DType | null {
  return dtypes.get(dataType) ?? null;
}

/** Bytes of `size` elements of ONNX's type number `dataType`, packed as in a file; `null` for strings and unknown types. */
export function rawByteLength(dataType: number, size: number): number | null {
  const dtype = dtypes.get(dataType);
  if (dtype !== undefined) return size * bytesPerElement(dtype);
  const bits = otherBits.get(dataType);
  return bits === undefined ? null : Math.ceil((size * bits) / 8);
}

/** What ONNX calls the type with this number, for error sentences. */
export function dataTypeName(dataType: number): string {
  return dtypes.get(dataType) ?? DataType[dataType]?.toLowerCase() ?? `type ${dataType}`;
}
