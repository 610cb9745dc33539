import {
  derivativeSecondMoment,
  overPreactivation,
  secondMoment,
  type Nonlinearity,
} from '../activation/index.ts';
import type { Variances } from './variances.ts';

/**
 * The variance map `V(q) = σw² E φ(√q z)² + σb²`: second moment of the pre-activations of the next layer,
 * given that of this one.
 * Reference: Poole et al. 2016, eq. 3, arXiv:1606.05340
 */
export function varianceMap(phi: Nonlinearity, { sigmaW2, sigmaB2 }: Variances, q: number): number {
  if (q === 0) return sigmaW2 * phi.f(0) ** 2 + sigmaB2;
  return sigmaW2 * secondMoment(phi, q) + sigmaB2;
}

/**
 * `χ_q = dV/dq = σw² E [z φ(√q z) φ'(√q z)] / √q`: factor per layer of a small error of the second moment where
 * `q` is a fixed point; at q = 0 its limit. No second derivative is needed, so kinks do no harm.
 * Reference: Schoenholz et al. 2017, eq. 6, arXiv:1611.01232, integrated by parts
 */
export function varianceSlope(phi: Nonlinearity, sigmaW2: number, q: number): number {
  return sigmaW2 * secondMomentSlope(phi, q);
}

/** `d/dq E φ(√q z)²`. */
export function secondMomentSlope(phi: Nonlinearity, q: number): number {
  // Without φ(0) = 0 the linear term of φ² at 0 makes the slope E φ'² + φ(0) E φ''.
  if (q === 0) return phi.f(0) === 0 ? squareSlopeAtZero(phi) : secondMomentSlope(phi, 1e-12);
  if (phi.homogeneous) return secondMoment(phi, q) / q;
  const { f, df, jumps = [] } = phi;
  if (jumps.length > 0) {
    return overPreactivation(phi, q, (x) => (0.5 * f(x) ** 2 * (x * x - q)) / (q * q));
  }
  return overPreactivation(phi, q, (x) => (x * f(x) * df(x)) / q);
}

/**
 * `χ₁ = σw² E φ'(√q z)²`: factor per layer of the second moment of gradients, and slope of the correlation
 * map at c = 1 where `q` is a fixed point; at q = 0 its limit. Infinite where `φ` jumps.
 * Reference: Schoenholz et al. 2017, eq. 5, arXiv:1611.01232
 */
export function chi1At(phi: Nonlinearity, sigmaW2: number, q: number): number {
  if (q === 0) return sigmaW2 === 0 ? 0 : sigmaW2 * squareSlopeAtZero(phi);
  return sigmaW2 === 0 ? 0 : sigmaW2 * derivativeSecondMoment(phi, q);
}

/** `½ (φ'(0-)² + φ'(0+)²)`, the limit of `E φ'(√q z)²` for q → 0. */
export function squareSlopeAtZero({ df, breakpoints, jumps = [] }: Nonlinearity): number {
  if (jumps.some(({ at }) => at === 0)) return Infinity;
  if (!breakpoints.includes(0)) return df(0) ** 2;
  return 0.5 * (df(-Number.MIN_VALUE) ** 2 + df(Number.MIN_VALUE) ** 2);
}
