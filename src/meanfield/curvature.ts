import { overPreactivation, type Nonlinearity } from '../activation/index.ts';
import { chi1At } from './variance-map.ts';

/**
 * `χ₂ = σw² E φ''(√q z)²`, second derivative of the covariance map at c = 1 in units of the covariance. Infinite where `φ`
 * has kinks or jumps. `φ''` is taken by differences of `φ'`, to a relative error of about 1e-10.
 * `RangeError` unless `q` is positive and finite.
 * Reference: Poole et al. 2016, eq. 9, arXiv:1606.05340
 */
export function chi2At(phi: Nonlinearity, sigmaW2: number, q: number): number {
  if (!(q > 0 && Number.isFinite(q))) {
    throw new RangeError(`chi2At: q must be positive and finite, got ${q}`);
  }
  const { df, breakpoints, jumps = [] } = phi;
  const hasKinks = breakpoints.some((b) => {
    const beside = 1e-7 * Math.max(1, Math.abs(b));
    return Math.abs(df(b + beside) - df(b - beside)) > 1e-4 * (1 + Math.abs(df(b - beside)));
  });
  if (hasKinks || jumps.length > 0) return Infinity;
  const ends = breakpoints.flatMap((b) => [b - 3 * STEP, b, b + 3 * STEP]);
  const second = (x: number): number => slopeAt(df, breakpoints, x);
  return sigmaW2 * overPreactivation({ ...phi, breakpoints: ends }, q, (x) => second(x) ** 2);
}

/**
 * The curvature map `κ² ↦ 3 χ₂/χ₁² + κ²/χ₁` of a curve of inputs, at a fixed point `q`: `κ²` is the square of the extrinsic
 * curvature times the number of units, `1/q` for a circle of radius `√(N q)`. At `χ₁ > 1` it settles at
 * `3 χ₂ / (χ₁ (χ₁ - 1))` while the curve's length grows by `√χ₁` per layer.
 * `RangeError` unless `q` is positive and `kappa2` finite and not negative.
 * Reference: Poole et al. 2016, eq. 8, arXiv:1606.05340
 */
export function curvatureMap(
  phi: Nonlinearity,
  sigmaW2: number,
  q: number,
  kappa2: number,
): number {
  if (!(kappa2 >= 0 && Number.isFinite(kappa2))) {
    throw new RangeError(`curvatureMap: kappa2 must be finite and not negative, got ${kappa2}`);
  }
  const chi1 = chi1At(phi, sigmaW2, q);
  return (3 * chi2At(phi, sigmaW2, q)) / (chi1 * chi1) + kappa2 / chi1;
}

/** Step of the differences; their error is a few times the sixth power of it. */
const STEP = 2 ** -7;

/** Weights of a derivative from values at 0 … 6 steps on one side. */
const ONE_SIDED = [-49 / 20, 6, -15 / 2, 20 / 3, -15 / 4, 6 / 5, -1 / 6] as const;

/** Derivative by differences of sixth order, on one side of every breakpoint. */
function slopeAt(f: (x: number) => number, breakpoints: readonly number[], x: number): number {
  for (const b of breakpoints) {
    if (Math.abs(x - b) >= 3 * STEP) continue;
    const step = x > b ? STEP : -STEP;
    let sum = 0;
    for (const [k, weight] of ONE_SIDED.entries()) sum += weight * f(x + k * step);
    return sum / step;
  }
  const odd = (k: number): number => f(x + k * STEP) - f(x - k * STEP);
  return (45 * odd(1) - 9 * odd(2) + odd(3)) / (60 * STEP);
}
