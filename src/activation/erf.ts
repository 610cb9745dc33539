import { besideCovariance, erf as errorFunction } from '../numeric/index.ts';
import type { Activation } from './activation.ts';

/**
 * `φ(x) = erf x = 2/√π ∫₀ˣ exp(-t²) dt`, with `E φ² = 2/π arcsin(2q / (1 + 2q))`.
 * `E φ(u₁) φ(u₂) = 2/π arcsin(2k / √((1 + 2q₁)(1 + 2q₂)))`.
 * Reference: Williams 1996, Computing with Infinite Networks, eq. 11
 */
export const erf: Activation = {
  name: 'erf',
  f: errorFunction,
  df: (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x),
  breakpoints: [],
  family: 'sigmoidal',
  homogeneous: false,
  odd: true,
  saturates: { low: -1, high: 1 },
  secondMoment: (q) => (2 / Math.PI) * Math.atan2(2 * q, Math.sqrt(1 + 4 * q)),
  derivativeSecondMoment: (q) => 4 / (Math.PI * Math.sqrt(1 + 4 * q)),
  covariance: (q1, q2, k) => (2 / Math.PI) * Math.atan2(2 * k, determinant(q1, q2, k)),
  derivativeCovariance: (q1, q2, k) => 4 / (Math.PI * determinant(q1, q2, k)),
  build: (builder, name, x) => builder.node(name, 'Erf', [x]),
};

/** `√((1 + 2q₁)(1 + 2q₂) - 4k²)`. */
function determinant(q1: number, q2: number, k: number): number {
  return Math.sqrt(1 + 2 * q1 + 2 * q2 + (2 * besideCovariance(q1, q2, k)) ** 2);
}
