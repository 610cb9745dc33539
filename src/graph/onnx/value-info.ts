import { create } from '@bufbuild/protobuf';
import {
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
  type TensorShapeProto_Dimension,
  type ValueInfoProto,
} from 'onnx-buf';
import type { Dimension, ValueInfo } from '../graph.ts';
import { dataTypeOf, dtypeOf } from './dtype.ts';

function decodeDimension({ value }: TensorShapeProto_Dimension): Dimension {
  if (value.case === 'dimValue') return value.value >= 0n ? Number(value.value) : null;
  return value.value === undefined || value.value === '' ? null : value.value;
}

function encodeDimension(dimension: Dimension): TensorShapeProto_Dimension {
  const schema = TensorShapeProto_DimensionSchema;
  if (dimension === null) return create(schema);
  return typeof dimension === 'number'
    ? create(schema, { value: { case: 'dimValue', value: BigInt(dimension) } })
    : create(schema, { value: { case: 'dimParam', value: dimension } });
}

/** What a file declares about a value, under the name that the graph gives it. */
export function decodeValueInfo(proto: ValueInfoProto, name: string): ValueInfo {
  const type = proto.type?.value;
  if (type?.case !== 'tensorType') return { name, dtype: null, shape: null };
  const { elemType, shape } = type.value;
  return { name, dtype: dtypeOf(elemType), shape: shape?.dim.map(decodeDimension) ?? null };
}

/** The declaration of a value; one without dtype is its name alone. */
export function encodeValueInfo({ name, dtype, shape }: ValueInfo): ValueInfoProto {
  if (dtype === null) return create(ValueInfoProtoSchema, { name });
  const elemType = dataTypeOf(dtype);
  const value =
    shape === null
      ? create(TypeProto_TensorSchema, { elemType })
      : create(TypeProto_TensorSchema, {
          elemType,
          shape: create(TensorShapeProtoSchema, { dim: shape.map(encodeDimension) }),
        });
  const type = create(TypeProtoSchema, { value: { case: 'tensorType', value } });
  return create(ValueInfoProtoSchema, { name, type });
}
