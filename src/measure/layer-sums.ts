import type { Bounds, LayerValue } from '../network/index.ts';
import type { FloatDType, Tensor } from '../tensor/index.ts';
import { effectiveRank } from './effective-rank.ts';
import type { Examples } from './examples.ts';
import {
  accumulate,
  finiteOrNull,
  momentsOf,
  notFiniteOf,
  numbersIn,
  sumOfSquares,
  type NotFinite,
  type Sums,
} from './moments.ts';
import { correlationOf, overlapOf, type Overlap } from './overlap.ts';

/** What was met of one layer and of its gradient in the batches of one draw. */
export interface LayerSums {
  readonly sums: Sums | null;
  /** `null` before the first batch, `unknown` where it is not known which elements belong to which example. */
  readonly overlap: Overlap | 'unknown' | null;
  /** Elements near a bound. */
  readonly saturated: number;
  /** The values themselves, where the effective rank was asked for. */
  readonly values: readonly Tensor<FloatDType>[];
  readonly gradient: SquareSums | null;
}

/** Sum of squares of the elements of tensors. */
export interface SquareSums {
  readonly squares: number;
  readonly elements: number;
  readonly notFinite: number;
}

export const nothingMet: LayerSums = {
  sums: null,
  overlap: null,
  saturated: 0,
  values: [],
  gradient: null,
};

/** What is measured of a layer besides its moments. */
export interface LayerQuestions {
  readonly layer: LayerValue;
  readonly bounds: Bounds | null;
  readonly effectiveRank: boolean;
}

/** Adds the value of a layer for one batch of `count` examples; where they lie is `null` if not known. */
export function withValue(
  before: LayerSums,
  { layer, bounds, effectiveRank: isRankAsked }: LayerQuestions,
  tensor: Tensor<FloatDType>,
  examples: Examples | null,
  count: number,
): LayerSums {
  const values = numbersIn(tensor);
  return {
    ...before,
    sums: accumulate(before.sums, tensor, layer.unitAxis),
    overlap:
      examples === null || before.overlap === 'unknown'
        ? 'unknown'
        : overlapOf(before.overlap, values, examples.outer, count),
    saturated: before.saturated + (bounds === null ? 0 : nearBounds(values, bounds)),
    values: isRankAsked ? [...before.values, tensor] : [],
  };
}

/** Adds the gradient with respect to a layer for one batch. */
export function withGradient(before: LayerSums, tensor: Tensor<FloatDType>): LayerSums {
  const { squares, elements, notFinite } = before.gradient ?? {
    squares: 0,
    elements: 0,
    notFinite: 0,
  };
  const values = numbersIn(tensor);
  const own = sumOfSquares(values);
  return {
    ...before,
    gradient: {
      squares: squares + own,
      elements: elements + values.length,
      notFinite: notFinite + (Number.isFinite(own) ? 0 : countNotFinite(values)),
    },
  };
}

function countNotFinite(values: Float32Array | Float64Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] - values[i] !== 0) count++;
  return count;
}

/** The share of the range of a function within which of a bound it is saturated. */
const NEAR = 0.01;

function nearBounds(values: Float32Array | Float64Array, { low, high }: Bounds): number {
  const lower = low + NEAR * (high - low);
  const upper = high - NEAR * (high - low);
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] <= lower || values[i] >= upper) count++;
  return count;
}

/** What one draw of the weights says of a layer; `null` where it is not finite, or as `MeasuredLayer` says. */
export interface LayerDraw {
  readonly secondMoment: number | null;
  readonly mean: number | null;
  readonly c: number | null;
  readonly dead: number | null;
  readonly saturated: number | null;
  readonly effectiveRank: number | null;
  readonly gradientSecondMoment: number | null;
  readonly notFinite: NotFinite | null;
  /** Share of elements of the gradient that are not finite, where its second moment is not. */
  readonly gradientNotFinite: number | null;
}

/** What the sums over all batches of a draw amount to; `null` where nothing was met. */
export function drawOf(met: LayerSums, questions: LayerQuestions): LayerDraw | null {
  const { sums, overlap, gradient } = met;
  if (sums === null) return null;
  const moments = momentsOf(sums);
  const gradientMoment = gradient === null ? null : gradient.squares / gradient.elements;
  return {
    secondMoment: finiteOrNull(moments.secondMoment),
    mean: finiteOrNull(moments.mean),
    c: overlap === null || overlap === 'unknown' ? null : correlationOf([overlap]),
    dead: moments.dead,
    saturated: questions.bounds === null ? null : met.saturated / sums.elements,
    effectiveRank: questions.effectiveRank
      ? effectiveRank(met.values, questions.layer.unitAxis)
      : null,
    gradientSecondMoment: gradientMoment === null ? null : finiteOrNull(gradientMoment),
    notFinite: notFiniteOf(moments),
    gradientNotFinite:
      gradient === null || Number.isFinite(gradientMoment)
        ? null
        : gradient.notFinite / gradient.elements,
  };
}
