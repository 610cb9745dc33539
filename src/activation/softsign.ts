import type { Activation } from './activation.ts';

/** `φ(x) = x / (1 + |x|)`, whose second derivative jumps at 0. */
export const softsign: Activation = {
  name: 'softsign',
  f: (x) => x / (1 + Math.abs(x)),
  df: (x) => (1 / (1 + Math.abs(x))) ** 2,
  breakpoints: [0],
  family: 'sigmoidal',
  homogeneous: false,
  odd: true,
  saturates: { low: -1, high: 1 },
  build: (builder, name, x) => builder.node(name, 'Softsign', [x]),
};
