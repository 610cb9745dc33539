import type { Nonlinearity } from '../activation/index.ts';
import { momentsOf, type Moments } from './moments.ts';
import { squareSlopeAtZero } from './variance-map.ts';

/** The line `χ₁ = 1`, parametrised by the fixed point that it goes with. */
export interface CriticalLine {
  /** `σw²(q) = 1 / E φ'²`. */
  readonly sigmaW2: (q: number) => number;
  /** `σb²(q) = q - σw² E φ²`; where it is negative there is no such network. */
  readonly sigmaB2: (q: number) => number;
  /** `σb²(q) / q`, 0 up to the rounding of moments included. */
  readonly bias: (q: number) => number;
  /** `σw²` of the end `q* → 0, σb² → 0`, where `φ(0) = 0` and `φ'(0) ≠ 0`; else `null`. */
  readonly atZero: number | null;
}

/** Second moments over which the line is looked at. */
export const LOG_RANGE: readonly [low: number, high: number] = [Math.log(1e-8), Math.log(1e12)];

/** `σb²/q` that rounding of the moments can make. */
const NOISE = 1e-13;

/** The critical line of a nonlinearity whose `φ` does not jump. */
export function criticalLine(phi: Nonlinearity, moments: Moments = momentsOf(phi)): CriticalLine {
  const slope2 = squareSlopeAtZero(phi);
  const bias = (q: number): number => {
    const share = 1 - moments.second(q) / (q * moments.derivative(q));
    return Math.abs(share) <= NOISE ? 0 : share;
  };
  return {
    sigmaW2: (q) => 1 / moments.derivative(q),
    sigmaB2: (q) => q * bias(q),
    bias,
    atZero: phi.f(0) === 0 && slope2 > 0 && Number.isFinite(slope2) ? 1 / slope2 : null,
  };
}
