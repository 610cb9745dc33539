import { sigmoid } from '../numeric/index.ts';
import type { Activation } from './activation.ts';

/** `φ(x) = x / (1 + exp(-x))`, also known as swish. */
export const silu: Activation = {
  name: 'silu',
  f: (x) => x * sigmoid(x),
  df: (x) => sigmoid(x) * (1 + x * sigmoid(-x)),
  breakpoints: [],
  family: 'smooth_rectifier',
  homogeneous: false,
  odd: false,
  saturates: { low: 0, high: null },
  build: (builder, name, x) =>
    builder.node(name, 'Mul', [x, builder.node(`${name}/sigmoid`, 'Sigmoid', [x])]),
};
