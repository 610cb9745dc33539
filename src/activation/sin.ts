import type { Activation } from './activation.ts';

/** `φ(x) = sin x`, with `E φ² = ½ (1 - exp(-2q))`. */
export const sin: Activation = {
  name: 'sin',
  f: Math.sin,
  df: Math.cos,
  breakpoints: [],
  family: 'periodic',
  homogeneous: false,
  odd: true,
  saturates: { low: null, high: null },
  secondMoment: (q) => -0.5 * Math.expm1(-2 * q),
  derivativeSecondMoment: (q) => 0.5 * (1 + Math.exp(-2 * q)),
  covariance: (q1, q2, k) => {
    const half = 0.5 * (q1 + q2);
    if (Math.abs(k) < 1) return Math.exp(-half) * Math.sinh(k);
    return 0.5 * (Math.exp(k - half) - Math.exp(-k - half));
  },
  derivativeCovariance: (q1, q2, k) =>
    0.5 * (Math.exp(k - 0.5 * (q1 + q2)) + Math.exp(-k - 0.5 * (q1 + q2))),
  build: (builder, name, x) => builder.node(name, 'Sin', [x]),
};
