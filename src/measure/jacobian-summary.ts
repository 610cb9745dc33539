import type { DiscreteLaw } from '../numeric/index.ts';
import type { JacobianMeasurement } from './measurement.ts';

/** What a measurement says of its singular values. */
type Summary = Pick<
  JacobianMeasurement,
  'sMax' | 'sMin' | 'mean' | 'variance' | 'deciles' | 'singularValues' | 'density' | 'draws'
>;

/** The extremes. */
type Ends = Pick<Summary, 'sMax' | 'sMin'>;

/** The summary of the singular values of each draw, in ascending order. */
export function summaryOf(draws: readonly Float64Array[]): Summary {
  const all = Float64Array.from(draws.flatMap((values) => [...values])).sort();
  const { mean, variance } = momentsOf(all);
  return {
    sMax: all[all.length - 1],
    sMin: all[0],
    mean,
    variance,
    deciles: Array.from({ length: 11 }, (_, k) => quantile(all, k / 10)),
    singularValues: [...all].reverse(),
    density: null,
    draws: {
      sMax: draws.map((values) => values[values.length - 1]),
      sMin: draws.map((values) => values[0]),
      mean: draws.map((values) => momentsOf(values).mean),
    },
  };
}

/** Mean and variance of the squares. */
function momentsOf(values: Float64Array): { readonly mean: number; readonly variance: number } {
  let mean = 0;
  for (const s of values) mean += (s * s) / values.length;
  let variance = 0;
  for (const s of values) variance += (s * s - mean) ** 2 / values.length;
  return { mean, variance };
}

/** The value below which this fraction lies, between neighbours by a straight line. */
function quantile(sorted: Float64Array, fraction: number): number {
  const place = fraction * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}

/**
 * The summary of laws that were seen from random starts: `draws` has those of each draw, all of the same weight.
 * The extremes are those of the Krylov spaces: the largest value is at least `sMax`, the smallest at most `sMin`.
 */
export function summaryOfLaws(draws: readonly (readonly DiscreteLaw[])[]): Summary {
  const all = pooled(draws.flat());
  const { mean, variance } = momentsOfLaw(all);
  const each = draws.map(pooled);
  const ends = { sMax: all.s[all.s.length - 1], sMin: all.s[0] };
  return {
    ...ends,
    mean,
    variance,
    deciles: Array.from({ length: 11 }, (_, k) => quantileOfLaws(draws.flat(), k / 10, ends)),
    singularValues: null,
    density: { s: [...all.s], weight: [...all.weight] },
    draws: {
      sMax: each.map(({ s }) => s[s.length - 1]),
      sMin: each.map(({ s }) => s[0]),
      mean: each.map((law) => momentsOfLaw(law).mean),
    },
  };
}

/** Laws of the same weight as one. */
function pooled(laws: readonly DiscreteLaw[]): DiscreteLaw {
  const points = laws.flatMap(({ s, weight }) =>
    Array.from(s, (value, i) => ({ value, weight: weight[i] / laws.length })),
  );
  points.sort((a, b) => a.value - b.value);
  return {
    s: Float64Array.from(points, ({ value }) => value),
    weight: Float64Array.from(points, ({ weight }) => weight),
    isExact: laws.every(({ isExact }) => isExact),
  };
}

function momentsOfLaw({ s, weight }: DiscreteLaw): { mean: number; variance: number } {
  let mean = 0;
  for (let i = 0; i < s.length; i++) mean += weight[i] * s[i] * s[i];
  let variance = 0;
  for (let i = 0; i < s.length; i++) variance += weight[i] * (s[i] * s[i] - mean) ** 2;
  return { mean, variance };
}

/**
 * The share of a law below s. A point of Gauss quadrature with weight w stands for what is around it, half of it
 * below; between points it goes in a straight line. A weight at 0 is that of a null space, and all of it at 0; so are
 * those of points that are singular values themselves.
 * Reference: Golub and Meurant 2010, Matrices, Moments and Quadrature, theorem 2.6 (the bounds of Chebyshev,
 * Markov and Stieltjes, between which this is)
 */
function shareBelow({ s, weight, isExact }: DiscreteLaw, value: number): number {
  let [before, share] = [0, 0];
  let sum = 0;
  if (isExact) {
    for (let i = 0; i < s.length && s[i] <= value; i++) sum += weight[i];
    return sum;
  }
  for (let i = 0; i < s.length; i++) {
    const here = s[i] === 0 ? sum + weight[i] : sum + weight[i] / 2;
    if (s[i] > value) {
      const from = i === 0 ? s[0] : s[i - 1];
      return before + ((here - before) * (value - from)) / (s[i] - from);
    }
    sum += weight[i];
    share = here;
    before = share;
  }
  return 1;
}

/** The value below which this fraction of the mean of laws lies, by bisection. */
function quantileOfLaws(laws: readonly DiscreteLaw[], fraction: number, ends: Ends): number {
  let { sMin: low, sMax: high } = ends;
  if (fraction === 0) return low;
  if (fraction === 1) return high;
  const share = (value: number): number =>
    laws.reduce((sum, law) => sum + shareBelow(law, value), 0) / laws.length;
  if (share(low) >= fraction) return low;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (share(middle) < fraction) low = middle;
    else high = middle;
  }
  return high;
}
