import type { Activation } from './activation.ts';

/** `φ(x) = x`: no activation. */
export const linear: Activation = {
  name: 'linear',
  f: (x) => x,
  df: () => 1,
  breakpoints: [],
  family: 'linear',
  homogeneous: true,
  odd: true,
  saturates: { low: null, high: null },
  secondMoment: (q) => q,
  derivativeSecondMoment: () => 1,
  covariance: (_q1, _q2, k) => k,
  derivativeCovariance: () => 1,
  build: (_builder, _name, x) => x,
};
