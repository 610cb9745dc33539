import type { Activation } from './activation.ts';

/** `φ(x) = tanh x`. */
export const tanh: Activation = {
  name: 'tanh',
  f: Math.tanh,
  df: (x) => {
    const e = Math.exp(-2 * Math.abs(x));
    return (4 * e) / ((1 + e) * (1 + e));
  },
  breakpoints: [],
  family: 'sigmoidal',
  homogeneous: false,
  odd: true,
  saturates: { low: -1, high: 1 },
  build: (builder, name, x) => builder.node(name, 'Tanh', [x]),
};
