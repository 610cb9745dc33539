import type { Activation } from './activation.ts';
import { rectifierMoments } from './rectifier.ts';

/** `φ(x) = max(x, 0)`. */
export const relu: Activation = {
  name: 'relu',
  f: (x) => Math.max(x, 0),
  df: (x) => (x > 0 ? 1 : 0),
  breakpoints: [0],
  family: 'rectifier',
  homogeneous: true,
  odd: false,
  saturates: { low: 0, high: null },
  ...rectifierMoments(0, 1),
  build: (builder, name, x) => builder.node(name, 'Relu', [x]),
};
