import type { Nonlinearity } from '../../activation/index.ts';
import { approachedFixedPoint, depthScale, stableCorrelation } from './fixed-points.ts';
import {
  checkGates,
  checkInput,
  preactivation,
  type CandidateLaw,
  type RecurrentPoint,
  type SequenceInput,
} from './gate.ts';
import { outputCovariance, outputMoment, slopeCovariance, slopeMoment } from './outputs.ts';

/** A vanilla recurrent network at its fixed point. */
export interface VanillaRnnPoint extends RecurrentPoint {
  /** `q* = E (W h + V x + b)²`. */
  readonly q: number;
}

/**
 * The recurrent network `h_t = φ(W h_{t-1} + V x_t + b)`: `q = σw² E φ(√q z)² + σv² R + σb²`, `χ₁ = σw² E φ'²`, and a
 * correlation map in which the inputs count as a bias of correlation `Σ`. `RangeError` for negative variances and
 * where states grow without bound.
 * Reference: Chen et al. 2018, arXiv:1806.05394
 */
export function vanillaRnn(
  phi: Nonlinearity,
  law: CandidateLaw,
  input: SequenceInput,
): VanillaRnnPoint {
  const where = 'vanillaRnn';
  checkGates(where, { law });
  checkInput(where, input);
  const { R, correlation = 1 } = input;
  const { sigmaW2 } = law;
  const q = approachedFixedPoint((x) => preactivation(law, outputMoment(phi, x), R), 1);
  if (q === Infinity) {
    throw new RangeError(
      `${where}: q = σw² E φ² + σv² R + σb² must have a solution, got none for ${phi.name} and sigmaW2 = ` +
        `${sigmaW2}, as states grow without bound; there is one for sigmaW2 below ${Number(
          (1e12 / outputMoment(phi, 1e12)).toPrecision(6),
        )}`,
    );
  }
  const hidden = outputMoment(phi, q);
  const chi1 = sigmaW2 * slopeMoment(phi, q);
  if (q === 0) return { hidden, q, chi1, cStar: 1, chiC: chi1, memory: depthScale(chi1) };

  const map = (c: number): number =>
    preactivation(law, outputCovariance(phi, q, q, c * q), correlation * R) / q;
  const isFresh = correlation < 1 && law.sigmaV2 * R > 0;
  const c = stableCorrelation(map, isFresh ? null : chi1);
  const chiC = c === 1 ? chi1 : sigmaW2 * slopeCovariance(phi, q, q, c * q);
  const cStar = c === 1 ? 1 : outputCovariance(phi, q, q, c * q) / hidden;
  return { hidden, q, chi1, cStar, chiC, memory: depthScale(chiC) };
}
