import type { Nonlinearity } from '../../activation/index.ts';
import { checkPoints, checkWhole, positive } from './check.ts';
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
  /**
   * Second moment of the pre-activations, the same in all layers: a fixed point of the variance map. 0 stands for
   * its limit from above.
   */
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
  const lnMean = depth * Math.log(sigmaW2 * law.mean);
  const chi1 = sigmaW2 * law.mean;
  checkRange(chi1, depth, relative);
  const mean = chi1 ** depth;
  if (chi1 === 0) return nothing();
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

/** The spectrum where φ' is zero all over: all singular values are 0. */
function nothing(): Spectrum {
  return {
    sMax: 0,
    sMin: 0,
    mean: 0,
    variance: 0,
    deciles: Array.from({ length: 9 }, () => 0),
    atoms: [{ s: 0, mass: 1 }],
    density: { s: [], rho: [], cdf: [] },
  };
}

function checkOptions({ depth, sigmaW2, q, points = 600 }: JacobianOptions): void {
  checkWhole('jacobianSpectrum', 'depth', depth);
  positive('jacobianSpectrum', 'sigmaW2', sigmaW2);
  if (!(q >= 0 && Number.isFinite(q))) {
    throw new RangeError(
      `jacobianSpectrum: q must be a second moment, finite and not negative, got ${q}`,
    );
  }
  checkPoints('jacobianSpectrum', points);
}

/** ln of the largest variance: `s_max⁴` and four powers of e are still float64. */
const LARGEST = 690;

/** Mean and variance of the squares are to be float64, neither 0 nor infinite. */
function checkRange(chi1: number, depth: number, relative: number): void {
  const lnMean = depth * Math.log(chi1);
  const room = LARGEST - Math.log(Math.max(relative, 1));
  if (chi1 === 0 || (2 * lnMean <= room && lnMean >= -LARGEST)) return;
  const limit = chi1 > 1 ? room / 2 : -LARGEST;
  throw new RangeError(
    `jacobianSpectrum: the mean χ₁^L of the squared singular values and its square must be float64, got ` +
      `χ₁ = ${chi1} and L = ${depth}; at this χ₁ depths up to ${Math.floor(limit / Math.log(chi1))} have one`,
  );
}
