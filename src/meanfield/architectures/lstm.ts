import { activation } from '../../activation/index.ts';
import { cellLaw, type CellLaw } from './cell-law.ts';
import { approachedFixedPoint, depthScale, stableCorrelation } from './fixed-points.ts';
import {
  checkGates,
  checkInput,
  preactivation,
  sigmoidGate,
  type CandidateLaw,
  type GateLaw,
  type RecurrentPoint,
  type SequenceInput,
} from './gate.ts';
import { checkForgets } from './minimal-rnn.ts';
import { outputCovariance, outputMoment, slopeMoment } from './outputs.ts';

/** The four maps of an LSTM. */
export interface LstmLaws {
  readonly input: GateLaw;
  readonly forget: GateLaw;
  readonly output: GateLaw;
  /** What is written into the cell. */
  readonly candidate: CandidateLaw;
}

/** An LSTM at its fixed point. */
export interface LstmPoint extends RecurrentPoint {
  /** `E c²` of the cell state. */
  readonly cell: number;
  /** `E f²`: what the cell alone keeps of a squared difference; `χ₁` is at least that. */
  readonly forget2: number;
  /** Correlation at which the cell states of two sequences settle. */
  readonly cellC: number;
}

const tanh = activation('tanh');

/**
 * The LSTM `c_t = f ⊙ c_{t-1} + i ⊙ g`, `h_t = o ⊙ tanh(c_t)`: `E c² = E i² E g² / (1 - E f²)`, `Q* = E o² E tanh² c` over the law of
 * the cell, which is not Gaussian (`cellLaw`), and `χ₁` as the growth of small differences of `(c, h)`. The gates of
 * different steps count as independent, as with weights drawn anew at each step. Weights that are kept make states that
 * remember themselves and are larger: networks of width 1000 with R = 1 and all variances ⅓ (PyTorch's default) had 3 % more,
 * with all variances 1 and 2 some 9 % and 5 %, those whose recurrent weights outweigh the input several times as much. For two
 * sequences
 * `E c c' = E i i' E g g' / (1 - E f f')` is exact, while `E tanh c tanh c'` is that of Gaussian cells, scaled to be exact for equal
 * ones. `RangeError` for negative variances and where the forget gate lets nothing go in float64.
 * Reference: Gilboa et al. 2019, arXiv:1901.08987; derived here
 */
export function lstm(laws: LstmLaws, inputs: SequenceInput): LstmPoint {
  const where = 'lstm';
  const { input, forget, output, candidate } = laws;
  checkGates(where, { input, forget, output, candidate });
  checkInput(where, inputs);
  const { R, correlation = 1 } = inputs;
  const f = sigmoidGate(forget.biasMean ?? 0);
  const i = sigmoidGate(input.biasMean ?? 0);
  const o = sigmoidGate(output.biasMean ?? 0);
  checkForgets(where, outputMoment(f, preactivation(forget, 1, R)), 'forget gate');

  const lawAt = (Q: number): CellLaw =>
    cellLaw({
      meanF: forget.biasMean ?? 0,
      qF: preactivation(forget, Q, R),
      meanI: input.biasMean ?? 0,
      qI: preactivation(input, Q, R),
      qG: preactivation(candidate, Q, R),
    });
  const next = (Q: number): number =>
    outputMoment(o, preactivation(output, Q, R)) * lawAt(Q).squash;
  // From the state 0 up, or, where nothing drives it, down from 1.
  const first = next(0);
  const hidden = approachedFixedPoint(next, first > 0 ? first : 1);
  const law = lawAt(hidden);
  const [qF, qI, qO, qG] = [forget, input, output, candidate].map((gate) =>
    preactivation(gate, hidden, R),
  );
  const output2 = outputMoment(o, qO);
  const chi1 = law.growth({
    f: forget.sigmaW2,
    i: input.sigmaW2,
    g: candidate.sigmaW2,
    output2,
    output: output.sigmaW2 * slopeMoment(o, qO),
  });
  const shared = { hidden, cell: law.second, forget2: outputMoment(f, qF), chi1 };
  const equal = { ...shared, cStar: 1, cellC: 1, chiC: chi1, memory: depthScale(chi1) };
  if (hidden === 0) return equal;

  /** Covariances of the gates of two sequences whose hidden states have covariance `K`. */
  const pair = (K: number): { kept: number; written: number; read: number } => {
    const S = correlation * R;
    const written =
      outputCovariance(i, qI, qI, preactivation(input, K, S)) *
      outputCovariance(tanh, qG, qG, preactivation(candidate, K, S));
    return {
      kept: outputCovariance(f, qF, qF, preactivation(forget, K, S)),
      written,
      read: outputCovariance(o, qO, qO, preactivation(output, K, S)),
    };
  };
  const shape = law.squash / outputMoment(tanh, law.second);
  const squashed = (cell: number): number =>
    shape * outputCovariance(tanh, law.second, law.second, cell);
  const settle = (K: number): { cell: number; hidden: number } => {
    const { kept, written, read } = pair(K);
    const cell = Math.min(law.second, written / (1 - kept));
    return { cell, hidden: read * squashed(cell) };
  };
  const isSame = correlation === 1 || R === 0;
  const cStar = stableCorrelation((c) => settle(c * hidden).hidden / hidden, isSame ? chi1 : null);
  if (cStar === 1) return equal;

  // Two numbers move: the covariances of cells and of hidden states.
  const K = cStar * hidden;
  const { cell } = settle(K);
  const move = (kCell: number, kHidden: number): readonly [number, number] => {
    const { kept, written, read } = pair(kHidden);
    const after = kept * kCell + written;
    return [after, read * squashed(after)];
  };
  const chiC = leadingEigenvalue(move, cell, K);
  return { ...shared, cStar, cellC: cell / law.second, chiC, memory: depthScale(chiC) };
}

/** Larger eigenvalue of the Jacobian of a map of the plane, by central differences. */
function leadingEigenvalue(
  move: (x: number, y: number) => readonly [number, number],
  x: number,
  y: number,
): number {
  const [hx, hy] = [1e-4 * x + 1e-9, 1e-4 * y + 1e-9];
  const [right, left] = [move(x + hx, y), move(x - hx, y)];
  const [up, down] = [move(x, y + hy), move(x, y - hy)];
  const [a, c] = [(right[0] - left[0]) / (2 * hx), (right[1] - left[1]) / (2 * hx)];
  const [b, d] = [(up[0] - down[0]) / (2 * hy), (up[1] - down[1]) / (2 * hy)];
  return 0.5 * (a + d + Math.sqrt((a - d) ** 2 + 4 * b * c));
}
