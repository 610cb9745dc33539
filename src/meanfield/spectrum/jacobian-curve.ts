import { brent } from '../../numeric/index.ts';
import type { Band, LawCurve, LawPoint } from './curve.ts';
import { gapsOf } from './gaps.ts';
import { crossings, gradedPatch, type Crossing, type Rule, type SlopeLaw } from './slope-law.ts';

/** Gaussian: independent elements of variance `σw² / N`; orthogonal: `σw` times a Haar matrix. */
export type WeightLaw = 'gaussian' | 'orthogonal';

/** Sums over a law of d at `w = r e^{iθ}`, all in the upper half plane's convention. */
interface Sums {
  /** `m = E d/(w - d)`. */
  readonly m: readonly [re: number, im: number];
  /** `1 + m = w E 1/(w - d)`. */
  readonly above: readonly [re: number, im: number];
  /** `w m / (1 + m)`, which is 1 for `d = 1`. */
  readonly ratio: readonly [re: number, im: number];
  /** `ln |w m / (1 + m)|`. */
  readonly lnRatio: number;
}

/** A place counts as resolved if the pole is this many half-widths of its panel away. */
const RESOLVED = 0.7;
const FINEST = 22;

/**
 * The law of `J Jᵀ`, `J = D_L W_L … D_1 W_1`, as a curve. With `m = E d/(w - d)`, d in units of its mean
 * and λ in those of `(σw² μ₁)^L`, λ is
 * `w^L (m/(1+m))^{L-1}` for orthogonal and `w^L m^{L-1} (1+m)` for Gaussian weights. The density lives on
 * the curve in the upper half plane of w where λ is real. In `ln w` the imaginary parts of
 * `ln(w m/(1+m))` and `ln(1+m)` are negative harmonic functions whose ratio to `arg w` falls as `arg w` rises,
 * so that each `|w|` has one point of the curve or none: a root that is found between known ends at any depth.
 * `t = ln |w|` is the parameter; λ rises with it.
 *
 * The mass above λ is `Im ∫ (1+m) d ln λ / π`, an elementary function of w and m.
 * Reference: Pennington et al. 2017, eqs. 7-12, arXiv:1711.04735, for the transforms
 */
export function jacobianCurve(law: SlopeLaw, weights: WeightLaw, depth: number): LawCurve {
  const isGaussian = weights === 'gaussian';
  const chain = (sums: Sums): number =>
    (depth - 1) * Math.atan2(sums.ratio[1], sums.ratio[0]) +
    (isGaussian ? depth * Math.atan2(sums.above[1], sums.above[0]) : 0);
  const base = withTotals(law.rule);
  const angleFor = (patch: Rule | null, t: number, guess: number): number => {
    const excess = (theta: number): number =>
      -chain(sumsAt(base, patch, law.isNarrow, t, theta)) / theta - 1;
    // Mostly the angle is near that of the point before.
    const [near, far] = [guess / SPREAD, Math.min(guess * SPREAD, Math.PI)];
    if (near > SMALLEST && excess(near) > 0 && excess(far) < 0) return brent(excess, near, far);
    if (!(excess(SMALLEST) > 0)) return 0;
    return brent(excess, SMALLEST, Math.PI);
  };
  const point = (patch: Rule | null, t: number, theta: number): LawPoint => {
    const sums = sumsAt(base, patch, law.isNarrow, t, theta);
    const { m, above, lnRatio } = sums;
    const lnLambda =
      t +
      (depth - 1) * lnRatio +
      (isGaussian ? depth * Math.log(Math.hypot(above[0], above[1])) : 0);
    const turn =
      depth * meanAngle(base, patch, law.isNarrow, t, theta) +
      (depth - 1) * Math.atan2(m[1], m[0]) +
      (isGaussian ? depth * m[1] : 0);
    return { lnLambda, density: (-2 / Math.PI) * m[1] + 0, above: turn / Math.PI };
  };

  /** Steps of the cut by 3 after which a panel is narrow enough for every pole; 0 where all panels are. */
  const levelsFor = (places: readonly Crossing[], theta: number): number => {
    let levels = 0;
    for (const { steepness, panels } of places) {
      const reach = theta / steepness / RESOLVED;
      const widest = Math.max(...panels.map((p) => law.panels[p].high - law.panels[p].low));
      if (widest / 2 <= reach) continue;
      levels = Math.max(levels, Math.ceil(Math.log(3 / reach) / Math.log(3)));
    }
    return Math.min(levels, FINEST);
  };
  let guess = 0;
  const at = (t: number): LawPoint => {
    if (gaps.some(({ low, high }) => t >= low && t <= high)) return realPoint(t);
    let patch: Rule | null = null;
    let theta = angleFor(null, t, guess);
    const node = law.isNarrow ? Math.expm1(t) : Math.exp(t);
    if (law.intervals.some(([low, high]) => low < node && node < high)) {
      const places = crossings(law, node);
      let levels = 0;
      for (let needed = levelsFor(places, theta); needed > levels;) {
        levels = needed;
        patch = gradedPatch(law, places, levels);
        theta = angleFor(patch, t, theta);
        needed = levelsFor(places, theta);
      }
    }
    guess = theta;
    return point(patch, t, theta);
  };
  const realPoint = (t: number): LawPoint => ({ ...point(null, t, 0), density: 0 });

  const gaps = gapsOf(law, isGaussian, depth);
  // Where a value of d has a mass of its own, the density can be infinite or an atom lie: bands end there.
  const cuts = law.atoms
    .filter(({ mass }) => !isGaussian && depth * (1 - mass) < 2)
    .map(({ node }) => lnOf(law, node));
  return { bands: bandsBetween(gaps, cuts), at, atoms: atomsOf(law, weights, depth) };
}

