import { gaussianRule } from '../../numeric/index.ts';
import { transferMoments, transferSlope } from './expectation.ts';
import type { Moments } from './moments.ts';
import type { Transfer } from './transfer.ts';

/** How the elements of a value are distributed that is not Gaussian, as weighted points. */
export interface Marginal {
  readonly points: Float64Array;
  /** Add up to 1. */
  readonly weights: Float64Array;
  /**
   * Of a sum with a function of another source: `E f'²` of that function where the sum has this value. What
   * a rectifier has cut off passes no gradient on, and shows as zeros in the sum.
   */
  readonly passing: Float64Array;
}

/** A summand: a function of a Gaussian, or of a value with these points. */
export interface Summand {
  readonly transfer: Transfer;
  readonly moments: Moments;
  readonly marginal: Marginal | null;
}

/** Points of a sum; odd, so that zero can be one of them. */
const POINTS = 129;

/** Standard deviations of a sum that the points reach over. */
const REACH = 7;

/** The distribution of a function of a source. */
export function distributionOf({ transfer, moments, marginal }: Summand): Marginal {
  const { f, df, kinks } = transfer;
  if (marginal !== null) {
    return {
      points: marginal.points.map(f),
      weights: marginal.weights,
      passing: marginal.points.map((x) => df(x) ** 2),
    };
  }
  const std = Math.sqrt(Math.max(0, moments.q - moments.mean ** 2));
  if (std === 0) {
    const { mean } = moments;
    return {
      points: Float64Array.of(f(mean)),
      weights: Float64Array.of(1),
      passing: Float64Array.of(df(mean) ** 2),
    };
  }
  const rule = gaussianRule(
    kinks.map((x) => (x - moments.mean) / std),
    3,
  );
  const x = rule.nodes.map((z) => moments.mean + std * z);
  return { points: x.map(f), weights: rule.weights, passing: x.map((u) => df(u) ** 2) };
}

/**
 * The distribution of the sum of two independent values of known moments: on a grid that has zero among its
 * points, each product of weights shared by its two neighbours, then widened or narrowed to the second moment.
 * `passing` is that of the left summand.
 */
export function sumMarginal(left: Summand, right: Summand, sum: Moments): Marginal | null {
  const variance = sum.q - sum.mean ** 2;
  if (!(variance > 0)) return null;
  const [a, b] = [distributionOf(left), distributionOf(right)];
  if (b.points.length === 1 && b.points[0] === 0) return a;
  const std = Math.sqrt(variance);
  const step = (2 * REACH * std) / (POINTS - 1);
  const first = Math.floor(sum.mean / step) - (POINTS - 1) / 2;
  const weights = new Float64Array(POINTS);
  const passing = new Float64Array(POINTS);
  for (let i = 0; i < a.points.length; i++) {
    for (let j = 0; j < b.points.length; j++) {
      const at = Math.min(POINTS - 1, Math.max(0, (a.points[i] + b.points[j]) / step - first));
      const low = Math.min(POINTS - 2, Math.floor(at));
      const share = at - low;
      const weight = a.weights[i] * b.weights[j];
      weights[low] += (1 - share) * weight;
      weights[low + 1] += share * weight;
      passing[low] += (1 - share) * weight * a.passing[i];
      passing[low + 1] += share * weight * a.passing[i];
    }
  }
  const points = Float64Array.from(weights, (_, i) => (first + i) * step);
  return fitted(
    { points, weights, passing: passing.map((x, i) => (weights[i] > 0 ? x / weights[i] : 0)) },
    sum,
  );
}

/** The distribution of a value of which a share is kept and the rest is zero. */
export function thinnedMarginal(of: Summand, share: number): Marginal {
  const { points, weights, passing } = distributionOf(of);
  return {
    points: Float64Array.of(...points, 0),
    weights: Float64Array.of(...weights.map((weight) => share * weight), 1 - share),
    passing: Float64Array.of(...passing, 1),
  };
}

