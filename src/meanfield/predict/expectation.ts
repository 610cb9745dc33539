import { gaussianRule, gaussLegendre } from '../../numeric/index.ts';
import { mapPairs, constantMoments, type Moments } from './moments.ts';
import type { Transfer } from './transfer.ts';

/** Standard deviations around the mean within which a Gaussian is looked at. */
export const REACH = 9;

/** Hermite coefficients that are computed; the rest goes by a power law. */
const ORDERS = 64;

/** The part of `E f²` below which a remainder is rounding. */
const NOTHING = 1e-13;

/** The samples of a function at the nodes of a rule for `N(mean, variance)`. */
interface Samples {
  readonly z: Float64Array;
  readonly weights: Float64Array;
  readonly x: Float64Array;
}

function nodesFor({ kinks }: Transfer, mean: number, std: number): Samples {
  const breakpoints = kinks.map((x) => (x - mean) / std);
  // A function bends near x = 0: where that is narrow in z, panels have to lead up to it.
  const reach = Math.abs(mean) + REACH * std;
  for (let x = std > 1 ? 1 : Infinity; x < reach; x *= 4) {
    breakpoints.push((-x - mean) / std, (x - mean) / std);
  }
  const { nodes: z, weights } = gaussianRule(breakpoints);
  return { z, weights, x: z.map((node) => mean + std * node) };
}

/**
 * The moments of `f(u)` for a Gaussian u with these moments: second moments by quadrature split at the
 * kinks, pairs by the Hermite coefficients of the samples, `E f(u) f(u') = Σ a_n² ρⁿ`, of functions that are
 * linear on both sides of 0 by the arc-cosine formula.
 * Reference: Poole et al. 2016, eq. 3 and 5, arXiv:1606.05340; Cho and Saul 2009, eq. 6
 */
export function transferMoments(transfer: Transfer, source: Moments): Moments {
  const { affine, f } = transfer;
  if (affine !== null) {
    const [a, b] = affine;
    const cross = 2 * a * b * source.mean + b * b;
    return mapPairs(source, (x) => a * a * x + cross, a * source.mean + b);
  }
  const variance = source.q - source.mean ** 2;
  if (!(variance > 1e-14 * source.q)) return constantMoments(f(source.mean));
  const std = Math.sqrt(variance);
  const { z, weights, x } = nodesFor(transfer, source.mean, std);
  const values = x.map(f);
  let mean = 0;
  let q = 0;
  for (let i = 0; i < values.length; i++) {
    mean += weights[i] * values[i];
    q += weights[i] * values[i] * values[i];
  }
  if (!Number.isFinite(q)) return { mean: NaN, q: NaN, k: NaN, p: NaN, r: NaN };
  const correlation = (pair: number): number =>
    Math.min(1, Math.max(-1, (pair - source.mean ** 2) / variance));
  const slopes = rectifierSlopes(transfer, source.mean, std);
  const pairAt =
    slopes === null ? hermitePairs(values, z, weights, q) : arcCosinePairs(slopes, variance);
  const pair = (known: number): number => {
    const rho = correlation(known);
    return rho === 1 ? q : pairAt(rho);
  };
  return { mean, q, k: pair(source.k), p: pair(source.p), r: pair(source.r) };
}

/** `E f'(u)²` for a Gaussian u of this mean and variance. */
export function transferSlope(transfer: Transfer, { mean, q }: Moments): number {
  const { affine, df } = transfer;
  if (affine !== null) return affine[0] ** 2;
  const variance = q - mean ** 2;
  if (!(variance > 1e-14 * q)) return df(mean) ** 2;
  const { weights, x } = nodesFor(transfer, mean, Math.sqrt(variance));
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += weights[i] * df(x[i]) ** 2;
  return sum;
}

/** The slopes left and right of 0 of a function that is linear on both sides, `null` of any other. */
function rectifierSlopes(
  { f, kinks }: Transfer,
  mean: number,
  std: number,
): readonly [left: number, right: number] | null {
  if (mean !== 0 || kinks.length !== 1 || kinks[0] !== 0 || f(0) !== 0) return null;
  const [left, right] = [-f(-std) / std, f(std) / std];
  const isLinear = [0.125, 2.5, 8].every(
    (t) =>
      Math.abs(f(t * std) - right * t * std) <= 1e-13 * Math.abs(t * std * right) &&
      Math.abs(f(-t * std) + left * t * std) <= 1e-13 * Math.abs(t * std * left),
  );
  return isLinear ? [left, right] : null;
}

