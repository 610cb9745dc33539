import { activation } from '../../activation/index.ts';
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
import { checkForgets } from './minimal-rnn.ts';
import { outputCovariance, outputMoment, slopeCovariance, slopeMoment } from './outputs.ts';

/** The three maps of a GRU. */
export interface GruLaws {
  /** `z`, which keeps the old state. */
  readonly update: GateLaw;
  /** `r`. */
  readonly reset: GateLaw;
  readonly candidate: CandidateLaw;
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

const tanh = activation('tanh');

/**
 * The GRU `h_t = z ⊙ h_{t-1} + (1 - z) ⊙ n`, `n = tanh(W (r ⊙ h_{t-1}) + V x_t + b)` (the reset in front of the product,
 * ONNX `linear_before_reset = 0`):
 * `Q = E z² Q + E(1 - z)² E n²`, `χ₁ = E z² + σ_z² (Q + E n²) E z'² + E(1 - z)² E tanh'² σ_n² (E r² + σ_r² Q E r'²)`, and the same
 * with two sequences for the correlation. The gates of different steps count as independent, as with weights
 * drawn anew at each step. `RangeError` for negative variances, and where the gate does not close in float64.
 * Reference: Gilboa et al. 2019, arXiv:1901.08987; derived here
 */
export function gru(laws: GruLaws, input: SequenceInput): GruPoint {
  const where = 'gru';
  const { update, reset, candidate } = laws;
  checkGates(where, { update, reset, candidate });
  checkInput(where, input);
  const { R, correlation = 1 } = input;
  const keep = sigmoidGate(update.biasMean ?? 0);
  const renew = closedGate(update.biasMean ?? 0);
  const r = sigmoidGate(reset.biasMean ?? 0);
  checkForgets(where, outputMoment(keep, preactivation(update, 1, R)), 'update gate');

  const at = (Q: number): Moments => {
    const [qZ, qR] = [preactivation(update, Q, R), preactivation(reset, Q, R)];
    const reset2 = outputMoment(r, qR);
    const qN = preactivation(candidate, reset2 * Q, R);
    return {
      qZ,
      qR,
      qN,
      update2: outputMoment(keep, qZ),
      reset2,
      candidate2: outputMoment(tanh, qN),
    };
  };
  const next = (Q: number): number => {
    const { qZ, update2, candidate2 } = at(Q);
    return update2 * Q + outputMoment(renew, qZ) * candidate2;
  };
  // From the state 0 up, or, where nothing drives it, down from 1.
  const first = next(0);
  const hidden = approachedFixedPoint(next, first > 0 ? first : 1);
  const moments = at(hidden);
  const { qZ, qR, qN, update2, reset2, candidate2 } = moments;
  const chi1 =
    update2 +
    update.sigmaW2 * (hidden + candidate2) * slopeMoment(keep, qZ) +
    outputMoment(renew, qZ) *
      slopeMoment(tanh, qN) *
      candidate.sigmaW2 *
      (reset2 + reset.sigmaW2 * hidden * slopeMoment(r, qR));
  const shared = { hidden, update2, reset2, candidate2, chi1 };
  if (hidden === 0) return { ...shared, cStar: 1, chiC: chi1, memory: depthScale(chi1) };

  const pair = (c: number): Pair => {
    const [K, S] = [c * hidden, correlation * R];
    const [kZ, kR] = [preactivation(update, K, S), preactivation(reset, K, S)];
    const resets = outputCovariance(r, qR, qR, kR);
    const kN = preactivation(candidate, resets * K, S);
    return { K, kZ, kR, kN, resets, candidates: outputCovariance(tanh, qN, qN, kN) };
  };
  const map = (c: number): number => {
    const { K, kZ, candidates } = pair(c);
    const kept = outputCovariance(keep, qZ, qZ, kZ) * K;
    return (kept + outputCovariance(renew, qZ, qZ, kZ) * candidates) / hidden;
  };
  const cStar = stableCorrelation(map, correlation === 1 || R === 0 ? chi1 : null);
  if (cStar === 1) return { ...shared, cStar, chiC: chi1, memory: depthScale(chi1) };
  const { K, kZ, kR, kN, resets, candidates } = pair(cStar);
  const chiC =
    outputCovariance(keep, qZ, qZ, kZ) +
    update.sigmaW2 * (K + candidates) * slopeCovariance(keep, qZ, qZ, kZ) +
    outputCovariance(renew, qZ, qZ, kZ) *
      slopeCovariance(tanh, qN, qN, kN) *
      candidate.sigmaW2 *
      (resets + reset.sigmaW2 * K * slopeCovariance(r, qR, qR, kR));
  return { ...shared, cStar, chiC, memory: depthScale(chiC) };
}

interface Moments {
  readonly qZ: number;
  readonly qR: number;
  readonly qN: number;
  readonly update2: number;
  readonly reset2: number;
  readonly candidate2: number;
}

interface Pair {
  readonly K: number;
  readonly kZ: number;
  readonly kR: number;
  readonly kN: number;
  readonly resets: number;
  readonly candidates: number;
}
