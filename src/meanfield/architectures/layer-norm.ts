import type { Nonlinearity } from '../../activation/index.ts';
import { checkVariances, type Variances } from '../variances.ts';
import { checkPositive } from './checks.ts';
import { depthScale, stableCorrelation } from './fixed-points.ts';
import { outputCovariance, outputMoment, slopeCovariance, slopeMoment } from './outputs.ts';

/** What layers `φ(LN(W x + b))` do to signals and gradients. */
export interface LayerNormPoint {
  /** Second moment of the pre-activations in front of the normalisation. */
  readonly q: number;
  /** `χ`, factor per layer of the second moment of gradients; also the slope of the correlation map at 1. */
  readonly chi: number;
  /** Stable fixed point of the correlation of two inputs. */
  readonly cStar: number;
  /** Slope of the correlation map at `c*`. */
  readonly chiC: number;
  /** `ξ_c = -1 / ln χ_c` in layers. */
  readonly xiC: number;
}

/**
 * Layer normalisation of pre-activations in the wide limit: `φ` sees variance 1 (`gain²` with a gain), so
 * `χ = gain² σw² E φ'(gain z)² / (σw² E φ(gain z)² + σb²)` at every layer, whatever enters. `RangeError` for negative
 * variances, a gain that is not positive, and where pre-activations have no variance to divide by.
 * Reference: Ba et al. 2016, arXiv:1607.06450; with Poole et al. 2016, eqs. 3 and 5, arXiv:1606.05340, at q = 1
 */
export function layerNormPoint(
  phi: Nonlinearity,
  variances: Variances,
  gain: number = 1,
): LayerNormPoint {
  const where = 'layerNormPoint';
  checkVariances(where, variances);
  checkPositive(where, 'gain', gain);
  const { sigmaW2, sigmaB2 } = variances;
  const gain2 = gain * gain;
  const q = sigmaW2 * outputMoment(phi, gain2) + sigmaB2;
  if (!(q > 0)) {
    throw new RangeError(
      `${where}: σw² E φ² + σb² must be above 0 to be divided by, got ${q}; raise sigmaW2 above 0`,
    );
  }
  const map = (c: number): number =>
    (sigmaW2 * outputCovariance(phi, gain2, gain2, c * gain2) + sigmaB2) / q;
  const chi = (sigmaW2 * gain2 * slopeMoment(phi, gain2)) / q;
  const cStar = stableCorrelation(map, chi);
  const chiC =
    cStar === 1 ? chi : (sigmaW2 * gain2 * slopeCovariance(phi, gain2, gain2, cStar * gain2)) / q;
  return { q, chi, cStar, chiC, xiC: depthScale(chiC) };
}