/** Angles below count as none. */
const SMALLEST = 1e-14;
const SPREAD = 1.25;

/** What all sums over a law have in common at one w. */
function sumsAt(
  base: Rule & Totals,
  patch: Rule | null,
  isNarrow: boolean,
  t: number,
  theta: number,
): Sums {
  const [cos, sin] = [Math.cos(theta), Math.sin(theta)];
  const r = Math.exp(t);
  // Narrow: w - 1 - (d - 1), which keeps the digits. Else all in units of r.
  const half = Math.sin(0.5 * theta);
  const x = isNarrow ? Math.expm1(t) - 2 * r * half * half : cos;
  const y = isNarrow ? r * sin : sin;
  const unit = isNarrow ? 1 : 1 / r;
  const sums = new Float64Array(4);
  const [from, to] = isNarrow ? [0, base.nodes.length] : windowOf(base, r);
  accumulate(base, from, to, unit, x, y, sums);
  if (patch !== null) accumulate(patch, 0, patch.nodes.length, unit, x, y, sums);
  let [g0, g1, e0, e1] = sums;
  if (!isNarrow) {
    // d far below w: 1/(w - d) = 1/w, d/(w - d) = d/w; far above: -1/d and -1.
    const { mass, first, inverse } = base;
    const low = first[from] * unit;
    g0 += mass[from] * cos - r * inverse[to];
    g1 -= mass[from] * sin;
    e0 += low * cos - (mass[base.nodes.length] - mass[to]);
    e1 -= low * sin;
  }
  const scale = isNarrow ? r : 1;
  const above = [scale * (cos * g0 - sin * g1), scale * (cos * g1 + sin * g0)] as const;
  const m = isNarrow ? ([g0 + e0, -Math.abs(g1 + e1)] as const) : ([e0, -Math.abs(e1)] as const);
  // e / g, where w m/(1+m) is 1 + e/g for the narrow, r e/g for the other.
  const size = g0 * g0 + g1 * g1;
  const q0 = (e0 * g0 + e1 * g1) / size;
  const q1 = (e1 * g0 - e0 * g1) / size;
  if (isNarrow) {
    const lnRatio = 0.5 * Math.log1p(2 * q0 + q0 * q0 + q1 * q1);
    return { m, above, ratio: [1 + q0, q1], lnRatio };
  }
  return { m, above, ratio: [q0, q1], lnRatio: t + Math.log(Math.hypot(q0, q1)) };
}

/** Adds the parts of `g = Σ ω/(w - d)` and `e = Σ ω d/(w - d)`, `w = x + i y`. */
function accumulate(
  { nodes, weights }: Rule,
  from: number,
  to: number,
  unit: number,
  x: number,
  y: number,
  sums: Float64Array,
): void {
  let g0 = 0;
  let g1 = 0;
  let e0 = 0;
  let e1 = 0;
  const y2 = y * y;
  for (let i = from; i < to; i++) {
    const node = nodes[i] * unit;
    const u = x - node;
    const k = weights[i] / (u * u + y2);
    const ku = k * u;
    g0 += ku;
    g1 -= k;
    e0 += ku * node;
    e1 -= k * node;
  }
  sums[0] += g0;
  sums[1] += g1 * y;
  sums[2] += e0;
  sums[3] += e1 * y;
}

