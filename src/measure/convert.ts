import {
  castTo,
  isFloat,
  toFloat64,
  type DType,
  type FloatDType,
  type Tensor,
} from '../tensor/index.ts';

type IntegerDType = Exclude<DType, FloatDType>;

/** Smallest and largest value of each integer dtype. */
const ranges: { readonly [D in IntegerDType]: readonly [low: bigint, high: bigint] } = {
  int8: [-(2n ** 7n), 2n ** 7n - 1n],
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint8: [0n, 2n ** 8n - 1n],
  uint16: [0n, 2n ** 16n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  bool: [0n, 1n],
};

type Integers = Iterable<number | bigint>;

/** The data of each integer dtype from whole numbers that it holds. */
const integers: { readonly [D in IntegerDType]: (values: Integers) => Tensor['data'] } = {
  int8: (values) => Int8Array.from(values, Number),
  int16: (values) => Int16Array.from(values, Number),
  int32: (values) => Int32Array.from(values, Number),
  int64: (values) => BigInt64Array.from(Array.from(values, BigInt)),
  uint8: (values) => Uint8Array.from(values, Number),
  uint16: (values) => Uint16Array.from(values, Number),
  uint32: (values) => Uint32Array.from(values, Number),
  uint64: (values) => BigUint64Array.from(Array.from(values, BigInt)),
  bool: (values) => Uint8Array.from(values, Number),
};

/** A tensor of any dtype with these numbers; for integers they must be whole and in range. */
export function tensorOfNumbers(
  dtype: DType,
  shape: readonly number[],
  values: Float64Array,
): Tensor {
  const data: Tensor['data'] = isFloat(dtype) ? castTo(dtype, values) : integers[dtype](values);
  return { dtype, shape, data };
}

function isFloatTensor(tensor: Tensor): tensor is Tensor<FloatDType> {
  return isFloat(tensor.dtype);
}

/**
 * The tensor in another dtype. Any number becomes a float, rounded; only whole numbers in range become
 * integers. `RangeError` for a number that does not fit, with `where` in front.
 */
export function convertTo(dtype: DType, tensor: Tensor, where: string): Tensor {
  if (tensor.dtype === dtype) return tensor;
  const { shape } = tensor;
  const values = isFloatTensor(tensor) ? toFloat64(tensor) : tensor.data;
  if (isFloat(dtype)) {
    return tensorOfNumbers(dtype, shape, Float64Array.from<number | bigint>(values, Number));
  }
  const [low, high] = ranges[dtype];
  for (const value of values) {
    const isWhole = typeof value === 'bigint' || Number.isInteger(value);
    if (!isWhole || value < low || value > high) {
      throw new RangeError(
        `${where}: every element must be a whole number that ${dtype} holds, got ${value}`,
      );
    }
  }
  return { dtype, shape, data: integers[dtype](values) };
}
