import { activation } from '../../activation/index.ts';
import { sigmoid, type Quadrature } from '../../numeric/index.ts';
import { preactivation, sigmoidGate, type CandidateLaw, type GateLaw } from './gate.ts';
import { outputCovariance, outputMoment, slopeMoment } from './outputs.ts';

const tanh = activation('tanh');

/** What a candidate state `n` of a GRU contributes, for states of second moment `Q`. */
export interface Candidate {
  /** `E n²`. */
  readonly second: (Q: number) => number;
  /** `E δn²` for `E δh² = 1`. */
  readonly growth: (Q: number) => number;
  /** `E n n'` for two sequences whose states have covariance `K` and inputs `S`. */
  readonly product: (Q: number, K: number, S: number) => number;
}

/** The parameters that make `n`. */
export interface CandidateParts {
  readonly reset: GateLaw;
  readonly candidate: CandidateLaw;
  /** Variance of a bias beside `W h` inside the reset; only for a reset behind the product. */
  readonly recurrentSigmaB2: number;
  readonly R: number;
}

/** `n = tanh(W (r ⊙ h) + V x + b)`: one Gaussian pre-activation of variance `σ_n² E r² Q + σ_v² R + σ_b²`. */
export function resetBefore({ reset, candidate, R }: CandidateParts): Candidate {
  const r = sigmoidGate(reset.biasMean ?? 0);
  const at = (Q: number): { qR: number; reset2: number; qN: number } => {
    const qR = preactivation(reset, Q, R);
    const reset2 = outputMoment(r, qR);
    return { qR, reset2, qN: preactivation(candidate, reset2 * Q, R) };
  };
  return {
    second: (Q) => outputMoment(tanh, at(Q).qN),
    growth: (Q) => {
      const { qR, reset2, qN } = at(Q);
      const moved = reset2 + reset.sigmaW2 * Q * slopeMoment(r, qR);
      return slopeMoment(tanh, qN) * candidate.sigmaW2 * moved;
    },
    product: (Q, K, S) => {
      const { qR, qN } = at(Q);
      const resets = outputCovariance(r, qR, qR, preactivation(reset, K, S));
      return outputCovariance(tanh, qN, qN, preactivation(candidate, resets * K, S));
    },
  };
}

/**
 * `n = tanh(V x + b + r ⊙ (W h + b'))`: given the reset, `a = A + r B` is Gaussian of variance `v = q_A + r² q_B`, and
 * `E B² = q_A q_B / v + (r q_B a / v)²` given `a`. Averages by the trapezoidal rule in every Gaussian direction, to some 1e-7.
 */
export function resetAfter({ reset, candidate, recurrentSigmaB2, R }: CandidateParts): Candidate {
  const mean = reset.biasMean ?? 0;
  const qA = preactivation({ ...candidate, sigmaW2: 0 }, 0, R);
  const recurrent = (k: number): number => candidate.sigmaW2 * k + recurrentSigmaB2;
  const rules = (Q: number): { resets: Quadrature; values: Quadrature; qR: number; qB: number } => {
    const [qR, qB] = [preactivation(reset, Q, R), recurrent(Q)];
    // The poles of σ lie π beside the axis, those of tanh half as far; a step h leaves e^{-2π distance / h}.
    return { qR, qB, resets: trapezoid(0.8, qR, 0.7), values: trapezoid(0.4, qA + qB, 0.4) };
  };
  /** `E g(r, a, v)`. */
  const average = (Q: number, g: (r: number, a: number, v: number) => number): number => {
    const { resets, values, qR, qB } = rules(Q);
    let sum = 0;
    for (const [i, z] of resets.nodes.entries()) {
      const r = sigmoid(mean + Math.sqrt(qR) * z);
      const v = qA + r * r * qB;
      const std = Math.sqrt(v);
      for (const [j, y] of values.nodes.entries()) {
        sum += resets.weights[i] * values.weights[j] * g(r, std * y, v);
      }
    }
    return sum;
  };
  return {
    second: (Q) => average(Q, (_, a) => Math.tanh(a) ** 2),
    growth: (Q) => {
      const qB = recurrent(Q);
      return average(Q, (r, a, v) => {
        const beside = v > 0 ? (qA * qB) / v + ((r * qB * a) / v) ** 2 : 0;
        const moved = reset.sigmaW2 * beside * (r * (1 - r)) ** 2;
        return tanh.df(a) ** 2 * (r * r * candidate.sigmaW2 + moved);
      });
    },
    product: (Q, K, S) => {
      const { resets, values, qR, qB } = rules(Q);
      const kA = preactivation({ ...candidate, sigmaW2: 0 }, 0, S);
      const kB = recurrent(K);
      const [cR, sR] = turn(preactivation(reset, K, S) / qR);
      let sum = 0;
      for (const [i, z1] of resets.nodes.entries()) {
        const r1 = sigmoid(mean + Math.sqrt(qR) * z1);
        const std1 = Math.sqrt(qA + r1 * r1 * qB);
        const first = values.nodes.map((y) => Math.tanh(std1 * y));
        for (const [j, z2] of resets.nodes.entries()) {
          const r2 = sigmoid(mean + Math.sqrt(qR) * (cR * z1 + sR * z2));
          const std2 = Math.sqrt(qA + r2 * r2 * qB);
          const [c, s] = turn((kA + r1 * r2 * kB) / (std1 * std2));
          const weight = resets.weights[i] * resets.weights[j];
          for (let k = 0; k < first.length; k++) {
            let inner = 0;
            for (let l = 0; l < first.length; l++) {
              const y = c * values.nodes[k] + s * values.nodes[l];
              inner += values.weights[l] * Math.tanh(std2 * y);
            }
            sum += weight * values.weights[k] * first[k] * inner;
          }
        }
      }
      return sum;
    },
  };
}

/** Cosine and sine of the angle between two Gaussians of correlation `c`. */
function turn(c: number): readonly [number, number] {
  const cos = Number.isNaN(c) ? 1 : Math.min(1, Math.max(-1, c));
  return [cos, Math.sqrt((1 - cos) * (1 + cos))];
}

/** Equidistant nodes over [-6.5, 6.5], `width / √q` apart, at most `most`. */
function trapezoid(width: number, q: number, most: number): Quadrature {
  const step = Math.min(most, width / Math.sqrt(Math.max(q, Number.MIN_VALUE)));
  const half = Math.ceil(6.5 / step);
  const nodes = Float64Array.from({ length: 2 * half + 1 }, (_, i) => (i - half) * step);
  const weights = nodes.map((z) => Math.exp(-0.5 * z * z));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { nodes, weights: weights.map((weight) => weight / total) };
}
