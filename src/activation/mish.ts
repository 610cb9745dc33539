import { sigmoid, softplus } from '../numeric/index.ts';
import type { Activation } from './activation.ts';

/**
 * `φ(x) = x tanh(softplus x)`.
 * Reference: Misra 2019, arXiv:1908.08681
 */
export const mish: Activation = {
  name: 'mish',
  f: (x) => x * Math.tanh(softplus(x)),
  df: (x) => {
    const gate = Math.tanh(softplus(x));
    return gate + x * (1 - gate) * (1 + gate) * sigmoid(x);
  },
  breakpoints: [],
  family: 'smooth_rectifier',
  homogeneous: false,
  odd: false,
  saturates: { low: 0, high: null },
  build: (builder, name, x) => builder.node(name, 'Mish', [x]),
};
