import { derivativeSecondMoment, secondMoment, type Nonlinearity } from '../activation/index.ts';
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
 * `χ₁ = σw² E φ'(√q z)²`: factor per layer of the second moment of gradients, and slope of the correlation
 * map at c = 1 where `q` is a fixed point.
 * Reference: Schoenholz et al. 2017, eq. 5, arXiv:1611.01232
 */
export function chi1At(phi: Nonlinearity, sigmaW2: number, q: number): number {
  if (q === 0) return sigmaW2 * phi.df(0) ** 2;
  return sigmaW2 * derivativeSecondMoment(phi, q);
}
