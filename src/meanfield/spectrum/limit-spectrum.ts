import { checkPoints } from './check.ts';
import type { LawCurve, LawPoint } from './curve.ts';
import { sampleLaw } from './sample.ts';
import type { Spectrum } from './spectrum.ts';

/**
 * `smooth`: φ' is smooth at 0 (tanh, erf, arctan); `bernoulli`: φ' is 0 or 1 (hard tanh, shifted ReLU).
 */
export type UniversalityClass = 'smooth' | 'bernoulli';

/**
 * The law of the singular values of a deep critical network with orthogonal weights as `L → ∞` with
 * `σ₀² = L (μ₂/μ₁² - 1)` held fixed, by a q that falls like `1/√L` (Bernoulli: by `1 - p = σ₀²/L`).
 * Smooth: `S(m) = e^{-σ₀² m}`, so `λ = ((1+m)/m) e^{σ₀² m}`, edges where `m = (-1 ± √(1+4/σ₀²))/2`. Bernoulli:
 * `S(m) = e^{-σ₀² m/(1+m)}`, `s_max² = e σ₀²` for `σ₀² > 1`; else the largest eigenvalue is an atom at
 * `e^{σ₀²}` of mass `1 - σ₀²`. For both `m₁ = 1` and `σ² = σ₀²`.
 *
 * `RangeError` unless σ₀² is positive and at most 600.
 * Reference: Pennington et al. 2018, section 4, arXiv:1802.09979
 */
export function limitSpectrum(
  universality: UniversalityClass,
  sigma02: number,
  points: number = 600,
): Spectrum {
  checkSpread('limitSpectrum', 'sigma02', sigma02);
  checkPoints('limitSpectrum', points);
  const curve = universality === 'smooth' ? smoothCurve(sigma02, 0) : bernoulliCurve(sigma02);
  return sampleLaw(curve, { mean: 1, variance: sigma02 }, points);
}

/** What a spectrum is asked of: a residual network. */
export interface ResidualSpectrumOptions {
  /** `c = σw² ⟨φ'²⟩`, mean over layers, for branches `L^{-1/2} D W`: the branches' variance together. */
  readonly c: number;
  /** Points of the density; 600 if not given. */
  readonly points?: number;
}

/**
 * The law of the singular values of a deep residual network, `J = ∏ (I + L^{-1/2} D W)` as `L → ∞`:
 * `G = (zG - 1) e^{c(1-2zG)}`, that is `S(m) = e^{-c(1+2m)}`: `e^c` times the smooth class at `σ₀² = 2c`, the
 * same for every φ and kind of weights. Edges `λ± = ((1+m)/m) e^{c(1+2m)}` at `m = (-1 ± √(1+2/c))/2`,
 * `m₁ = e^c`, `σ² = 2c m₁²`.
 *
 * `RangeError` unless c is positive and at most 150.
 * Reference: Tarnowski et al. 2019, arXiv:1809.08848
 */
export function residualSpectrum({ c, points = 600 }: ResidualSpectrumOptions): Spectrum {
  checkSpread('residualSpectrum', 'c', c, 150);
  checkPoints('residualSpectrum', points);
  const mean = Math.exp(c);
  return sampleLaw(smoothCurve(2 * c, c), { mean, variance: 2 * c * mean * mean }, points);
}

/** Up to where all eigenvalues between the edges are float64. */
const LARGEST = 600;

function checkSpread(where: string, name: string, value: number, most: number = LARGEST): void {
  if (!(value > 0 && value <= most)) {
    throw new RangeError(
      `${where}: ${name} must be positive and at most ${most}, where the eigenvalues at both edges are ` +
        `float64, got ${value}`,
    );
  }
}

/**
 * `λ = e^shift ((1+m)/m) e^{σ₀² m}`. With `η = m/(1+m) = r e^{-iα}` λ is real where
 * `σ₀² r sin α / (1 - 2 r cos α + r²) = α`: each α up to some largest has two r, each the inverse of the other, and
 * as r falls λ rises. The parameter is `t = -ln r`.
 */
function smoothCurve(sigma02: number, shift: number): LawCurve {
  const edge = Math.asinh(0.5 * Math.sqrt(sigma02)) * 2;
  const at = (t: number): LawPoint => {
    const alpha = smoothAngle(sigma02, t);
    const m = massOf(Math.exp(-t), alpha);
    const lnLambda = shift + t + sigma02 * m.re;
    const above = (-m.arg + sigma02 * (m.im + m.re * m.im)) / Math.PI;
    return { lnLambda, density: (-2 / Math.PI) * m.im + 0, above };
  };
  return { bands: [{ low: -edge, high: edge }], at, atoms: [] };
}

/** The α of the smooth class: `cosh t - cos α = σ₀² sin α / (2 α)`, by bisected Newton steps. */
function smoothAngle(sigma02: number, t: number): number {
  // 2 sinh²(t/2) = cosh t - 1, so that nothing cancels for small σ₀².
  const rise = 2 * Math.sinh(t / 2) ** 2;
  const excess = (alpha: number): number =>
    rise + 2 * Math.sin(alpha / 2) ** 2 - (0.5 * sigma02 * Math.sin(alpha)) / alpha;
  let [low, high] = [0, Math.PI];
  if (!(excess(1e-300) < 0)) return 0;
  for (let step = 0; step < 200; step++) {
    const middle = low === 0 && high > 1e-3 ? high / 8 : 0.5 * (low + high);
    if (middle === low || middle === high || high < 1e-150) break;
    if (excess(middle) < 0) low = middle;
    else high = middle;
  }
  return 0.5 * (low + high);
}

/** `m = η/(1-η)` of `η = r e^{-iα}`. */
function massOf(r: number, alpha: number): { re: number; im: number; arg: number } {
  const [cos, sin] = [Math.cos(alpha), Math.sin(alpha)];
  // 1 - η without cancellation near η = 1.
  const half = Math.sin(alpha / 2);
  const [a, b] = [-Math.expm1(Math.log(r)) + 2 * r * half * half, r * sin];
  const size = a * a + b * b;
  return {
    re: (r * cos * a - r * sin * b) / size,
    im: -(r * sin * a + r * cos * b) / size,
    arg: -alpha - Math.atan2(b, a),
  };
}

/**
 * `λ = e^{σ₀² η} / η` with `η = m/(1+m) = r e^{-iα}`, real where `r = α / (σ₀² sin α)`. The parameter is
 * `t = ln(π - α)` for the approach to λ = 0 and ends at the upper edge, α = 0.
 */
function bernoulliCurve(sigma02: number): LawCurve {
  const at = (t: number): LawPoint => {
    const rest = Math.exp(t);
    const alpha = Math.max(Math.PI - rest, 0);
    const sin = alpha < 1 ? Math.sin(alpha) : Math.sin(rest);
    const r = (alpha < 1e-8 ? 1 : alpha / sin) / sigma02;
    const cos = Math.cos(alpha);
    const half = Math.sin(alpha / 2);
    const [a, b] = [1 - r + 2 * r * half * half, r * sin];
    const size = a * a + b * b;
    const lnLambda = sigma02 * r * cos - Math.log(r);
    // m = η/(1-η), its imaginary part is -b/|1-η|².
    return {
      lnLambda,
      density: size > 0 ? ((2 / Math.PI) * b) / size : 0,
      above: (alpha + (1 - sigma02) * Math.atan2(b, a)) / Math.PI,
    };
  };
  const atoms = sigma02 < 1 ? [{ lnLambda: sigma02, mass: 1 - sigma02 }] : [];
  return { bands: [{ low: -Infinity, high: Math.log(Math.PI) }], at, atoms };
}
