import { besideCovariance } from '../numeric/index.ts';
import type { Activation } from './activation.ts';

/**
 * `φ(x) = sign x`, 0 at 0: its derivative is a delta, so that `E φ'²` is infinite and gradients are zero almost
 * everywhere. `E φ(u₁) φ(u₂) = 1 - 2θ/π`, `cos θ = k/√(q₁q₂)`.
 * Reference: Williams 1996, Computing with Infinite Networks, eq. 11, for infinitely steep erf
 */
export const sign: Activation = {
  name: 'sign',
  f: Math.sign,
  df: () => 0,
  breakpoints: [0],
  jumps: [{ at: 0, height: 2 }],
  family: 'sigmoidal',
  homogeneous: false,
  odd: true,
  saturates: { low: -1, high: 1 },
  secondMoment: () => 1,
  derivativeSecondMoment: () => Infinity,
  covariance: (q1, q2, k) => (2 / Math.PI) * Math.atan2(k, besideCovariance(q1, q2, k)),
  derivativeCovariance: (q1, q2, k) => 2 / (Math.PI * besideCovariance(q1, q2, k)),
  build: (builder, name, x) => builder.node(name, 'Sign', [x]),
};
