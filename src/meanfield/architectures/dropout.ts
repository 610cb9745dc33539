import type { Nonlinearity } from '../../activation/index.ts';
import { findFixedPoint } from '../fixed-point.ts';
import { momentsOf } from '../moments.ts';
import { chi1At, varianceMap } from '../variance-map.ts';
import { checkVariances, type Variances } from '../variances.ts';
import { checkKeepRate } from './checks.ts';
import { depthScale, stableCorrelation } from './fixed-points.ts';
import { outputCovariance, slopeCovariance, slopeMoment } from './outputs.ts';

/** What dropout makes of a network in the wide limit. */
export interface DropoutPoint {
  /** Fixed point of `q = σw² E φ(√q z)² / ρ + σb²`; for a homogeneous `φ` without bias 0, `Infinity`, or 1 for all. */
  readonly qStar: number;
  /** Stable fixed point of the correlation of two inputs, or of one input under two masks; below 1 for ρ < 1. */
  readonly cStar: number;
  /** `χ₁ = σw² E φ'(√q* z)² / ρ`, factor per layer of the second moment of gradients. */
  readonly chi1: number;
  /** `χ_c = σw² E φ'(u₁) φ'(u₂)` at `c*`: slope of the correlation map. */
  readonly chiC: number;
  /** `ξ_c = -1 / ln χ_c` in layers, finite for ρ < 1. */
  readonly xiC: number;
  /** `ξ_∇ = 1 / |ln χ₁|` in layers. */
  readonly xiGradient: number;
}

/**
 * The correlation map with dropout, `C(c) = (σw² E φ(u₁) φ(u₂) + σb²) / (σw² E φ(u)² / ρ + σb²)` over Gaussians of
 * variance `q` and covariance `c q`: masks of two inputs are independent, so `C(1) < 1` where ρ < 1.
 * Reference: Schoenholz et al. 2017, the part on dropout, arXiv:1611.01232
 */
export function dropoutCorrelationMap(
  phi: Nonlinearity,
  variances: Variances,
  { keepRate, q }: { readonly keepRate: number; readonly q: number },
): (c: number) => number {
  checkKeepRate('dropoutCorrelationMap', keepRate);
  checkVariances('dropoutCorrelationMap', variances);
  const { sigmaW2, sigmaB2 } = variances;
  const next = varianceMap(phi, { sigmaW2: sigmaW2 / keepRate, sigmaB2 }, q);
  return (c) => (sigmaW2 * outputCovariance(phi, q, q, c * q) + sigmaB2) / next;
}

/**
 * Fixed points and depth scales of a network that keeps each activation with rate `ρ` and divides it by `ρ`
 * (inverted dropout). `RangeError` for a rate outside (0, 1], negative variances, and where signals grow without
 * bound although biases are there, with the `σw²` below which they do not.
 * Reference: Schoenholz et al. 2017, the part on dropout, arXiv:1611.01232
 */
export function dropoutPoint(
  phi: Nonlinearity,
  variances: Variances,
  keepRate: number,
): DropoutPoint {
  const where = 'dropoutPoint';
  checkVariances(where, variances);
  checkKeepRate(where, keepRate);
  const { sigmaW2, sigmaB2 } = variances;
  const widened = { sigmaW2: sigmaW2 / keepRate, sigmaB2 };
  const qStar = fixedPoint(where, phi, variances, keepRate);
  // A homogeneous φ without bias does the same to correlations at every q.
  const q = phi.homogeneous && sigmaB2 === 0 ? 1 : qStar;
  const chi1 = chi1At(phi, widened.sigmaW2, q);

  const next = q === 0 ? 0 : varianceMap(phi, widened, q);
  if (!(next > 0)) {
    // Nothing is left but the linear part of φ.
    const chiC = sigmaW2 * slopeMoment(phi, 0);
    return { qStar, cStar: keepRate < 1 ? 0 : 1, chi1, chiC, ...scales(chiC, chi1) };
  }
  const atC = (c: number): number =>
    (sigmaW2 * outputCovariance(phi, q, q, c * q) + sigmaB2) / next;
  const slope = (c: number): number => (sigmaW2 * q * slopeCovariance(phi, q, q, c * q)) / next;
  const cStar = stableCorrelation(atC, keepRate < 1 ? null : slope(1));
  const chiC = slope(cStar);
  return { qStar, cStar, chi1, chiC, ...scales(chiC, chi1) };
}

function scales(chiC: number, chi1: number): { xiC: number; xiGradient: number } {
  return { xiC: depthScale(chiC), xiGradient: depthScale(chi1) };
}

function fixedPoint(
  where: string,
  phi: Nonlinearity,
  variances: Variances,
  keepRate: number,
): number {
  const { sigmaW2, sigmaB2 } = variances;
  const from = (weights: number): number =>
    findFixedPoint(momentsOf(phi), phi, { sigmaW2: weights / keepRate, sigmaB2 });
  const qStar = from(sigmaW2);
  if (!Number.isNaN(qStar)) return qStar;
  // Without biases the scale of a homogeneous φ does not matter.
  if (phi.homogeneous && sigmaB2 === 0) return Infinity;
  let [solvable, not] = [0, sigmaW2];
  while (not - solvable > 1e-9 * not) {
    const middle = 0.5 * (solvable + not);
    if (Number.isNaN(from(middle))) not = middle;
    else solvable = middle;
  }
  throw growing(where, variances, keepRate, solvable);
}

function growing(
  where: string,
  { sigmaW2, sigmaB2 }: Variances,
  keepRate: number,
  limit: number,
): RangeError {
  return new RangeError(
    `${where}: q = σw² E φ² / ρ + σb² must have a solution, got none for σw² = ${sigmaW2}, ` +
      `σb² = ${sigmaB2} and ρ = ${keepRate}, as signals grow without bound; there is one for σw² below ` +
      `${Number(limit.toPrecision(6))}`,
  );
}
