import { castTo, isFloat, sizeOf, toFloat64, type DType, type Tensor } from '../../tensor/index.ts';

/** A tensor whose elements are held as float64, whatever its dtype; integers are exact below 2⁵³. */
export interface Numbers {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** The elements of a tensor as float64. */
export function numbersOf(tensor: Tensor): Numbers {
  const { dtype, shape } = tensor;
  return { dtype, shape, data: toFloat64(tensor) };
}

/** The tensor with these elements, rounded once. */
export function tensorOf({ dtype, shape, data }: Numbers): Tensor {
  if (isFloat(dtype)) return { dtype, shape, data: castTo(dtype, data) };
  if (dtype === 'int64') return { dtype, shape, data: BigInt64Array.from(data, BigInt) };
  if (dtype === 'uint64') return { dtype, shape, data: BigUint64Array.from(data, BigInt) };
  const arrays = {
    int8: Int8Array,
    int16: Int16Array,
    int32: Int32Array,
    uint8: Uint8Array,
    uint16: Uint16Array,
    uint32: Uint32Array,
    bool: Uint8Array,
  } as const;
  return { dtype, shape, data: arrays[dtype].from(data) };
}

/** A new array whose element `i` in row-major order is `at(i)`. */
export function filled(
  dtype: DType,
  shape: readonly number[],
  at: (index: number) => number = () => 0,
): Numbers {
  const data = new Float64Array(sizeOf(shape));
  for (let index = 0; index < data.length; index++) data[index] = at(index);
  return { dtype, shape, data };
}

/** The shape that shapes broadcast to. */
export function commonShape(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) => {
    const extents = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    return extents.find((extent) => extent !== 1) ?? 1;
  });
}

/** Calls `visit(place, source)` for all elements of `shape`, with the place in an array of these strides. */
export function walk(
  shape: readonly number[],
  strides: readonly number[],
  start: number,
  visit: (place: number, source: number) => void,
): void {
  const size = sizeOf(shape);
  const index = shape.map(() => 0);
  let source = start;
  for (let place = 0; place < size; place++) {
    visit(place, source);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]++;
      source += strides[axis];
      if (index[axis] < shape[axis]) break;
      source -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

/** Strides of a row-major array, 0 along axes of extent 1 or that it lacks, for a walk over `shape`. */
export function broadcastStrides(own: readonly number[], shape: readonly number[]): number[] {
  const strides = shape.map(() => 0);
  let step = 1;
  for (let axis = own.length - 1; axis >= 0; axis--) {
    if (own[axis] !== 1) strides[axis + shape.length - own.length] = step;
    step *= own[axis];
  }
  return strides;
}

/** `x` repeated to a shape that it broadcasts to. */
export function expanded(x: Numbers, shape: readonly number[]): Numbers {
  const result = filled(x.dtype, shape);
  walk(shape, broadcastStrides(x.shape, shape), 0, (place, source) => {
    result.data[place] = x.data[source];
  });
  return result;
}

/** `x` with its axes in another order. */
export function permuted(x: Numbers, perm: readonly number[]): Numbers {
  const strides = rowStrides(x.shape);
  const shape = perm.map((axis) => x.shape[axis]);
  const result = filled(x.dtype, shape);
  walk(
    shape,
    perm.map((axis) => strides[axis]),
    0,
    (place, source) => {
      result.data[place] = x.data[source];
    },
  );
  return result;
}

/** Strides of a row-major array. */
export function rowStrides(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = strides[axis + 1] * shape[axis + 1];
  }
  return strides;
}

/** Axes counted from 0. */
export function positive(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
