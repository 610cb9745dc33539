import { gaussLegendre, type Quadrature } from '../../numeric/index.ts';
import { hoeffding, maximumDependence, maximumRule } from './max-law.ts';
import type { Elementwise, Moments, Pairs } from './pairs.ts';
import { direction, rearranged } from './rearranged.ts';

/** `E u u'` of two positions of one window, of the same input (`p`) and of two inputs (`r`). */
export type NearPairs = Pick<Pairs, 'p' | 'r'>;

/** What a rule by approximation gives: moments, and what was approximated (`null`: nothing). */
export interface Approximated {
  readonly moments: Moments;
  readonly note: string | null;
}

/** Nodes of the common and the separate part of two Gaussians: the trapezoidal rule, exact for entire functions. */
const COMMON = trapezoidal(0.5, 13);

/** Standard deviations of the common part that nodes reach. */
const REACH = 7.2;

/** Cells of a table from 0 on: at most, and at least. */
const [MOST_CELLS, FEWEST_CELLS] = [256, 48];

const PANEL = gaussLegendre(20);

const INVERSE_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

/** For windows without separate parts. */
const ONE: Quadrature = { nodes: Float64Array.of(0), weights: Float64Array.of(1) };

/**
 * Moments of `max f(u₁), …, f(uₙ)` over the `n` positions of a window, u Gaussian with the pairs given:
 * `uᵢ = √p g + √(q-p) zᵢ`, so that the maximum is `√p g + √(q-p) m` with m the maximum of n standard normals.
 * Two maxima share the common parts of their windows and, at the same position, `P(m ≤ a, m' ≤ b) = Φ₂(a, b; ρ)^n`.
 * `near` are the pairs within a window where they differ from those of far positions; other windows count as far.
 *
 * Exact to 1e-3 of the variance for `f` that rises or falls throughout. A function that does both is replaced by
 * its increasing rearrangement, which is exact for the mean and second moment of independent positions; a
 * negative `p` within windows is exact for linear `f` and to first order in p for others: `note` says so.
 * `RangeError` unless `n` is a whole number from 1 on.
 */
export function maxPool(
  f: Elementwise,
  pairs: Pairs,
  n: number,
  near: NearPairs = pairs,
): Approximated {
  checkWindow('maxPool', n);
  const { q } = pairs;
  if (q === 0) {
    const value = f.f(0);
    const square = value * value;
    const constant = { mean: value, pairs: { q: square, k: square, p: square, r: square } };
    return { moments: constant, note: null };
  }
  const { rising, note } = asRising(f, q);
  if (near.p < 0) {
    return {
      moments: repelled(rising, pairs, n, near),
      note: joined(note, 'positions that oppose each other to first order in their covariance'),
    };
  }
  const p = Math.min(q, near.p);
  const [s, common] = [Math.sqrt(q - p), Math.sqrt(p)];
  const rule = s === 0 ? ONE : maximumRule(n, kinksOf(rising, s, common));
  const { mean, second } = singleMoments(rising, s, common, rule);
  const variance = Math.max(0, second - mean * mean);
  const sampled = sampledVariance(rising, s, common, rule);
  const windows = { s, rule, n, variance: sampled };
  const pair = (covariance: number, within: number, rho: number): number =>
    mean * mean + variance * correlated(rising, windows, covariance, within, rho);
  const between = (moment: number): number => Math.min(p, Math.max(-p, moment));
  const rho = s === 0 ? 0 : Math.min(1, Math.max(-1, (pairs.k - near.r) / (s * s)));
  const apart = pair(between(pairs.p), p, 0);
  return {
    moments: {
      mean,
      pairs: {
        q: second,
        k: pair(between(near.r), p, rho),
        p: apart,
        r: pairs.r === pairs.p ? apart : pair(between(pairs.r), p, 0),
      },
    },
    note,
  };
}

/**
 * `E f'(M)²` at the maximum M of n positions: what `f` before a max-pooling does to the second moment of the
 * gradient. The gradient of a window goes to its largest element, which for ReLU is seldom a negative one.
 * With stride S per axis an element receives `1/∏S` of the second moment of a window's gradient on average.
 */
export function maxPoolSlope(df: Elementwise, q: number, p: number, n: number): number {
  checkWindow('maxPoolSlope', n);
  if (q === 0) return df.f(0) ** 2;
  const within = Math.min(q, Math.max(0, p));
  const [s, common] = [Math.sqrt(q - within), Math.sqrt(within)];
  const rule = s === 0 ? ONE : maximumRule(n, kinksOf(df, s, common));
  return singleMoments(df, s, common, rule).second;
}

/** The identity of a value that is taken for Gaussian, with the Gaussian: `x = m + u`. */
export function asGaussian({ mean, pairs }: Moments): { f: Elementwise; pairs: Pairs } {
  const square = mean * mean;
  const { q, k, p, r } = pairs;
  return {
    f: { f: (u) => mean + u, breakpoints: [] },
    pairs: { q: Math.max(0, q - square), k: k - square, p: p - square, r: r - square },
  };
}

