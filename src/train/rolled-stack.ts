import type { Constant } from '../graph/index.ts';
import { sizeOf, type LazyTensor, type Tensor, type TensorData } from '../tensor/index.ts';

const makers: { readonly [D in keyof TensorData]: (length: number) => TensorData[D] } = {
  float32: (length) => new Float32Array(length),
  float64: (length) => new Float64Array(length),
  float16: (length) => new Uint16Array(length),
  bfloat16: (length) => new Uint16Array(length),
  int8: (length) => new Int8Array(length),
  int16: (length) => new Int16Array(length),
  int32: (length) => new Int32Array(length),
  int64: (length) => new BigInt64Array(length),
  uint8: (length) => new Uint8Array(length),
  uint16: (length) => new Uint16Array(length),
  uint32: (length) => new Uint32Array(length),
  uint64: (length) => new BigUint64Array(length),
  bool: (length) => new Uint8Array(length),
};

/** The numbers of a tensor, read if need be. */
export function contentOf(tensor: Tensor | LazyTensor): Tensor {
  return 'data' in tensor ? tensor : tensor.read();
}

/** Tensors of one dtype and shape one after the other along a new first axis; read when it is asked for. */
export function stackedTensor(tensors: readonly (Tensor | LazyTensor)[]): LazyTensor {
  const [{ dtype, shape: each }] = tensors;
  const shape = [tensors.length, ...each];
  const size = sizeOf(each);
  return {
    dtype,
    shape,
    read: () => {
      const data = makers[dtype](tensors.length * size);
      for (const [index, tensor] of tensors.entries()) {
        copyInto(data, contentOf(tensor).data, index * size);
      }
      return { dtype, shape, data };
    },
  };
}

type Data = TensorData[keyof TensorData];

function copyInto(target: Data, source: Data, at: number): void {
  if (target instanceof BigInt64Array || target instanceof BigUint64Array) {
    if (source instanceof BigInt64Array || source instanceof BigUint64Array) target.set(source, at);
  } else if (!(source instanceof BigInt64Array) && !(source instanceof BigUint64Array)) {
    target.set(source, at);
  }
}

/** The parts `from … to - 1` of a stored stack, under a name of their own. */
export function partOfConstant(stack: Constant, name: string, from: number, to: number): Constant {
  const { dtype, shape: whole } = stack;
  const shape = [to - from, ...whole.slice(1)];
  const size = sizeOf(whole.slice(1));
  const read = (): Tensor => {
    return { dtype, shape, data: stack.read().data.subarray(from * size, to * size) };
  };
  return { ...stack, name, shape, read };
}
