import { besideCovariance, normalCdf, normalPdf } from '../numeric/index.ts';
import type { Activation } from './activation.ts';

/**
 * `φ(x) = x Φ(x)`, `Φ` the distribution function of the standard normal.
 * Reference: Tsuchida et al. 2021, arXiv:2002.08517, for the moments
 */
export const gelu: Activation = {
  name: 'gelu',
  f: (x) => x * normalCdf(x),
  df: (x) => normalCdf(x) + x * normalPdf(x),
  breakpoints: [],
  family: 'smooth_rectifier',
  homogeneous: false,
  odd: false,
  saturates: { low: 0, high: null },
  secondMoment: (q) => {
    const root = Math.sqrt(1 + 2 * q);
    return q * (0.25 + (q / ((1 + q) * root) + 0.5 * Math.atan2(q, root)) / Math.PI);
  },
  derivativeSecondMoment: (q) => {
    const root = Math.sqrt(1 + 2 * q);
    const bracket = 1 / (1 + 2 * q) + (1 - q) / (1 + q) + 1;
    return 0.25 + (Math.atan2(q, root) + (q / root) * bracket) / (2 * Math.PI);
  },
  covariance: (q1, q2, k) => {
    const root = determinant(q1, q2, k);
    const bulk = (k * k + q1 * q2 * root * root) / ((1 + q1) * (1 + q2) * root);
    return 0.25 * k + (bulk + k * Math.atan2(k, root)) / (2 * Math.PI);
  },
  derivativeCovariance: (q1, q2, k) => {
    const root = determinant(q1, q2, k);
    const bracket = 1 / (root * root) + (2 + q1 + q2) / ((1 + q1) * (1 + q2));
    return 0.25 + (Math.atan2(k, root) + (k / root) * bracket) / (2 * Math.PI);
  },
  build: (builder, name, x) => builder.node(name, 'Gelu', [x], { approximate: 'none' }),
};

/** `√((1 + q₁)(1 + q₂) - k²)`. */
function determinant(q1: number, q2: number, k: number): number {
  return Math.sqrt(1 + q1 + q2 + besideCovariance(q1, q2, k) ** 2);
}
