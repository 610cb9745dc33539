import { sizeOf, toFloat64, type FloatDType, type Tensor } from '../tensor/index.ts';

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
  const { dtype, shape, data } = tensor;
  const values = data instanceof Float32Array ? data : toFloat64(tensor);
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
