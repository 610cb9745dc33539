import type { Activation } from './activation.ts';
import { rectifierMoments } from './rectifier.ts';

/** `φ(x) = |x|`. */
export const abs: Activation = {
  name: 'abs',
  f: Math.abs,
  df: (x) => (x > 0 ? 1 : -1),
  breakpoints: [0],
  family: 'rectifier',
  homogeneous: true,
  odd: false,
  saturates: { low: null, high: null },
  ...rectifierMoments(-1, 1),
  build: (builder, name, x) => builder.node(name, 'Abs', [x]),
};