/** `E arg(w - d)`. */
function meanAngle(
  base: Rule & Totals,
  patch: Rule | null,
  isNarrow: boolean,
  t: number,
  theta: number,
): number {
  const r = Math.exp(t);
  const half = Math.sin(0.5 * theta);
  const x = isNarrow ? Math.expm1(t) - 2 * r * half * half : Math.cos(theta);
  const y = isNarrow ? r * Math.sin(theta) : Math.sin(theta);
  const unit = isNarrow ? 1 : 1 / r;
  const [from, to] = isNarrow ? [0, base.nodes.length] : windowOf(base, r);
  let sum = theta * base.mass[from] + Math.PI * (base.mass[base.nodes.length] - base.mass[to]);
  for (let i = from; i < to; i++) {
    sum += base.weights[i] * Math.atan2(y, x - base.nodes[i] * unit);
  }
  if (patch === null) return sum;
  for (let i = 0; i < patch.nodes.length; i++) {
    sum += patch.weights[i] * Math.atan2(y, x - patch.nodes[i] * unit);
  }
  return sum;
}

/** Running sums over the nodes of a rule: entry i is the sum over nodes before i, of `inverse` from i on. */
interface Totals {
  readonly mass: Float64Array;
  readonly first: Float64Array;
  readonly inverse: Float64Array;
}

function withTotals({ nodes, weights }: Rule): Rule & Totals {
  const count = nodes.length;
  const mass = new Float64Array(count + 1);
  const first = new Float64Array(count + 1);
  const inverse = new Float64Array(count + 1);
  for (let i = 0; i < count; i++) {
    mass[i + 1] = mass[i] + weights[i];
    first[i + 1] = first[i] + weights[i] * nodes[i];
  }
  for (let i = count - 1; i >= 0; i--) inverse[i] = inverse[i + 1] + weights[i] / nodes[i];
  return { nodes, weights, mass, first, inverse };
}

/** `e^39`: beyond this factor the smaller of d and w adds less than half an ulp to their difference. */
const FAR = 8.7e16;

/** Indices of the nodes within a factor `FAR` of r, from and to before. */
function windowOf({ nodes }: Rule, r: number): [number, number] {
  return [firstFrom(nodes, r / FAR), firstFrom(nodes, r * FAR)];
}

/** Index of the first node that is at least `value`. */
function firstFrom(nodes: Float64Array, value: number): number {
  let [low, high] = [0, nodes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (nodes[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

const lnOf = ({ isNarrow }: SlopeLaw, node: number): number =>
  isNarrow ? Math.log1p(node) : Math.log(node);

/** Distance in ln w from a value of d at which a band ends there. */
const BESIDE = 1e-13;

function bandsBetween(gaps: readonly Band[], cuts: readonly number[]): Band[] {
  const bands: Band[] = [];
  let low = -Infinity;
  for (const gap of gaps) {
    const inner = cuts.filter((t) => t > low + BESIDE && t < gap.low - BESIDE);
    const ends = [low, ...inner, gap.low];
    if (gap.low > low) {
      ends.slice(1).forEach((high, i) => {
        bands.push({
          low: i === 0 ? low : ends[i] + BESIDE,
          high: high === gap.low ? high : high - BESIDE,
        });
      });
    }
    low = Math.max(low, gap.high);
  }
  return bands;
}

/**
 * The atoms of `J Jᵀ`: at 0 the mass that d has there; a free product of L laws has one at another
 * `d₁ … d_L` if the masses of the d exceed L - 1 together, which only equal ones can; Gaussian weights spread these.
 * Reference: Bercovici and Voiculescu 1998, for the atoms of free convolutions
 */
function atomsOf(
  law: SlopeLaw,
  weights: WeightLaw,
  depth: number,
): { lnLambda: number; mass: number }[] {
  return law.atoms.flatMap(({ node, mass }) => {
    const lnD = lnOf(law, node);
    if (lnD === -Infinity) return [{ lnLambda: lnD, mass }];
    const rest = 1 - depth * (1 - mass);
    if (weights === 'gaussian' || !(rest > 1e-12)) return [];
    return [{ lnLambda: depth * lnD, mass: rest }];
  });
}