function checkWindow(where: string, n: number): void {
  if (!Number.isInteger(n) || n < 1) {
    throw new RangeError(`${where}: n must be a whole number of positions from 1 on, got ${n}`);
  }
}

const joined = (...notes: (string | null)[]): string =>
  notes.filter((note) => note !== null).join('; ');

/** A function that rises and has the same maxima: itself, its mirror image or its rearrangement. */
function asRising(f: Elementwise, q: number): { rising: Elementwise; note: string | null } {
  const runs = direction(f, q);
  if (runs === 'rising') return { rising: f, note: null };
  if (runs === 'falling') {
    const breakpoints = f.breakpoints.map((x) => -x).reverse();
    return { rising: { f: (u) => f.f(-u), breakpoints }, note: null };
  }
  const note = 'the maximum of a function that is not monotone by its increasing rearrangement';
  return { rising: rearranged(f, q), note };
}

/** Where `x ↦ E f(common g + s x)` is not smooth, or nearly so: a wide common part leaves nothing of a kink. */
function kinksOf({ breakpoints }: Elementwise, s: number, common: number): number[] {
  const around = common < 0.3 * s ? [-5 * common, 0, 5 * common] : [];
  return breakpoints.flatMap((x) => around.map((shift) => (x + shift) / s));
}

/** Mean and second moment of `f(common g + s m)`. */
function singleMoments(
  { f, breakpoints }: Elementwise,
  s: number,
  common: number,
  rule: Quadrature,
): { mean: number; second: number } {
  const square = (y: number): number => f(y) ** 2;
  let mean = 0;
  let second = 0;
  for (const [i, x] of rule.nodes.entries()) {
    const at = s * x;
    const weight = rule.weights[i];
    mean += weight * (common === 0 ? f(at) : overPanels(f, breakpoints, at, common));
    second += weight * (common === 0 ? square(at) : overPanels(square, breakpoints, at, common));
  }
  return { mean, second };
}

interface Windows {
  readonly s: number;
  readonly rule: Quadrature;
  readonly n: number;
  /** Of `f(M)`, by the sums that covariances are taken with. */
  readonly variance: number;
}

/**
 * Correlation of `f(M)` and `f(M')`: the common parts of the windows have the given covariance out of `p`, the
 * others are correlated by `rho` in pairs. Given the Gaussian `c` that both common parts contain, the two are
 * independent but for the maxima, `E_c [E f]² + ∫∫ D df df`; the same sums at covariance p and `rho = 1` give the
 * variance, by which they are divided.
 */
function correlated(
  f: Elementwise,
  { s, rule, n, variance }: Windows,
  covariance: number,
  p: number,
  rho: number,
): number {
  if (covariance === p && (rho === 1 || s === 0)) return 1;
  const shared = Math.sqrt(Math.abs(covariance));
  const apart = Math.sqrt(Math.max(0, p - Math.abs(covariance)));
  const sign = covariance < 0 ? -1 : 1;
  const smooth = smoothing(f, apart, REACH * (shared + apart) + s * largestOf(rule));
  const smoothed = (c: number): Float64Array => rule.nodes.map((x) => smooth(shared * c + s * x));
  const alike = rho !== 0 && s !== 0;
  const dependence = alike ? maximumDependence(rule.nodes, n, rho) : null;
  const whole = alike ? maximumDependence(rule.nodes, n, 1) : null;
  let total = 0;
  let product = 0;
  for (const [i, c] of COMMON.nodes.entries()) {
    if (shared === 0 && c !== 0) continue;
    const weight = shared === 0 ? 1 : COMMON.weights[i];
    const values = smoothed(c);
    const others = sign > 0 || shared === 0 ? values : smoothed(-c);
    const [a, b] = [average(rule, values), average(rule, others)];
    total += weight * a;
    product += weight * (a * b);
    if (dependence === null || whole === null) continue;
    const own =
      average(
        rule,
        values.map((y) => y * y),
      ) -
      a * a;
    const sampled = hoeffding(whole, values);
    if (sampled > 0) product += (weight * own * hoeffding(dependence, values)) / sampled;
  }
  return variance > 0 ? (product - total * total) / variance : 1;
}

function sampledVariance(f: Elementwise, s: number, common: number, rule: Quadrature): number {
  const reach = REACH * common + s * largestOf(rule);
  const first = smoothing(f, common, reach);
  const squares = { ...f, f: (x: number) => f.f(x) ** 2 };
  const mean = average(
    rule,
    rule.nodes.map((x) => first(s * x)),
  );
  const square = smoothing(squares, common, reach);
  return (
    average(
      rule,
      rule.nodes.map((x) => square(s * x)),
    ) -
    mean * mean
  );
}

