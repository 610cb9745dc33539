import type { LayerValue } from '../network/index.ts';
import { sizeOf } from '../tensor/index.ts';
import type { LayerDraw } from './layer-sums.ts';
import type { MeasuredLayer, MeasuredParameter, PerDraw } from './measurement.ts';
import { finiteOrNull } from './moments.ts';

/** What one draw says of a stored tensor. */
export interface ParameterDraw {
  readonly weightNorm: number;
  /** `null` where there is no gradient. */
  readonly gradientNorm: number | null;
}

/** The mean, `null` where one is missing. */
function meanOfAll(list: PerDraw): number | null {
  let sum = 0;
  for (const value of list) {
    if (value === null) return null;
    sum += value;
  }
  return finiteOrNull(sum / list.length);
}

/** The mean of those that there are, `null` where there is none. */
function meanOfThose(list: PerDraw): number | null {
  return meanOfAll(list.filter((value) => value !== null));
}

/** A layer over all draws; its shape is that of a batch of `count` examples. */
export function measuredLayer(
  { name, op, kind, unitAxis }: LayerValue,
  shape: readonly number[],
  count: number,
  draws: readonly LayerDraw[],
): MeasuredLayer {
  const secondMoment = draws.map((draw) => draw.secondMoment);
  const mean = draws.map((draw) => draw.mean);
  const c = draws.map((draw) => draw.c);
  const gradientSecondMoment = draws.map((draw) => draw.gradientSecondMoment);
  const broken = draws.find(({ notFinite }) => notFinite !== null);
  const share = Math.max(...draws.map(({ gradientNotFinite }) => gradientNotFinite ?? -1));
  return {
    name,
    op,
    kind,
    units: shape.at(unitAxis) ?? shape.at(-1) ?? 1,
    size: sizeOf(shape) / count,
    secondMoment: meanOfAll(secondMoment),
    mean: meanOfAll(mean),
    c: meanOfThose(c),
    dead: meanOfThose(draws.map((draw) => draw.dead)),
    saturated: meanOfThose(draws.map((draw) => draw.saturated)),
    effectiveRank: meanOfThose(draws.map((draw) => draw.effectiveRank)),
    gradientSecondMoment: meanOfAll(gradientSecondMoment),
    ...(broken?.notFinite ? { notFinite: broken.notFinite } : {}),
    ...(share < 0 ? {} : { gradientNotFinite: share }),
    draws: { secondMoment, mean, c, gradientSecondMoment },
  };
}

/** A stored tensor over all draws, with the share of it that a step of the learning rate is. */
export function measuredParameter(
  name: string,
  shape: readonly number[],
  draws: readonly ParameterDraw[],
  learningRate: number | null,
): MeasuredParameter {
  const gradientNorm = draws.map((draw) =>
    draw.gradientNorm === null ? null : finiteOrNull(draw.gradientNorm),
  );
  const ratios = draws.map(({ weightNorm, gradientNorm: gradient }) =>
    learningRate === null || gradient === null || weightNorm === 0
      ? null
      : finiteOrNull((learningRate * gradient) / weightNorm),
  );
  return {
    name,
    shape,
    weightNorm: meanOfAll(draws.map(({ weightNorm }) => finiteOrNull(weightNorm))),
    gradientNorm: meanOfAll(gradientNorm),
    updateRatio: meanOfAll(ratios),
    draws: { gradientNorm },
  };
}