/** `(a - b)²/(2π) (√(1 - ρ²) - θ ρ) + (a² + b²)/2 ρ` times the variance, `θ = arccos ρ`. */
function arcCosinePairs(
  [left, right]: readonly [number, number],
  variance: number,
): (rho: number) => number {
  const bend = (left - right) ** 2 / (2 * Math.PI);
  const line = (left ** 2 + right ** 2) / 2;
  return (rho) => {
    const sine = Math.sqrt((1 - rho) * (1 + rho));
    return variance * (bend * (sine - Math.atan2(sine, rho) * rho) + line * rho);
  };
}

/** `ρ → Σ a_n² ρⁿ`, the orders beyond the computed ones by the power law of the last of them. */
function hermitePairs(
  values: Float64Array,
  z: Float64Array,
  weights: Float64Array,
  q: number,
): (rho: number) => number {
  const squares = projections(values, z, weights).map((a) => a * a);
  const rest = q - squares.reduce((sum, square) => sum + square, 0);
  const tail = rest > NOTHING * q ? tailLaw(squares, rest) : () => 0;
  return (rho) => powerSum(squares, rho) + tail(rho);
}

/** `Σ cₙ xⁿ`. */
export function powerSum(coefficients: Float64Array, x: number): number {
  let sum = 0;
  for (let n = coefficients.length - 1; n >= 0; n--) sum = sum * x + coefficients[n];
  return sum;
}

/** `a_n = E f He_n / √n!` from samples of f. */
function projections(
  values: Float64Array,
  z: Float64Array,
  weights: Float64Array,
): Float64Array<ArrayBuffer> {
  const coefficients = new Float64Array(ORDERS + 1);
  let before = new Float64Array(z.length);
  let here = Float64Array.from(values, (value, i) => value * weights[i]);
  // `here[i]` is the weighted sample times the orthonormal polynomial of order n at z[i].
  for (let n = 0; n <= ORDERS; n++) {
    let sum = 0;
    for (let i = 0; i < here.length; i++) sum += here[i];
    coefficients[n] = sum;
    const next = new Float64Array(z.length);
    const [root, rootNext] = [Math.sqrt(n), Math.sqrt(n + 1)];
    for (let i = 0; i < next.length; i++) next[i] = (z[i] * here[i] - root * before[i]) / rootNext;
    before = here;
    here = next;
  }
  return coefficients;
}

/** The Hermite coefficients `E f(mean + √variance z) He_n(z) / √n!` of a function, from n = 0 on. */
export function hermiteCoefficients(
  transfer: Transfer,
  mean: number,
  variance: number,
): Float64Array {
  if (!(variance > 0)) {
    const coefficients = new Float64Array(ORDERS + 1);
    coefficients[0] = transfer.f(mean);
    return coefficients;
  }
  const { z, weights, x } = nodesFor(transfer, mean, Math.sqrt(variance));
  return projections(x.map(transfer.f), z, weights);
}

const UNIT = gaussLegendre(16);

/**
 * `Σ_{n > N} a_n² ρⁿ` for `a_n² ~ n^{-s}` that sum up to `rest`; s, and the shares of even and odd orders, from
 * those with N/2 < n <= N.
 */
function tailLaw(squares: Float64Array, rest: number): (rho: number) => number {
  let [even, odd] = [0, 0];
  for (let n = ORDERS / 2 + 1; n <= ORDERS; n++) {
    if (n % 2 === 0) even += squares[n];
    else odd += squares[n];
  }
  const power = Math.min(12, Math.max(0.2, Math.log2(1 + (even + odd) / rest)));
  const parity = even + odd > 0 ? (even - odd) / (even + odd) : 0;
  return (rho) => {
    if (rho === 0) return 0;
    const rate = ORDERS * Math.log(Math.abs(rho));
    let mean = 0;
    for (let i = 0; i < UNIT.nodes.length; i++) {
      const t = 0.5 * (1 + UNIT.nodes[i]);
      mean += 0.5 * UNIT.weights[i] * Math.exp(rate * t ** (-1 / power));
    }
    return (rho > 0 ? 1 : parity) * rest * mean;
  };
}
