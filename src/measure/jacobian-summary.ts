import type { JacobianMeasurement } from './measurement.ts';

/** What a measurement says of its singular values. */
type Summary = Pick<
  JacobianMeasurement,
  'sMax' | 'sMin' | 'mean' | 'variance' | 'deciles' | 'singularValues' | 'density' | 'draws'
>;

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
