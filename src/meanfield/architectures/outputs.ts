import { firstMoment, type Nonlinearity } from '../../activation/index.ts';
import { covariance, derivativeCovariance } from '../covariance.ts';
import { chi1At, varianceMap } from '../variance-map.ts';

// Averages over Gaussian pre-activations that also hold where a variance is 0.

/** `E φ(√q z)`, `q ≥ 0`. */
export function meanOutput(phi: Nonlinearity, q: number): number {
  return q === 0 ? phi.f(0) : firstMoment(phi, q);
}

/** `E φ(√q z)²`, `q ≥ 0`. */
export function outputMoment(phi: Nonlinearity, q: number): number {
  return varianceMap(phi, { sigmaW2: 1, sigmaB2: 0 }, q);
}

/** `E φ'(√q z)²`, `q ≥ 0`. */
export function slopeMoment(phi: Nonlinearity, q: number): number {
  return chi1At(phi, 1, q);
}

/**
 * `E φ(u₁) φ(u₂)` over Gaussians of variance `q1`, `q2 ≥ 0` and covariance `k`; a `k` beyond `±√(q1 q2)` by
 * rounding counts as that bound.
 */
export function outputCovariance(phi: Nonlinearity, q1: number, q2: number, k: number): number {
  if (k === 0 || q1 === 0 || q2 === 0) return meanOutput(phi, q1) * meanOutput(phi, q2);
  if (q1 === q2 && k >= q1) return outputMoment(phi, q1);
  const bound = Math.sqrt(q1) * Math.sqrt(q2);
  if (phi.homogeneous) return bound * covariance(phi, 1, 1, Math.min(1, Math.max(-1, k / bound)));
  return covariance(phi, q1, q2, Math.min(bound, Math.max(-bound, k)));
}

/** `E φ'(u₁) φ'(u₂)` over the same Gaussians. */
export function slopeCovariance(phi: Nonlinearity, q1: number, q2: number, k: number): number {
  if (k === 0 || q1 === 0 || q2 === 0) return meanSlope(phi, q1) * meanSlope(phi, q2);
  if (q1 === q2 && k >= q1) return slopeMoment(phi, q1);
  const bound = Math.sqrt(q1) * Math.sqrt(q2);
  if (phi.homogeneous) {
    return derivativeCovariance(phi, 1, 1, Math.min(1, Math.max(-1, k / bound)));
  }
  return derivativeCovariance(phi, q1, q2, Math.min(bound, Math.max(-bound, k)));
}

/** `E φ'(√q z)`, jumps of `φ` included: `E z φ(√q z) / √q`. */
function meanSlope(phi: Nonlinearity, q: number): number {
  if (q === 0) return phi.df(0);
  const std = Math.sqrt(q);
  return firstMoment({ ...phi, f: (x) => (x * phi.f(x)) / (std * std), odd: false }, q);
}
