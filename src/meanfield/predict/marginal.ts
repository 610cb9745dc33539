import { gaussianRule } from '../../numeric/index.ts';
import { transferMoments } from './expectation.ts';
import type { Moments } from './moments.ts';
import type { Transfer } from './transfer.ts';

/** How the elements of a value are distributed that is not Gaussian, as weighted points. */
export interface Marginal {
  readonly points: Float64Array;
  /** Add up to 1. */
  readonly weights: Float64Array;
  /**
   * Of a sum, `P(sum | first summand)`, a row for every point of the first summand: what a rectifier has cut off
   * passes no gradient on, and is where the sum is small.
   */
  readonly kernel: Float64Array;
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

/** The points of the source of a summand with their weights. */
export function pointsOf({ transfer, moments, marginal }: Summand): {
  readonly points: Float64Array;
  readonly weights: Float64Array;
} {
  if (marginal !== null) return marginal;
  const std = Math.sqrt(Math.max(0, moments.q - moments.mean ** 2));
  if (std === 0) return { points: Float64Array.of(moments.mean), weights: Float64Array.of(1) };
  const rule = gaussianRule(
    transfer.kinks.map((x) => (x - moments.mean) / std),
    3,
  );
  return { points: rule.nodes.map((z) => moments.mean + std * z), weights: rule.weights };
}

/**
 * The distribution of the sum of two independent values of known moments: on a grid that has zero among its
 * points, each product of weights shared by its two neighbours, then widened or narrowed to the second moment.
 */
export function sumMarginal(left: Summand, right: Summand, sum: Moments): Marginal | null {
  const variance = sum.q - sum.mean ** 2;
  if (!(variance > 0)) return null;
  const [a, b] = [pointsOf(left), pointsOf(right)];
  const [x, y] = [a.points.map(left.transfer.f), b.points.map(right.transfer.f)];
  if (y.length === 1 && y[0] === 0) return keptMarginal(left);
  const std = Math.sqrt(variance);
  const step = (2 * REACH * std) / (POINTS - 1);
  const first = Math.floor(sum.mean / step) - (POINTS - 1) / 2;
  const weights = new Float64Array(POINTS);
  const kernel = new Float64Array(x.length * POINTS);
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < y.length; j++) {
      const at = Math.min(POINTS - 1, Math.max(0, (x[i] + y[j]) / step - first));
      const low = Math.min(POINTS - 2, Math.floor(at));
      const share = at - low;
      kernel[i * POINTS + low] += (1 - share) * b.weights[j];
      kernel[i * POINTS + low + 1] += share * b.weights[j];
    }
    for (let j = 0; j < POINTS; j++) weights[j] += a.weights[i] * kernel[i * POINTS + j];
  }
  const points = Float64Array.from(weights, (_, i) => (first + i) * step);
  return fitted({ points, weights, kernel }, sum);
}

/**
 * The distribution of a function of a source of which a share of the elements is kept and the rest is zero; each
 * point comes from its own.
 */
export function keptMarginal(of: Summand, share: number = 1): Marginal {
  const from = pointsOf(of);
  const rows = from.points.length;
  const points = Array.from(from.points, of.transfer.f);
  const weights = Array.from(from.weights, (weight) => share * weight);
  if (share < 1) {
    points.push(0);
    weights.push(1 - share);
  }
  const kernel = new Float64Array(rows * points.length);
  for (let i = 0; i < rows; i++) kernel[i * points.length + i] = 1;
  return { points: Float64Array.from(points), weights: Float64Array.from(weights), kernel };
}

/** The same points with exactly this mean and second moment; those at zero stay there if the mean does. */
function fitted({ points, weights, kernel }: Marginal, { mean, q }: Moments): Marginal {
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
    kernel,
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

/** `E f'²` of a function of a value with this distribution. */
export function marginalSlope(transfer: Transfer, { points, weights }: Marginal): number {
  let slope = 0;
  for (let i = 0; i < points.length; i++) slope += weights[i] * transfer.df(points[i]) ** 2;
  return slope;
}
