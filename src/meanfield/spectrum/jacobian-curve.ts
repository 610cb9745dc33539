import { brent } from '../../numeric/index.ts';
import type { Band, LawCurve, LawPoint } from './curve.ts';
import { gapsOf } from './gaps.ts';
import { crossings, gradedPatch, refinementsFor } from './refine.ts';
import type { Rule, SlopeLaw } from './slope-law.ts';
import { angleVariance, meanAngle, sumsAt, withTotals, type Sums } from './sums.ts';

/** Gaussian: independent elements of variance `σw² / N`; orthogonal: `σw` times a Haar matrix. */
export type WeightLaw = 'gaussian' | 'orthogonal';

/** The law of `J Jᵀ` with its sampling error. */
export interface JacobianCurve extends LawCurve {
  /**
   * N times the variance, at a given λ and large width N, of the fraction of eigenvalues below: what comes of
   * N random units in each layer. The logarithmic potential of the spectrum is stationary in the w of the
   * layers, so π times the error is the sum over layers of that of `E arg(w - d)`.
   */
  readonly massVariance: (t: number) => number;
}

/** An angle that was not resolved is found with cuts for a wrong one, and again. */
const PASSES = 4;

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
export function jacobianCurve(law: SlopeLaw, weights: WeightLaw, depth: number): JacobianCurve {
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

  let guess = 0;
  const solve = (t: number): { patch: Rule | null; theta: number } => {
    if (gaps.some(({ low, high }) => t >= low && t <= high)) return { patch: null, theta: 0 };
    let patch: Rule | null = null;
    let theta = angleFor(null, t, guess);
    const node = law.isNarrow ? Math.expm1(t) : Math.exp(t);
    if (law.intervals.some(([low, high]) => low < node && node < high)) {
      const places = crossings(law, node);
      let depthOfCuts = 0;
      for (let pass = 0; pass < PASSES; pass++) {
        const needed = refinementsFor(law, places, theta);
        const deepest = Math.max(0, ...needed.map(({ levels }) => levels));
        if (deepest <= depthOfCuts) break;
        depthOfCuts = deepest;
        patch = gradedPatch(law, needed);
        theta = angleFor(patch, t, theta);
      }
    }
    guess = theta;
    return { patch, theta };
  };
  const at = (t: number): LawPoint => {
    const { patch, theta } = solve(t);
    const found = point(patch, t, theta);
    return theta === 0 ? { ...found, density: 0 } : found;
  };
  const massVariance = (t: number): number =>
    (depth * angleVariance(law, t, solve(t).theta)) / Math.PI ** 2;

  const gaps = gapsOf(law, isGaussian, depth);
  // Where a value of d has a mass of its own, the density can be infinite or an atom lie: bands end there.
  const cuts = law.atoms
    .filter(({ mass }) => !isGaussian && depth * (1 - mass) < 2)
    .map(({ node }) => lnOf(law, node));
  return {
    bands: bandsBetween(gaps, cuts),
    at,
    atoms: atomsOf(law, weights, depth),
    massVariance,
  };
}

/** Angles below count as none. */
const SMALLEST = 1e-14;
const SPREAD = 1.25;

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
