import type { Activation } from './activation.ts';

/** `φ(x) = arctan x`. */
export const arctan: Activation = {
  name: 'arctan',
  f: Math.atan,
  df: (x) => 1 / (1 + x * x),
  breakpoints: [],
  family: 'sigmoidal',
  homogeneous: false,
  odd: true,
  saturates: { low: -Math.PI / 2, high: Math.PI / 2 },
  build: (builder, name, x) => builder.node(name, 'Atan', [x]),
};
