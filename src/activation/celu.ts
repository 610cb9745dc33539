import type { Activation } from './activation.ts';
import { exponentialMoment, shiftedExponentialMoment } from './exponential-moments.ts';
import { positive } from './parameter.ts';

/** `φ(x) = x` for `x > 0` and `alpha · (exp(x/alpha) - 1)` below: ELU with slope 1 on both sides. */
export function celu(alpha: number = 1): Activation {
  positive('celu', 'alpha', alpha);
  return {
    name: 'celu',
    parameter: { name: 'alpha', value: alpha, default: 1, with: celu },
    f: (x) => (x > 0 ? x : alpha * Math.expm1(x / alpha)),
    df: (x) => (x > 0 ? 1 : Math.exp(x / alpha)),
    breakpoints: [0],
    family: 'smooth_rectifier',
    homogeneous: false,
    odd: false,
    saturates: { low: -alpha, high: null },
    secondMoment: (q) => 0.5 * q + alpha * alpha * shiftedExponentialMoment(Math.sqrt(q) / alpha),
    derivativeSecondMoment: (q) => 0.5 + exponentialMoment(Math.sqrt(q) / alpha),
    build: (builder, name, x) => builder.node(name, 'Celu', [x], { alpha }),
  };
}