/** The same points with exactly this mean and second moment; those at zero stay there if the mean does. */
function fitted({ points, weights, passing }: Marginal, { mean, q }: Moments): Marginal {
  let [total, first, second] = [0, 0, 0];
  for (let i = 0; i < points.length; i++) {
    total += weights[i];
    first += weights[i] * points[i];
    second += weights[i] * points[i] ** 2;
  }
  const own = first / total;
  const spread = second / total - own ** 2;
  const factor = spread > 0 ? Math.sqrt(Math.max(0, q - mean ** 2) / spread) : 1;
  // A shift of a hair would move what is exactly zero to one side of a kink.
  const shift = Math.abs(own * factor - mean) < 1e-6 * Math.sqrt(q) ? 0 : mean - own * factor;
  return {
    points: points.map((x) => x * factor + shift),
    weights: weights.map((weight) => weight / total),
    passing,
  };
}

/**
 * The moments of a function of a value with this distribution. Of the pairs, the part that is linear in the value
 * follows those of the value itself, and the rest is as of a Gaussian, in proportion: a rectifier of what is
 * positive already leaves it as it is.
 */
export function marginalMoments(transfer: Transfer, source: Moments, marginal: Marginal): Moments {
  const gaussian = transferMoments(transfer, source);
  if (transfer.affine !== null) return gaussian;
  const { points, weights } = marginal;
  let [mean, q, product, middle, square] = [0, 0, 0, 0, 0];
  for (let i = 0; i < points.length; i++) {
    const y = transfer.f(points[i]);
    mean += weights[i] * y;
    q += weights[i] * y * y;
    product += weights[i] * y * points[i];
    middle += weights[i] * points[i];
    square += weights[i] * points[i] ** 2;
  }
  const variance = square - middle ** 2;
  const slope = variance > 0 ? (product - mean * middle) / variance : 0;
  const rest = Math.max(0, q - mean ** 2 - slope ** 2 * variance);
  const usual = gaussianSlope(transfer, source);
  const spread = source.q - source.mean ** 2;
  const usualRest = gaussian.q - gaussian.mean ** 2 - usual ** 2 * spread;
  const share = usualRest > 1e-12 * gaussian.q ? rest / usualRest : 0;
  const pair = (x: number, own: number): number => {
    const linear = own - source.mean ** 2;
    const bent = x - gaussian.mean ** 2 - usual ** 2 * linear;
    return mean ** 2 + slope ** 2 * linear + share * bent;
  };
  return {
    mean,
    q,
    k: pair(gaussian.k, source.k),
    p: pair(gaussian.p, source.p),
    r: pair(gaussian.r, source.r),
  };
}

/** `E z f(m + s z) / s`: the slope of the best line through a function of a Gaussian. */
function gaussianSlope({ f, kinks }: Transfer, { mean, q }: Moments): number {
  const std = Math.sqrt(Math.max(0, q - mean ** 2));
  if (std === 0) return 0;
  const rule = gaussianRule(
    kinks.map((x) => (x - mean) / std),
    3,
  );
  let sum = 0;
  for (let i = 0; i < rule.nodes.length; i++) {
    sum += rule.weights[i] * rule.nodes[i] * f(mean + std * rule.nodes[i]);
  }
  return sum / std;
}

/** `E f'²` of a function of a value with this distribution, and that of what passes on the gradient. */
export function marginalSlopes(
  transfer: Transfer,
  source: Moments,
  marginal: Marginal | null,
): { readonly slope: number; readonly passing: number } {
  if (marginal === null) {
    const slope = transferSlope(transfer, source);
    return { slope, passing: slope };
  }
  let [slope, passing] = [0, 0];
  for (let i = 0; i < marginal.points.length; i++) {
    const square = marginal.weights[i] * transfer.df(marginal.points[i]) ** 2;
    slope += square;
    passing += square * marginal.passing[i];
  }
  return { slope, passing };
}
