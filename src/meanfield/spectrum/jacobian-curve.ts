import { brent } from '../../numeric/index.ts';
import type { Band, LawCurve, LawPoint } from './curve.ts';
import { gapsOf } from './gaps.ts';
import { crossings, gradedRule, type Crossing, type Rule, type SlopeLaw } from './slope-law.ts';

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
  const angleFor = (rule: Rule, t: number): number => {
    const excess = (theta: number): number =>
      -chain(sumsAt(rule, law.isNarrow, t, theta)) / theta - 1;
    if (!(excess(SMALLEST) > 0)) return 0;
    return brent(excess, SMALLEST, Math.PI);
  };
  const point = (rule: Rule, t: number, theta: number): LawPoint => {
    const sums = sumsAt(rule, law.isNarrow, t, theta);
    const { m, above, lnRatio } = sums;
    const lnLambda =
      t +
      (depth - 1) * lnRatio +
      (isGaussian ? depth * Math.log(Math.hypot(above[0], above[1])) : 0);
    const turn =
      depth * meanAngle(rule, law.isNarrow, t, theta) +
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
  const at = (t: number): LawPoint => {
    if (gaps.some(({ low, high }) => t >= low && t <= high)) return realPoint(t);
    let rule = law.rule;
    let theta = angleFor(rule, t);
    const node = law.isNarrow ? Math.expm1(t) : Math.exp(t);
    if (law.intervals.some(([low, high]) => low < node && node < high)) {
      const places = crossings(law, node);
      let levels = 0;
      for (let needed = levelsFor(places, theta); needed > levels;) {
        levels = needed;
        rule = gradedRule(law, places, levels);
        theta = angleFor(rule, t);
        needed = levelsFor(places, theta);
      }
    }
    return point(rule, t, theta);
  };
  const realPoint = (t: number): LawPoint => ({ ...point(law.rule, t, 0), density: 0 });

  const gaps = gapsOf(law, isGaussian, depth);
  // Where a value of d has a mass of its own, the density can be infinite or an atom lie: bands end there.
  const cuts = isGaussian ? [] : law.atoms.map(({ node }) => lnOf(law, node));
  return { bands: bandsBetween(gaps, cuts), at, atoms: atomsOf(law, weights, depth) };
}

/** Angles below count as none. */
const SMALLEST = 1e-14;

function sumsAt({ nodes, weights }: Rule, isNarrow: boolean, t: number, theta: number): Sums {
  const [cos, sin] = [Math.cos(theta), Math.sin(theta)];
  // Narrow: w - 1 - (d - 1), which keeps the digits. Else all in units of r.
  const r = Math.exp(t);
  const half = Math.sin(0.5 * theta);
  const x = isNarrow ? Math.expm1(t) - 2 * r * half * half : cos;
  const y = isNarrow ? r * sin : sin;
  const unit = isNarrow ? 1 : 1 / r;
  let g0 = 0;
  let g1 = 0;
  let e0 = 0;
  let e1 = 0;
  for (let i = 0; i < nodes.length; i++) {
    const node = Math.min(nodes[i] * unit, 1e150);
    const u = x - node;
    const k = weights[i] / (u * u + y * y);
    const ku = k * u;
    g0 += ku;
    g1 -= k;
    e0 += ku * node;
    e1 -= k * node;
  }
  g1 *= y;
  e1 *= y;
  const scale = isNarrow ? r : 1;
  const above = [scale * (cos * g0 - sin * g1), scale * (cos * g1 + sin * g0)] as const;
  const m = isNarrow ? ([g0 + e0, g1 + e1] as const) : ([e0, e1] as const);
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

/** `E arg(w - d)`. */
function meanAngle({ nodes, weights }: Rule, isNarrow: boolean, t: number, theta: number): number {
  const r = Math.exp(t);
  const half = Math.sin(0.5 * theta);
  const x = isNarrow ? Math.expm1(t) - 2 * r * half * half : Math.cos(theta);
  const y = isNarrow ? r * Math.sin(theta) : Math.sin(theta);
  const unit = isNarrow ? 1 : 1 / r;
  let sum = 0;
  for (let i = 0; i < nodes.length; i++) {
    sum += weights[i] * Math.atan2(y, x - Math.min(nodes[i] * unit, 1e150));
  }
  return sum;
}

const lnOf = ({ isNarrow }: SlopeLaw, node: number): number =>
  isNarrow ? Math.log1p(node) : Math.log(node);

function bandsBetween(gaps: readonly Band[], cuts: readonly number[]): Band[] {
  const bands: Band[] = [];
  let low = -Infinity;
  for (const gap of gaps) {
    const ends = [low, ...cuts.filter((t) => t > low && t < gap.low), gap.low];
    if (gap.low > low) ends.slice(1).forEach((high, i) => bands.push({ low: ends[i], high }));
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
