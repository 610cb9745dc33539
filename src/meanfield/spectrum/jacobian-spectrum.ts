import type { Nonlinearity } from '../../activation/index.ts';
import { depthOneCurve } from './depth-one.ts';
import { jacobianCurve, type WeightLaw } from './jacobian-curve.ts';
import { sampleLaw } from './sample.ts';
import { slopeLaw } from './slope-law.ts';
import type { Spectrum } from './spectrum.ts';

/** Which network a spectrum is asked of. */
export interface JacobianOptions {
  readonly weights: WeightLaw;
  /** `L`, layers of weights, each followed by φ. */
  readonly depth: number;
  /** Gaussian: `Var W = σw² / N`; orthogonal: `Wᵀ W = σw² I`. */
  readonly sigmaW2: number;
  /** Second moment of the pre-activations, the same in all layers: a fixed point of the variance map. */
  readonly q: number;
  /** Points of the density; 600 if not given. */
  readonly points?: number;
}

/**
 * The law of the singular values of the input-output Jacobian `J = D_L W_L … D_1 W_1`,
 * `D = diag φ'(h)`, of a wide network of square layers whose pre-activations h are Gaussian of variance q. Its moments
 * are `m₁ = (σw² μ₁)^L` and `σ² = m₁² L (μ₂/μ₁² - 1 - s₁)`, `μ_k = E φ'(√q z)^{2k}`, `s₁` = -1
 * for Gaussian, 0 for orthogonal weights.
 *
 * Pre-activations beyond nine standard deviations count as not there: where the slope of φ goes on to change
 * further out, less than 1e-18 of the singular values lie beyond the edges.
 *
 * `RangeError` for depths that are not whole numbers from 1 on, variances that are not positive, a slope
 * without second moment, and where the eigenvalues leave the range of float64.
 * Reference: Pennington et al. 2017, section 3, arXiv:1711.04735; Pennington et al. 2018, arXiv:1802.09979
 */
export function jacobianSpectrum(phi: Nonlinearity, options: JacobianOptions): Spectrum {
  const { weights, depth, sigmaW2, q, points = 600 } = options;
  checkOptions(options);
  const law = slopeLaw('jacobianSpectrum', phi, q);
  const s1 = weights === 'gaussian' ? -1 : 0;
  const relative = depth * (law.spread2 - s1);
  const lnMean = depth * (Math.log(sigmaW2) + Math.log(law.mean));
  checkRange(phi.name, depth, sigmaW2 * law.mean, lnMean, relative);
  const mean = (sigmaW2 * law.mean) ** depth;
  const moments = { mean, variance: mean * mean * relative };
  const unscaled =
    weights === 'orthogonal' && depth === 1
      ? depthOneCurve(law)
      : jacobianCurve(law, weights, depth);
  const curve = {
    bands: unscaled.bands,
    at: (t: number) => {
      const point = unscaled.at(t);
      return { ...point, lnLambda: point.lnLambda + lnMean };
    },
    atoms: unscaled.atoms.map(({ lnLambda, mass }) => ({
      lnLambda: lnLambda === -Infinity ? -Infinity : lnLambda + lnMean,
      mass,
    })),
  };
  return sampleLaw(curve, moments, points);
}

function checkOptions({ depth, sigmaW2, q, points = 600 }: JacobianOptions): void {
  if (!(Number.isInteger(depth) && depth >= 1)) {
    throw new RangeError(`jacobianSpectrum: depth must be a whole number from 1 on, got ${depth}`);
  }
  if (!(sigmaW2 > 0 && Number.isFinite(sigmaW2))) {
    throw new RangeError(
      `jacobianSpectrum: sigmaW2 must be a variance, finite and positive, got ${sigmaW2}`,
    );
  }
  if (!(q >= 0 && Number.isFinite(q))) {
    throw new RangeError(
      `jacobianSpectrum: q must be a second moment, finite and not negative, got ${q}`,
    );
  }
  if (!(Number.isInteger(points) && points >= 1)) {
    throw new RangeError(
      `jacobianSpectrum: points must be a whole number from 1 on, got ${points}`,
    );
  }
}

/** ln of the largest variance that is a float64, with room for `s_max⁴`. */
const LARGEST = 680;

function checkRange(
  name: string,
  depth: number,
  chi: number,
  lnMean: number,
  relative: number,
): void {
  if (lnMean === -Infinity) return;
  const lnVariance = 2 * lnMean + Math.log(Math.max(relative, 1));
  if (lnVariance <= LARGEST && lnMean >= -LARGEST) return;
  const most = Math.floor(
    lnMean > 0
      ? (LARGEST - Math.log(Math.max(relative, 1))) / (2 * Math.log(chi))
      : -LARGEST / Math.log(chi),
  );
  throw new RangeError(
    `jacobianSpectrum: the squared singular values must be float64, got a mean of ${chi}^${depth} for ` +
      `${name}, χ₁ to the power of the depth; at this χ₁ depths up to ${most} are, or take σw² = ` +
      `${'1/E φ'}'² to have χ₁ = 1`,
  );
}
