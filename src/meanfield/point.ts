import type { Nonlinearity } from '../activation/index.ts';
import { brent } from '../numeric/index.ts';
import { fixedPoint } from './fixed-point.ts';
import { kernelOf, type Kernel } from './kernel.ts';
import { chi1At, varianceSlope } from './variance-map.ts';
import { checkVariances, type Variances } from './variances.ts';

/** `ordered`: gradients vanish, inputs become alike; `chaotic`: gradients explode, inputs become different. */
export type Phase = 'ordered' | 'critical' | 'chaotic';

/**
 * What weights and biases of given variance do to signals in the wide limit, at the fixed point that
 * signals approach. A number that does not exist is `null`; a depth scale that is infinite is `Infinity`.
 */
export interface PhasePoint {
  /** Fixed point of the variance map, `q* = V(q*)`. */
  readonly qStar: number;
  /** Stable fixed point of the correlation map, 1 in the ordered phase. */
  readonly cStar: number;
  /** `χ₁ = σw² E φ'(√q* z)²`, factor of the second moment of gradients per layer. */
  readonly chi1: number;
  /** `χ_c = σw² E φ'(u₁) φ'(u₂)` at `c*`, factor per layer of a small error of the correlation. */
  readonly chiC: number;
  /** `χ_q = V'(q*)`, factor per layer of a small error of the second moment. */
  readonly chiQ: number;
  /** `ξ_q = -1 / ln χ_q` in layers. */
  readonly xiQ: number;
  /** `ξ_c = -1 / ln χ_c` in layers. */
  readonly xiC: number;
  /** `ξ_∇ = 1 / |ln χ₁|` in layers. */
  readonly xiGradient: number;
  readonly phase: Phase;
}

/** `|χ₁ - 1|` that counts as critical: no network has more than 1e8 layers. */
const CRITICAL = 1e-8;

/** `|χ₁ - 1|` below which `c*` is so near to 1 that rounding of a single average shows. */
const NEAR = 1e-3;

/**
 * What a network of given variances does to signals and gradients, at the fixed point `q*` that signals approach from
 * q = 1. `c*` is 1 in the ordered and critical phase, else the root of `σw² r(c) = 1` in [0, 1), where `r` is the
 * secant slope of the covariance to c = 1, so that nothing cancels near criticality. `critical` is
 * `|χ₁ - 1| ≤ 1e-8`. At q* = 0 every number is its limit for σb² → 0.
 *
 * `RangeError` where a variance is negative or not finite and where signals grow without bound.
 * Reference: Schoenholz et al. 2017, eq. 2–9, arXiv:1611.01232
 */
export function phasePoint(phi: Nonlinearity, variances: Variances): PhasePoint {
  checkVariances('phasePoint', variances);
  const { sigmaW2, sigmaB2 } = variances;
  const qStar = fixedPoint(phi, variances);
  const chi1 = chi1At(phi, sigmaW2, qStar);
  const chiQ = varianceSlope(phi, sigmaW2, qStar);
  const phase = phaseOf(chi1);
  // Near the edge the root lies at angles at which a single average is not exact enough.
  const kernel = kernelOf(phi, qStar, Math.abs(chi1 - 1) > NEAR ? 'few' : 'alone');
  const isOrthogonal = phi.odd && sigmaB2 === 0;
  const theta = phase === 'chaotic' ? stableAngle(kernel, sigmaW2, isOrthogonal) : 0;
  const chiC = phase === 'chaotic' ? sigmaW2 * kernel.derivative(theta) : chi1;
  return {
    qStar,
    cStar: theta === RIGHT ? 0 : Math.cos(theta),
    chi1,
    chiC,
    chiQ,
    xiQ: depthScale(chiQ),
    xiC: phase === 'critical' ? Infinity : depthScale(chiC),
    xiGradient: phase === 'critical' ? Infinity : 1 / Math.abs(Math.log(chi1)),
    phase,
  };
}

const RIGHT = 0.5 * Math.PI;

/** The phase that goes with the slope `χ₁`. */
export function phaseOf(chi1: number): Phase {
  if (Math.abs(chi1 - 1) <= CRITICAL) return 'critical';
  return chi1 < 1 ? 'ordered' : 'chaotic';
}

/** `arccos c*` of the chaotic phase: the root of `σw² r(θ) = 1` in (0, π/2]. */
export function stableAngle(kernel: Kernel, sigmaW2: number, isOrthogonal: boolean): number {
  if (isOrthogonal) return RIGHT;
  const excess = (theta: number): number => sigmaW2 * kernel.secant(theta) - 1;
  // C(0) = (σw² (E φ)² + σb²) / q* is not negative, so c* is not either, up to rounding.
  return excess(RIGHT) >= 0 ? RIGHT : brent(excess, 1e-12, RIGHT);
}

/** `-1 / ln |χ|`, the layers over which an error shrinks by e; infinite where it does not shrink. */
export function depthScale(chi: number): number {
  const size = Math.abs(chi);
  return size < 1 ? -1 / Math.log(size) : Infinity;
}
