import type { Nonlinearity } from '../../activation/index.ts';
import { varianceMap } from '../variance-map.ts';
import { checkVariances, type Variances } from '../variances.ts';
import { checkCorrelation, checkDepth, checkPositive } from './checks.ts';
import { outputCovariance, slopeCovariance, slopeMoment } from './outputs.ts';

/** Signal and gradients of two inputs in a plain network; index `l` stands for pre-activations of layer `l`. */
export interface GradientCorrelation {
  /** Correlation of the pre-activations, `depth + 1` values, the first as given. */
  readonly c: Float64Array;
  /** Correlation of the two gradients, 1 at the output. */
  readonly r: Float64Array;
}

/**
 * How far gradients shatter with depth in a plain network: `R_l = ∏_{j ≥ l} E φ'(u₁) φ'(u₂) / E φ'(u)²` over the layers
 * behind `l`, with the correlation of each from the correlation map. For ReLU the factor is
 * `1 - arccos(c_l) / π`; it nears 1 as `c_l` does, so that `R` falls like `L⁻³`, not like `2⁻ᴸ`, which takes
 * centring in every layer. `RangeError` for bad variances, depth, q or c, and where signals leave float64.
 * Reference: Balduzzi et al. 2017, theorem 1, arXiv:1702.08591, without its assumption c = 0 in every layer
 */
export function gradientCorrelation(
  phi: Nonlinearity,
  variances: Variances,
  { depth, c, q = 1 }: { readonly depth: number; readonly c: number; readonly q?: number },
): GradientCorrelation {
  const where = 'gradientCorrelation';
  checkVariances(where, variances);
  checkDepth(where, depth);
  checkCorrelation(where, 'c', c);
  checkPositive(where, 'q', q);
  const { sigmaW2, sigmaB2 } = variances;
  const correlations = new Float64Array(depth + 1);
  const factors = new Float64Array(depth);
  let [variance, correlation] = [q, c];
  for (let l = 0; l < depth; l++) {
    correlations[l] = correlation;
    const k = correlation * variance;
    const isSame = correlation === 1;
    factors[l] = isSame
      ? 1
      : slopeCovariance(phi, variance, variance, k) / slopeMoment(phi, variance);
    const next = varianceMap(phi, variances, variance);
    if (!(next > 0 && next < Infinity)) throw outOfRange(where, l + 1, next);
    if (!isSame) {
      const covariance = sigmaW2 * outputCovariance(phi, variance, variance, k) + sigmaB2;
      correlation = Math.min(1, covariance / next);
    }
    // Without biases a homogeneous φ does the same at every scale.
    if (!(phi.homogeneous && sigmaB2 === 0)) variance = next;
  }
  correlations[depth] = correlation;
  const r = new Float64Array(depth + 1);
  r[depth] = 1;
  for (let l = depth - 1; l >= 0; l--) r[l] = r[l + 1] * factors[l];
  return { c: correlations, r };
}

function outOfRange(where: string, layer: number, q: number): RangeError {
  return new RangeError(
    `${where}: the second moment must stay within float64, got ${q} at layer ${layer}; take variances ` +
      `nearer to criticality or a smaller depth`,
  );
}
