import type { Nonlinearity } from '../activation/index.ts';
import { gaussianMean } from '../numeric/index.ts';

/**
 * `E φ(u₁) φ(u₂)` over Gaussians of variance `q1` and `q2` and covariance `k`, `|k| ≤ √(q1 q2)`: by the
 * closed form where there is one, else by quadrature split at the kinks.
 */
export function covariance(phi: Nonlinearity, q1: number, q2: number, k: number): number {
  return phi.covariance?.(q1, q2, k) ?? byQuadrature(phi, phi.f, q1, q2, k);
}

/** `E φ'(u₁) φ'(u₂)` over the same Gaussians: the derivative of `covariance` with respect to `k`. */
export function derivativeCovariance(phi: Nonlinearity, q1: number, q2: number, k: number): number {
  return phi.derivativeCovariance?.(q1, q2, k) ?? byQuadrature(phi, phi.df, q1, q2, k);
}

/** `E g(u₁) g(u₂)`, `u₁ = √q₁ z₁`, `u₂ = √q₂ (c z₁ + √(1 - c²) z₂)`. */
function byQuadrature(
  { breakpoints }: Nonlinearity,
  g: (x: number) => number,
  q1: number,
  q2: number,
  k: number,
): number {
  const [std1, std2] = [Math.sqrt(q1), Math.sqrt(q2)];
  const c = Math.min(1, Math.max(-1, k / (std1 * std2)));
  const s = Math.sqrt((1 - c) * (1 + c));
  const inner = (z1: number): number => {
    if (s === 0) return g(std2 * c * z1);
    const kinks = breakpoints.map((x) => (x / std2 - c * z1) / s);
    return gaussianMean((z2) => g(std2 * (c * z1 + s * z2)), { breakpoints: kinks });
  };
  const kinks = breakpoints.map((x) => x / std1);
  return gaussianMean((z1) => g(std1 * z1) * inner(z1), { breakpoints: kinks, tolerance: 1e-12 });
}
