import { approachedFixedPoint, depthScale, stableCorrelation } from './fixed-points.ts';
import {
  checkGates,
  checkInput,
  closedGate,
  preactivation,
  sigmoidGate,
  type GateLaw,
  type RecurrentPoint,
  type SequenceInput,
} from './gate.ts';
import { outputCovariance, outputMoment, slopeCovariance, slopeMoment } from './outputs.ts';

/** A minimalRNN at its fixed point. */
export interface MinimalRnnPoint extends RecurrentPoint {
  /** `q* = E (W h + V x + b)²`, centred. */
  readonly q: number;
  /** `E u²`: the part of `χ₁` that passes through the open gate. */
  readonly u2: number;
  /** `σw² (Q* + R) E u'²`: the part that moves the gate. */
  readonly gateTerm: number;
}

/**
 * The minimalRNN `h_t = u ⊙ h_{t-1} + (1 - u) ⊙ x_t`, `u = σ(W h_{t-1} + V x_t + b)`:
 * `Q* = R E(1 - u)² / (1 - E u²)`, `χ₁ = E u² + σw² (Q* + R) E u'²`. The gates of different steps count as independent, as
 * with weights drawn anew at each step.
 * `RangeError` for negative variances, and where the gate does not close in float64.
 * Reference: Chen et al. 2018, arXiv:1806.05394; with the term E u², derived here
 */
export function minimalRnn(gate: GateLaw, input: SequenceInput): MinimalRnnPoint {
  const where = 'minimalRnn';
  checkGates(where, { gate });
  checkInput(where, input);
  const { R, correlation = 1 } = input;
  const { sigmaW2, biasMean = 0 } = gate;
  const open = sigmoidGate(biasMean);
  const shut = closedGate(biasMean);
  checkForgets(where, outputMoment(open, preactivation(gate, R, R)), 'gate');

  const next = (Q: number): number => {
    const q = preactivation(gate, Q, R);
    return outputMoment(open, q) * Q + outputMoment(shut, q) * R;
  };
  const hidden = R === 0 ? 0 : approachedFixedPoint(next, R);
  const q = preactivation(gate, hidden, R);
  const u2 = outputMoment(open, q);
  const gateTerm = sigmaW2 * (hidden + R) * slopeMoment(open, q);
  const chi1 = u2 + gateTerm;
  if (hidden === 0) {
    return { hidden, q, u2, gateTerm, chi1, cStar: 1, chiC: chi1, memory: depthScale(chi1) };
  }

  const covarianceOf = (c: number): number => preactivation(gate, c * hidden, correlation * R);
  const map = (c: number): number => {
    const k = covarianceOf(c);
    const kept = outputCovariance(open, q, q, k) * c * hidden;
    return (kept + outputCovariance(shut, q, q, k) * correlation * R) / hidden;
  };
  const cStar = stableCorrelation(map, correlation === 1 ? chi1 : null);
  const k = covarianceOf(cStar);
  const chiC =
    cStar === 1
      ? chi1
      : outputCovariance(open, q, q, k) +
        sigmaW2 * (cStar * hidden + correlation * R) * slopeCovariance(open, q, q, k);
  return { hidden, q, u2, gateTerm, chi1, cStar, chiC, memory: depthScale(chiC) };
}

/** Throws `RangeError` where a gate keeps everything: `E u² = 1` in float64. */
export function checkForgets(where: string, u2: number, gate: string): void {
  if (1 - u2 > 1e-12) return;
  throw new RangeError(
    `${where}: the ${gate} must let go of something, so that states settle, got E u² = ${u2}; take its ` +
      `biasMean below 27`,
  );
}
