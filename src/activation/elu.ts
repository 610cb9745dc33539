import type { Activation } from './activation.ts';
import { exponentialMoment, shiftedExponentialMoment } from './exponential-moments.ts';
import { positive } from './parameter.ts';

/** `φ(x) = x` for `x > 0` and `alpha · (exp x - 1)` below. */
export function elu(alpha: number = 1): Activation {
  positive('elu', 'alpha', alpha);
  const alpha2 = alpha * alpha;
  return {
    name: 'elu',
    parameter: { name: 'alpha', value: alpha, default: 1, with: elu },
    f: (x) => (x > 0 ? x : alpha * Math.expm1(x)),
    df: (x) => (x > 0 ? 1 : alpha * Math.exp(x)),
    breakpoints: [0],
    family: 'smooth_rectifier',
    homogeneous: false,
    odd: false,
    saturates: { low: -alpha, high: null },
    secondMoment: (q) => 0.5 * q + alpha2 * shiftedExponentialMoment(Math.sqrt(q)),
    derivativeSecondMoment: (q) => 0.5 + alpha2 * exponentialMoment(Math.sqrt(q)),
    build: (builder, name, x) => builder.node(name, 'Elu', [x], { alpha }),
  };
}