const largestOf = ({ nodes }: Quadrature): number =>
  Math.max(Math.abs(nodes[0]), Math.abs(nodes[nodes.length - 1]));

/** `x ↦ E f(x + size z)` up to `reach`: tabulated, and cubic between, which is exact to 1e-6 of a standard deviation. */
function smoothing(
  { f, breakpoints }: Elementwise,
  size: number,
  reach: number,
): (x: number) => number {
  if (size === 0) return f;
  const step = Math.max(reach / MOST_CELLS, Math.min(reach / FEWEST_CELLS, 0.125 * size));
  const cells = Math.ceil(reach / step) + 2;
  const table = Float64Array.from({ length: 2 * cells + 1 }, (_, i) => {
    const at = step * (i - cells);
    if (breakpoints.length > 0) return overPanels(f, breakpoints, at, size);
    let sum = 0;
    for (let j = 0; j < COMMON.nodes.length; j++) {
      sum += COMMON.weights[j] * f(at + size * COMMON.nodes[j]);
    }
    return sum;
  });
  return (x) => {
    const at = x / step + cells;
    const i = Math.min(2 * cells - 2, Math.max(1, Math.floor(at)));
    const t = at - i;
    const [a, b, c, d] = [table[i - 1], table[i], table[i + 1], table[i + 2]];
    const bend = (t * (1 - t)) / 6;
    return (1 - t) * b + t * c - bend * ((2 - t) * (a - 2 * b + c) + (1 + t) * (b - 2 * c + d));
  };
}

/** `E f(at + size z)` by panels that end where f is not smooth. */
function overPanels(
  f: (x: number) => number,
  breakpoints: readonly number[],
  at: number,
  size: number,
): number {
  let sum = 0;
  let low = -REACH;
  for (let i = 0; i <= breakpoints.length; i++) {
    const kink = i < breakpoints.length ? (breakpoints[i] - at) / size : REACH;
    const high = Math.min(REACH, Math.max(low, kink));
    if (high - low < 1e-12) continue;
    const count = high - low > REACH ? 2 : 1;
    const half = (high - low) / count / 2;
    for (let panel = 0; panel < count; panel++) {
      const middle = low + (2 * panel + 1) * half;
      for (let j = 0; j < PANEL.nodes.length; j++) {
        const z = middle + half * PANEL.nodes[j];
        sum +=
          half * PANEL.weights[j] * INVERSE_SQRT_2PI * Math.exp(-0.5 * z * z) * f(at + size * z);
      }
    }
    low = high;
  }
  return sum;
}

function average({ weights }: Quadrature, values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += weights[i] * values[i];
  return sum;
}

/**
 * Windows whose positions oppose each other, `p < 0`: the maximum of the independent part, `√(q-p) m`, has
 * the variance `Var M - p`; its law is drawn together about its mean to that of M, and covariances go through
 * the slope of `f(M)` on M.
 */
function repelled(f: Elementwise, pairs: Pairs, n: number, near: NearPairs): Moments {
  const s2 = pairs.q - near.p;
  const rule = maximumRule(n);
  const center = average(rule, rule.nodes);
  const spread = average(
    rule,
    rule.nodes.map((x) => (x - center) ** 2),
  );
  const variance = Math.max(0, s2 * spread + near.p);
  const s = Math.sqrt(variance / spread);
  const values = rule.nodes.map((x) => f.f(Math.sqrt(s2) * center + s * (x - center)));
  const mean = average(rule, values);
  const second = average(
    rule,
    values.map((y) => y * y),
  );
  const products = values.map((y, i) => (y - mean) * s * (rule.nodes[i] - center));
  const slope = variance === 0 ? 0 : average(rule, products) / variance;
  const rho = Math.min(1, Math.max(-1, (pairs.k - near.r) / s2));
  const dependence = maximumDependence(rule.nodes, n, rho);
  const whole = maximumDependence(rule.nodes, n, 1);
  const maxima =
    (s2 * spread * hoeffding(dependence, rule.nodes)) / hoeffding(whole, rule.nodes) + near.r;
  const through = (covariance: number): number => mean * mean + slope * slope * covariance;
  const k = through(maxima);
  return {
    mean,
    pairs: { q: second, k: Math.min(second, k), p: through(pairs.p), r: through(pairs.r) },
  };
}

/** `E f(z) ≈ Σ weights f(nodes)` at the multiples of `step`. */
function trapezoidal(step: number, count: number): Quadrature {
  const nodes = Float64Array.from({ length: 2 * count + 1 }, (_, i) => step * (i - count));
  const density = nodes.map((z) => Math.exp(-0.5 * z * z));
  const total = density.reduce((sum, x) => sum + x, 0);
  return { nodes, weights: density.map((x) => x / total) };
}
