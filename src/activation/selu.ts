import type { Activation } from './activation.ts';
import { exponentialMoment, shiftedExponentialMoment } from './exponential-moments.ts';

const ALPHA = 1.6732632423543772;
const SCALE = 1.0507009873554805;

/**
 * `φ(x) = λ x` for `x > 0` and `λ α (exp x - 1)` below, with λ = 1.0507… and α = 1.6733… such that
 * N(0, 1) comes out with mean 0 and variance 1.
 * Reference: Klambauer et al. 2017, eq. 2, arXiv:1706.02515
 */
export const selu: Activation = {
  name: 'selu',
  f: (x) => SCALE * (x > 0 ? x : ALPHA * Math.expm1(x)),
  df: (x) => SCALE * (x > 0 ? 1 : ALPHA * Math.exp(x)),
  breakpoints: [0],
  family: 'smooth_rectifier',
  homogeneous: false,
  odd: false,
  saturates: { low: -SCALE * ALPHA, high: null },
  secondMoment: (q) => SCALE ** 2 * (0.5 * q + ALPHA ** 2 * shiftedExponentialMoment(Math.sqrt(q))),
  derivativeSecondMoment: (q) => SCALE ** 2 * (0.5 + ALPHA ** 2 * exponentialMoment(Math.sqrt(q))),
  build: (builder, name, x) => builder.node(name, 'Selu', [x]),
};
