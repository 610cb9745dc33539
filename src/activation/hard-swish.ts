import type { Activation } from './activation.ts';

/** `φ(x) = x · min(max(x/6 + ½, 0), 1)`. */
export const hardSwish: Activation = {
  name: 'hard_swish',
  f: (x) => x * Math.min(Math.max(x / 6 + 0.5, 0), 1),
  df: (x) => {
    if (x <= -3) return 0;
    return x <= 3 ? x / 3 + 0.5 : 1;
  },
  breakpoints: [-3, 3],
  family: 'smooth_rectifier',
  homogeneous: false,
  odd: false,
  saturates: { low: 0, high: null },
  build: (builder, name, x) => builder.node(name, 'HardSwish', [x]),
};
