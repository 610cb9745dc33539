import { isFloat, sizeOf, toFloat64, type FloatDType, type Tensor } from '../tensor/index.ts';

/** Statistics of one value of a network over all batches. */
export interface Moments {
  /** `E x²` over all elements; not finite where an element is not. */
  readonly secondMoment: number;
  readonly mean: number;
  /**
   * Share of units whose output is the same number for all examples and positions, to the precision
   * of the dtype; `null` where there is but one example and position.
   */
  readonly dead: number | null;
  /** Share of elements that are infinite or NaN. */
  readonly notFinite: number;
}

/** Which moments are not finite, and the share of such elements. */
export interface NotFinite {
  readonly secondMoment?: 'Infinity' | 'NaN';
  readonly mean?: 'Infinity' | '-Infinity' | 'NaN';
  readonly share: number;
}

/** Sums over the batches met so far, in float64. */
export interface Sums {
  readonly elements: number;
  readonly sum: number;
  readonly squares: number;
  readonly notFinite: number;
  /** Smallest and largest output of each unit. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Relative distance of neighbouring numbers of the dtype. */
  readonly epsilon: number;
}

/** The elements of a tensor of floats as numbers, the data itself where they are. */
export function numbersIn(tensor: Tensor<FloatDType>): Float32Array | Float64Array {
  return tensor.data instanceof Float32Array ? tensor.data : toFloat64(tensor);
}

/** Whether a tensor is one of floats. */
export function isFloatTensor(tensor: Tensor): tensor is Tensor<FloatDType> {
  return isFloat(tensor.dtype);
}

/** `Σ x²`, in float64. */
export function sumOfSquares(values: Float32Array | Float64Array): number {
  let even = 0;
  let odd = 0;
  const pairs = values.length - (values.length % 2);
  for (let i = 0; i < pairs; i += 2) {
    even += values[i] * values[i];
    odd += values[i + 1] * values[i + 1];
  }
  return even + odd + (pairs < values.length ? values[pairs] ** 2 : 0);
}

/** Distance from 1 to the next number. */
const epsilons: { readonly [D in FloatDType]: number } = {
  float64: 2 ** -52,
  float32: 2 ** -23,
  float16: 2 ** -10,
  bfloat16: 2 ** -7,
};

/**
 * Adds a tensor to sums (`null` before the first). A unit is an index along `unitAxis` (counted from
 * the end where negative), as a channel or a feature. Tensors of another number of units than before
 * share no units, and none of theirs counts as dead.
 */
export function accumulate(
  before: Sums | null,
  tensor: Tensor<FloatDType>,
  unitAxis: number,
): Sums {
  const { dtype, shape } = tensor;
  const values = numbersIn(tensor);
  const axis = unitAxis < 0 || unitAxis >= shape.length ? shape.length - 1 : unitAxis;
  const units = axis < 0 ? 1 : shape[axis];
  const inner = sizeOf(shape.slice(axis + 1));
  const low = before?.low ?? new Float64Array(units).fill(Infinity);
  const high = before?.high ?? new Float64Array(units).fill(-Infinity);
  if (low.length !== units) {
    low.fill(-Infinity);
    high.fill(Infinity);
  }
  let sum = 0;
  let squares = 0;
  let notFinite = 0;
  for (let start = 0, unit = 0; start < values.length; start += inner) {
    let least = low[unit];
    let most = high[unit];
    let rowSum = 0;
    let rowSquares = 0;
    const end = start + inner;
    for (let index = start; index < end; index++) {
      const value = values[index];
      rowSum += value;
      rowSquares += value * value;
      if (value - value !== 0) {
        notFinite++;
        least = -Infinity;
        most = Infinity;
      }
      if (value < least) least = value;
      if (value > most) most = value;
    }
    sum += rowSum;
    squares += rowSquares;
    if (unit < low.length) {
      low[unit] = least;
      high[unit] = most;
    }
    unit = unit + 1 === units ? 0 : unit + 1;
  }
  return {
    elements: (before?.elements ?? 0) + values.length,
    sum: (before?.sum ?? 0) + sum,
    squares: (before?.squares ?? 0) + squares,
    notFinite: (before?.notFinite ?? 0) + notFinite,
    low,
    high,
    epsilon: epsilons[dtype],
  };
}

/** The statistics that sums over at least one element amount to. */
export function momentsOf(sums: Sums): Moments {
  const { elements, sum, squares, notFinite, low, high, epsilon } = sums;
  let dead = 0;
  for (let unit = 0; unit < low.length; unit++) {
    const largest = Math.max(Math.abs(low[unit]), Math.abs(high[unit]));
    if (largest < Infinity && high[unit] - low[unit] <= epsilon * largest) dead++;
  }
  return {
    secondMoment: squares / elements,
    mean: sum / elements,
    dead: elements > low.length ? dead / low.length : null,
    notFinite: notFinite / elements,
  };
}

/** What of the moments is not finite; `null` where they and all elements are. */
export function notFiniteOf({ secondMoment, mean, notFinite }: Moments): NotFinite | null {
  const isSquareFinite = Number.isFinite(secondMoment);
  const isMeanFinite = Number.isFinite(mean);
  if (notFinite === 0 && isSquareFinite && isMeanFinite) return null;
  return {
    ...(isSquareFinite ? {} : { secondMoment: secondMoment === Infinity ? 'Infinity' : 'NaN' }),
    ...(isMeanFinite
      ? {}
      : { mean: mean === Infinity ? 'Infinity' : mean === -Infinity ? '-Infinity' : 'NaN' }),
    share: notFinite,
  };
}

/** A number, or `null` where it is not finite. */
export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
