import { sigmoid, softplus as softenedMax } from '../numeric/index.ts';
import type { Activation } from './activation.ts';

/** `φ(x) = ln(1 + exp x)`. */
export const softplus: Activation = {
  name: 'softplus',
  f: softenedMax,
  df: sigmoid,
  breakpoints: [],
  family: 'smooth_rectifier',
  homogeneous: false,
  odd: false,
  saturates: { low: 0, high: null },
  build: (builder, name, x) => builder.node(name, 'Softplus', [x]),
};
