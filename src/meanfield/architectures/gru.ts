import { approachedFixedPoint, depthScale, stableCorrelation } from './fixed-points.ts';
import {
  checkGates,
  checkInput,
  closedGate,
  preactivation,
  sigmoidGate,
  type CandidateLaw,
  type GateLaw,
  type RecurrentPoint,
  type SequenceInput,
} from './gate.ts';
import { resetAfter, resetBefore } from './gru-candidate.ts';
import { checkNotNegative } from './checks.ts';
import { checkForgets } from './minimal-rnn.ts';
import { outputCovariance, outputMoment, slopeMoment } from './outputs.ts';

/** The three maps of a GRU. */
export interface GruLaws {
  /** `z`, which keeps the old state. */
  readonly update: GateLaw;
  /** `r`. */
  readonly reset: GateLaw;
  readonly candidate: CandidateLaw;
  /**
   * `before`: `n = tanh(W (r ⊙ h) + V x + b)`, ONNX `linear_before_reset = 0`; `after`: `n = tanh(V x + b + r ⊙ (W h + b'))`,
   * PyTorch, cuDNN and ONNX `linear_before_reset = 1`. `before` if not given.
   */
  readonly resetPlace?: 'before' | 'after';
  /** Variance of `b'`, 0 if not given. */
  readonly recurrentSigmaB2?: number;
}

/** A GRU at its fixed point. */
export interface GruPoint extends RecurrentPoint {
  /** `E z²`: the part of `χ₁` that passes through the open gate. */
  readonly update2: number;
  /** `E r²`. */
  readonly reset2: number;
  /** `E n²` of the candidate state. */
  readonly candidate2: number;
}

/**
 * The GRU `h_t = z ⊙ h_{t-1} + (1 - z) ⊙ n`: `Q = E z² Q + E(1 - z)² E n²`,
 * `χ₁ = E z² + σ_z² (Q + E n²) E z'² + E(1 - z)² E δn²`, with the reset in front of the product
 * `E δn² = E tanh'² σ_n² (E r² + σ_r² Q E r'²)`, and the same with two sequences for the correlation. The gates of
 * different steps count as independent, as with weights drawn anew at each step: states that weights kept for all
 * steps make are larger, where recurrent weights outweigh the input.
 * `RangeError` for negative variances, and where the update gate lets nothing go in float64.
 * Reference: Gilboa et al. 2019, arXiv:1901.08987; derived here
 */
export function gru(laws: GruLaws, input: SequenceInput): GruPoint {
  const where = 'gru';
  const { update, reset, candidate, resetPlace = 'before', recurrentSigmaB2 = 0 } = laws;
  checkGates(where, { update, reset, candidate });
  checkNotNegative(where, 'recurrentSigmaB2', recurrentSigmaB2);
  checkInput(where, input);
  const { R, correlation = 1 } = input;
  const keep = sigmoidGate(update.biasMean ?? 0);
  const renew = closedGate(update.biasMean ?? 0);
  checkForgets(where, outputMoment(keep, preactivation(update, 1, R)), 'update gate');

  const make = resetPlace === 'before' ? resetBefore : resetAfter;
  const state = make({ reset, candidate, recurrentSigmaB2, R });
  const next = (Q: number): number => {
    const q = preactivation(update, Q, R);
    return outputMoment(keep, q) * Q + outputMoment(renew, q) * state.second(Q);
  };
  // From the state 0 up, or, where nothing drives it, down from 1.
  const first = next(0);
  const hidden = approachedFixedPoint(next, first > 0 ? first : 1);
  const q = preactivation(update, hidden, R);
  const candidate2 = state.second(hidden);
  const update2 = outputMoment(keep, q);
  const gateTerm = update.sigmaW2 * (hidden + candidate2) * slopeMoment(keep, q);
  const chi1 = update2 + gateTerm + outputMoment(renew, q) * state.growth(hidden);
  const r = sigmoidGate(reset.biasMean ?? 0);
  const reset2 = outputMoment(r, preactivation(reset, hidden, R));
  const shared = { hidden, update2, reset2, candidate2, chi1 };

  const map = (c: number): number => {
    const [K, S] = [c * hidden, correlation * R];
    const k = preactivation(update, K, S);
    const renewed = outputCovariance(renew, q, q, k) * state.product(hidden, K, S);
    return (outputCovariance(keep, q, q, k) * K + renewed) / hidden;
  };
  const isSame = correlation === 1 || R === 0;
  const cStar = hidden === 0 ? 1 : stableCorrelation(map, isSame ? chi1 : null);
  if (cStar === 1) return { ...shared, cStar, chiC: chi1, memory: depthScale(chi1) };
  const step = 1e-4 * (1 - cStar);
  const chiC = (map(cStar + step) - map(cStar - step)) / (2 * step);
  return { ...shared, cStar, chiC, memory: depthScale(chiC) };
}
