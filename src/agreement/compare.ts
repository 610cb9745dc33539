import type { Agreement } from './agreement.ts';
import { widening } from './student.ts';

/** What is known of the scatter of one line from its analysis: of one draw, on the scale of the line. */
export interface Scatter {
  /** Variance of the number from one draw of the weights to the next; `null` where only the bias is known. */
  readonly variance: number | null;
  /** By how much its mean over infinitely many draws is off the wide limit. */
  readonly bias: number;
  /** Variance that the examples at hand have in common for all draws. */
  readonly sample: number;
}

/** A line to be compared. */
export interface Compared {
  /** The number draw by draw, `null` where it is not finite. */
  readonly draws: readonly (number | null)[];
  /** The number over all draws. */
  readonly measured: number | null;
  readonly predicted: number | null;
  /** `null` where there is no analysis of it. */
  readonly scatter: Scatter | null;
  /** Error of rounding, which no number of draws takes away. */
  readonly rounding: number;
}

/**
 * The scatter by analysis counts like that of so many draws: it is a first order in 1/width, and taken to be good to
 * a quarter in the standard deviation, which is what a sample of 9 draws knows of it.
 */
const KNOWN = 8;

/** Nothing to compare. */
export const nothing = (measured: number | null, predicted: number | null): Agreement => ({
  verdict: 'not predicted',
  measured,
  predicted,
  error: null,
  errors: null,
});

/** The smallest distance of two float32. */
const SMALLEST = 2 ** -149;

/**
 * The mean over draws of `scale(x)` held against `scale(predicted)`. The variance of a draw is that of the sample and of
 * the analysis, pooled by what each knows, and widened by Student's law for what both do not; the mean has that
 * divided by the draws, and the bias of the wide limit and rounding on top. `null` where one draw without an
 * analysis tells nothing of the scatter.
 */
export function errorOfMean(
  values: readonly number[],
  scatter: Scatter | null,
  rounding: number,
  threshold: number,
): number | null {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const analysed = scatter?.variance ?? null;
  const freedom = count - 1 + (analysed === null ? 0 : KNOWN);
  if (count === 0 || freedom === 0) return null;
  const variance = (squares + KNOWN * (analysed ?? 0)) / freedom;
  const sampling = widening(freedom, threshold) * Math.sqrt(variance / count);
  return Math.hypot(sampling, scatter?.bias ?? 0, Math.sqrt(scatter?.sample ?? 0), rounding);
}

/** How a line is held against its prediction: on this scale, with what a step of it is in units of the line. */
interface Scale {
  readonly of: (x: number) => number;
  readonly step: number;
  readonly scatter: Scatter | null;
  readonly rounding: number;
}

/** A second moment, on the scale of its logarithm; the scatter is that of relative numbers. */
export function compareMoment(line: Compared, threshold: number): Agreement {
  const { predicted, measured, scatter, rounding } = line;
  if (predicted === null) return nothing(measured, predicted);
  if (!(predicted > 0)) {
    return compared(line, threshold, { of: (x) => x, step: 1, scatter, rounding: SMALLEST });
  }
  // Of a logarithm the mean lies half its variance below the logarithm of the mean.
  const inLog = scatter && { ...scatter, bias: scatter.bias - 0.5 * (scatter.variance ?? 0) };
  // A draw of zero or less than any float32 is one of the smallest float32.
  const of = (x: number): number => Math.log(Math.max(x, SMALLEST ** 2));
  return compared(line, threshold, { of, step: predicted, scatter: inLog, rounding });
}

/** A correlation: on the scale of `ln(1 - c)` above a half, as far as rounding leaves something of it. */
export function compareCorrelation(line: Compared, threshold: number): Agreement {
  const { predicted, measured, scatter, rounding } = line;
  if (predicted === null) return nothing(measured, predicted);
  const apart = 1 - predicted;
  if (apart > 0.5 || apart < 16 * rounding) {
    return compared(line, threshold, { of: (x) => x, step: 1, scatter, rounding });
  }
  const known = scatter?.variance ?? null;
  const variance = known === null ? null : known / apart ** 2;
  const inLog = scatter && {
    variance,
    bias: -scatter.bias / apart - 0.5 * (variance ?? 0),
    sample: scatter.sample / apart ** 2,
  };
  const of = (x: number): number => Math.log(Math.max(1 - x, rounding));
  return compared(line, threshold, {
    of,
    step: apart,
    scatter: inLog,
    rounding: rounding / apart,
  });
}

function compared(line: Compared, threshold: number, scale: Scale): Agreement {
  const { draws, measured } = line;
  const predicted = line.predicted ?? 0;
  const values = draws.filter((value) => value !== null);
  // Numbers that overflow are no sample of anything.
  if (values.length < draws.length || measured === null) {
    return { ...nothing(measured, predicted), verdict: 'differs' };
  }
  return compareNumber(
    {
      values: values.map(scale.of),
      target: scale.of(predicted),
      scatter: scale.scatter,
      rounding: scale.rounding,
    },
    { measured, predicted, step: scale.step },
    threshold,
  );
}

/** Numbers of all draws, or one of all together, on the scale on which they are held against a target. */
interface Numbers {
  readonly values: readonly number[];
  readonly target: number;
  readonly scatter: Scatter | null;
  readonly rounding: number;
}

/** A mean held against a target, told as these numbers; `step` is what one of the scale is in their units. */
export function compareNumber(
  { values, target, scatter, rounding }: Numbers,
  told: { readonly measured: number; readonly predicted: number; readonly step: number },
  threshold: number,
): Agreement {
  const { measured, predicted, step } = told;
  const error = errorOfMean(values, scatter, rounding, threshold);
  if (error === null) return nothing(measured, predicted);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const gap = Math.abs(mean - target);
  const errors = gap === 0 ? 0 : gap / Math.max(error, Number.MIN_VALUE);
  const verdict = errors > threshold ? 'differs' : 'agrees';
  return { verdict, measured, predicted, error: error * step, errors };
}
