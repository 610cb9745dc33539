import { checkPoints, checkWhole, positive } from './check.ts';
import type { LawCurve, LawPoint } from './curve.ts';
import type { WeightLaw } from './jacobian-curve.ts';
import { sampleLaw } from './sample.ts';
import type { Spectrum } from './spectrum.ts';

/** Which linear network a spectrum is asked of. */
export interface LinearOptions {
  readonly weights: WeightLaw;
  /** `L`, layers of weights. */
  readonly depth: number;
  /** 1 if not given, so that the mean of the squares is 1. */
  readonly sigmaW2?: number;
  /** Points of the density; 600 if not given. */
  readonly points?: number;
}

/**
 * The law of the singular values of a product of `L` square weights in closed form. Orthogonal: one atom at
 * `σw^L`. Gaussian, the Fuss-Catalan law: `λ = σw^{2L} sin^{L+1}((L+1)φ) / (sin φ sin^L(Lφ))`,
 * `s ρ(s) = 2 sin φ sin((L+1)φ) / (π sin(Lφ))`, `0 < φ < π/(L+1)`, with `s_max² = σw^{2L} (L+1)^{L+1} / L^L`,
 * `m₁ = σw^{2L}` and `σ² = L m₁²`.
 *
 * `RangeError` unless the depth is a whole number from 1 on and the moments are float64.
 * Reference: Pennington et al. 2017, eq. 13, arXiv:1711.04735
 */
export function linearSpectrum(options: LinearOptions): Spectrum {
  const { weights, depth: L, sigmaW2 = 1, points = 600 } = options;
  checkWhole('linearSpectrum', 'depth', L);
  positive('linearSpectrum', 'sigmaW2', sigmaW2);
  checkPoints('linearSpectrum', points);
  const lnMean = L * Math.log(sigmaW2);
  const mean = sigmaW2 ** L;
  const isGaussian = weights === 'gaussian';
  const variance = isGaussian ? L * mean * mean : 0;
  if (!(mean > 0 && Number.isFinite(mean * mean * L))) {
    throw new RangeError(
      `linearSpectrum: the squared singular values must be float64, got a mean of ${sigmaW2}^${L}; ` +
        `take sigmaW2 nearer to 1`,
    );
  }
  return sampleLaw(
    isGaussian ? gaussianCurve(L, lnMean) : atomAt(lnMean),
    { mean, variance },
    points,
  );
}

const atomAt = (lnLambda: number): LawCurve => ({
  bands: [],
  at: () => ({ lnLambda, density: 0, above: 0 }),
  atoms: [{ lnLambda, mass: 1 }],
});

/** The parameter is `t = ln(π/(L+1) - φ)`: λ rises with it, and 0 is at minus infinity. */
function gaussianCurve(L: number, lnMean: number): LawCurve {
  const end = Math.PI / (L + 1);
  const at = (t: number): LawPoint => {
    const rest = Math.exp(t);
    const phi = end - rest;
    if (phi <= 1e-12 * end) {
      const edge = lnMean + (L + 1) * Math.log(L + 1) - L * Math.log(L);
      return { lnLambda: edge, density: 0, above: 0 };
    }
    // The sines of (L+1)φ and Lφ, from the end of φ that is the nearer.
    const isLow = phi < end / 2;
    const top = Math.sin((L + 1) * (isLow ? phi : rest));
    const [one, below] = [Math.sin(phi), Math.sin(isLow ? L * phi : end + L * rest)];
    const density = ((2 / Math.PI) * one * top) / below;
    return {
      lnLambda: lnMean + (L + 1) * Math.log(top) - Math.log(one) - L * Math.log(below),
      density,
      above: 1 - rest / end - (L * density) / 2,
    };
  };
  return { bands: [{ low: -Infinity, high: Math.log(end) }], at, atoms: [] };
}
