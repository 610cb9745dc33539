import { secondMoment, type Nonlinearity } from '../activation/index.ts';
import { kernelOf } from './kernel.ts';
import type { Variances } from './variances.ts';

/** The correlation map at one `q`. */
export interface CorrelationMap {
  /** `C(c)`: correlation of the next layer's pre-activations for two inputs, given that of this one's. */
  readonly at: (c: number) => number;
  /** `C'(c)`; `χ₁` at c = 1. */
  readonly slope: (c: number) => number;
}

/**
 * The correlation map `C(c; q) = (σw² E φ(u₁) φ(u₂) + σb²) / V(q)` of two inputs whose pre-activations have the
 * second moment `q`, a fixed point as a rule, so that `V(q) = q`. At q = 0 it is the limit along fixed
 * points, `σb² → 0`.
 *
 * Everything follows from `D(θ) = E φ'(u₁) φ'(u₂)`, `c = cos θ`, which is smooth in θ also where `φ` has
 * kinks. D is interpolated once per `φ` and `q`, every value afterwards is cheap, and correct to 1e-11 of the
 * distance from 1: `1 - C = σw² (1 - c) r q / V`, where `r` is the mean of D over `[c, 1]`.
 * `RangeError` unless `q` is finite and not negative, and for `c` outside [-1, 1].
 * Reference: Poole et al. 2016, eq. 5, arXiv:1606.05340
 */
export function correlationMap(
  phi: Nonlinearity,
  { sigmaW2, sigmaB2 }: Variances,
  q: number,
): CorrelationMap {
  if (!(q >= 0 && Number.isFinite(q))) {
    throw new RangeError(`correlationMap: q must be finite and not negative, got ${q}`);
  }
  const kernel = kernelOf(phi, q);
  const next = q === 0 ? 0 : sigmaW2 * secondMoment(phi, q) + sigmaB2;
  const factor = q === 0 || next === 0 ? sigmaW2 : (sigmaW2 * q) / next;
  return {
    at: (c) => (c === 1 ? 1 : 1 - factor * (1 - c) * kernel.secant(angleOf(c))),
    slope: (c) => factor * kernel.derivative(angleOf(c)),
  };
}

/** `arccos c` without its loss of digits near c = 1. `RangeError` outside [-1, 1]. */
function angleOf(c: number): number {
  if (!(c >= -1 && c <= 1)) {
    throw new RangeError(`correlationMap: c must lie in [-1, 1], got ${c}`);
  }
  return 2 * Math.asin(Math.sqrt(0.5 * (1 - c)));
}
