import { sigmoid } from '../numeric/index.ts';
import type { Activation } from './activation.ts';

const TWO_SQRT_2_OVER_PI = 2 * Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/** `½ (1 + tanh u) = sigmoid(2u)`; this is `2u`. */
const argument = (x: number): number => TWO_SQRT_2_OVER_PI * (x + CUBIC * x * x * x);

/**
 * `φ(x) = ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))`, the approximation of GELU.
 * Reference: Hendrycks and Gimpel 2016, arXiv:1606.08415
 */
export const geluTanh: Activation = {
  name: 'gelu_tanh',
  f: (x) => x * sigmoid(argument(x)),
  df: (x) => {
    const gate = sigmoid(argument(x));
    const slope = gate * sigmoid(-argument(x));
    // Where the gate is flat its argument may have overflowed.
    if (slope === 0) return gate;
    return gate + x * slope * TWO_SQRT_2_OVER_PI * (1 + 3 * CUBIC * x * x);
  },
  breakpoints: [],
  family: 'smooth_rectifier',
  homogeneous: false,
  odd: false,
  saturates: { low: 0, high: null },
  build: (builder, name, x) => builder.node(name, 'Gelu', [x], { approximate: 'tanh' }),
};
