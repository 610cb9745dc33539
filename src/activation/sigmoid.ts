import { sigmoid as logistic } from '../numeric/index.ts';
import type { Activation } from './activation.ts';

/** `φ(x) = 1 / (1 + exp(-x))`. */
export const sigmoid: Activation = {
  name: 'sigmoid',
  f: logistic,
  df: (x) => logistic(x) * logistic(-x),
  breakpoints: [],
  family: 'sigmoidal',
  homogeneous: false,
  odd: false,
  saturates: { low: 0, high: 1 },
  build: (builder, name, x) => builder.node(name, 'Sigmoid', [x]),
};
