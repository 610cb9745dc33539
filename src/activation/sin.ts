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
  build: (builder, name, x) => builder.node(name, 'Sin', [x]),
};
