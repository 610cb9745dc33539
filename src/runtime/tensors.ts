import type { Tensor as EngineTensor } from 'onnxruntime-node';
import type { DType, Tensor } from '../tensor/index.ts';
import type { Engine } from './engine.ts';

const dtypes: readonly DType[] = [
  'float32',
  'float64',
  'float16',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'bool',
];

/** The dtype by its name in onnxruntime for Node, `null` for kinds that it has and we do not. */
export function dtypeOf(type: string): DType | null {
  return dtypes.find((dtype) => dtype === type) ?? null;
}

/** The tensor for onnxruntime, over the same memory. `TypeError` for bfloat16, which it does not take. */
export function toEngine(engine: Engine, name: string, tensor: Tensor): EngineTensor {
  const { dtype, shape, data } = tensor;
  if (dtype === 'bfloat16') {
    throw new TypeError(`${name}: the dtype must be one that onnxruntime takes, got bfloat16`);
  }
  if (dtype !== 'float16' || !(data instanceof Uint16Array)) {
    return Reflect.construct(engine.Tensor, [dtype, data, shape]);
  }
  // Where there is a Float16Array, onnxruntime turns the bits into one and then finds it to have 0
  // bytes (onnxruntime issue 26791), so the bits go in as uint16 and are renamed.
  const bits = new engine.Tensor('uint16', data, shape);
  return Object.assign(bits, { type: 'float16' });
}

/** The tensor from onnxruntime, over the same memory. `TypeError` for kinds such as strings. */
export function fromEngine(name: string, tensor: EngineTensor): Tensor {
  const dtype = dtypeOf(tensor.type);
  const { data } = tensor;
  if (dtype === null || Array.isArray(data)) {
    throw new TypeError(`${name}: the dtype must be a number or bool, got ${tensor.type}`);
  }
  if (dtype !== 'float16') return { dtype, shape: tensor.dims, data };
  const { buffer, byteOffset, length } = data;
  return { dtype, shape: tensor.dims, data: new Uint16Array(buffer, byteOffset, length) };
}
