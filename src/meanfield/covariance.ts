import type { Nonlinearity } from '../activation/index.ts';
import { angleBetween, gaussianMean, largestCovariance, normalPdf } from '../numeric/index.ts';
import { jumpPairs, jumpsWithSlopes } from './jumps.ts';
import { meshOf } from './mesh.ts';
import { planeMean, type PlaneSide } from './plane-mean.ts';

/**
 * `E φ(u₁) φ(u₂)` over Gaussians of variance `q1` and `q2` and covariance `k`, `|k| ≤ √(q1 q2)`: by the
 * closed form where there is one, else by quadrature split at the kinks, to 1e-12 of `√(E φ(u₁)² E φ(u₂)²)`.
 * `RangeError` for a negative variance and a covariance that is too large.
 * Reference: Poole et al. 2016, eq. 5, arXiv:1606.05340
 */
export function covariance(phi: Nonlinearity, q1: number, q2: number, k: number): number {
  checkCovariance('covariance', q1, q2, k);
  if (q1 === 0 || q2 === 0) return mean(phi, phi.f, q1) * mean(phi, phi.f, q2);
  return phi.covariance?.(q1, q2, k) ?? covarianceByQuadrature(phi, q1, q2, k);
}

/**
 * `E φ'(u₁) φ'(u₂)` over the same Gaussians: the derivative of `covariance` with respect to `k`. Infinite
 * at `k = √(q1 q2)` for equal norms where `φ` jumps.
 */
export function derivativeCovariance(phi: Nonlinearity, q1: number, q2: number, k: number): number {
  checkCovariance('derivativeCovariance', q1, q2, k);
  if (q1 === 0 || q2 === 0) return derivativeAtZero(phi, q1, q2);
  return phi.derivativeCovariance?.(q1, q2, k) ?? derivativeByQuadrature(phi, q1, q2, k);
}

/** `covariance` by quadrature, whether or not a closed form is known; both variances positive. */
export function covarianceByQuadrature(
  phi: Nonlinearity,
  q1: number,
  q2: number,
  k: number,
): number {
  return productMean(phi, phi.f, q1, q2, angleBetween(q1, q2, k));
}

/** `derivativeCovariance` by quadrature, whether or not a closed form is known; both variances positive. */
export function derivativeByQuadrature(
  phi: Nonlinearity,
  q1: number,
  q2: number,
  k: number,
): number {
  const theta = angleBetween(q1, q2, k);
  const smooth = productMean(phi, phi.df, q1, q2, theta);
  if ((phi.jumps ?? []).length === 0) return smooth;
  const pairs = jumpPairs(phi, q1, q2, theta);
  const sharp = pairs === 0 ? 0 : pairs / Math.sin(theta === Math.PI ? 0 : theta);
  return smooth + jumpsWithSlopes(phi, q1, q2, theta) + sharp;
}

/**
 * `E g(u₁) g(u₂)` at the angle θ, `g` one of `φ`, `φ'`; with 10 points per panel to about 1e-9 for less than half
 * of the cost.
 */
export function productMean(
  phi: Nonlinearity,
  g: (x: number) => number,
  q1: number,
  q2: number,
  theta: number,
  points: 10 | 16 = 16,
): number {
  const [std1, std2] = [Math.sqrt(q1), Math.sqrt(q2)];
  if (theta === 0) return lineMean(phi, (z) => g(std1 * z) * g(std2 * z), [std1, std2]);
  if (theta === Math.PI) return lineMean(phi, (z) => g(std1 * z) * g(-std2 * z), [std1, -std2]);
  const reach = reachOf(phi, Math.max(std1, std2));
  const first = sideOf(phi, std1, reach);
  const second = sideOf(phi, std2, reach);
  if (theta <= 0.5 * Math.PI) {
    return planeMean((u1, u2) => g(u1) * g(u2), first, second, theta, reach, q1 === q2, points);
  }
  // Of u₁ and -u₂ the correlation is positive.
  const opposite = mirrored(second);
  return planeMean(
    (u1, u2) => g(u1) * g(-u2),
    first,
    opposite,
    Math.PI - theta,
    reach,
    false,
    points,
  );
}

/** `½ E (φ(u₁) - φ(u₂))² = E φ² - E φ(u₁) φ(u₂)` for equal variances, exact also where it is small. */
export function halfSquaredDistance(phi: Nonlinearity, q: number, theta: number): number {
  if (theta === 0) return 0;
  const { f } = phi;
  const std = Math.sqrt(q);
  if (theta === Math.PI) {
    return lineMean(phi, (z) => 0.5 * (f(std * z) - f(-std * z)) ** 2, [std, -std]);
  }
  const reach = reachOf(phi, std);
  const side = sideOf(phi, std, reach);
  if (theta <= 0.5 * Math.PI) {
    return planeMean((u1, u2) => 0.5 * (f(u1) - f(u2)) ** 2, side, side, theta, reach, true);
  }
  const g = (u1: number, u2: number): number => 0.5 * (f(u1) - f(-u2)) ** 2;
  return planeMean(g, side, mirrored(side), Math.PI - theta, reach, false);
}

function sideOf(phi: Nonlinearity, std: number, reach: number): PlaneSide {
  return { std, mesh: meshOf(phi, 1.5 * reach * std), breakpoints: phi.breakpoints };
}

function mirrored({ std, mesh, breakpoints }: PlaneSide): PlaneSide {
  return {
    std,
    mesh: mesh.map((x) => -x).reverse(),
    breakpoints: breakpoints.map((x) => -x).reverse(),
  };
}

/** Beyond this many standard deviations `φ²` contributes nothing to its average. */
function reachOf({ f }: Nonlinearity, std: number): number {
  const size = f(std) ** 2 + f(-std) ** 2;
  for (const reach of [7.5, 12, 16, 24]) {
    const tail = (f(std * reach) ** 2 + f(-std * reach) ** 2) * normalPdf(reach);
    if (tail <= 1e-13 * size) return reach;
  }
  return 38;
}

/** `E g(z)`, for a function of `φ` at multiples of z. */
function lineMean(phi: Nonlinearity, g: (z: number) => number, factors: readonly number[]): number {
  const places = [...phi.breakpoints, ...(phi.features ?? [])];
  const breakpoints = factors.flatMap((factor) => places.map((x) => x / factor));
  const largest = Math.max(...factors.map(Math.abs));
  for (let x = 1; x < largest; x *= 4) breakpoints.push(-x / largest, x / largest);
  return gaussianMean(g, { breakpoints });
}

function mean(phi: Nonlinearity, g: (x: number) => number, q: number): number {
  if (q === 0) return g(0);
  const std = Math.sqrt(q);
  return lineMean(phi, (z) => g(std * z), [std]);
}

/** Limit of `E φ'(u₁) φ'(u₂)` for a variance, or both, to 0. */
function derivativeAtZero(phi: Nonlinearity, q1: number, q2: number): number {
  const atZero = 0.5 * (phi.df(-Number.MIN_VALUE) + phi.df(Number.MIN_VALUE));
  const part = (q: number): number => (q === 0 ? atZero : mean(phi, phi.df, q));
  return part(q1) * part(q2);
}

function checkCovariance(where: string, q1: number, q2: number, k: number): void {
  for (const [name, value] of [
    ['q1', q1],
    ['q2', q2],
  ] as const) {
    if (!(value >= 0 && Number.isFinite(value))) {
      throw new RangeError(`${where}: ${name} must be finite and not negative, got ${value}`);
    }
  }
  const most = largestCovariance(q1, q2);
  if (!(Math.abs(k) <= most * (1 + 1e-12))) {
    throw new RangeError(
      `${where}: k must be a covariance of variances q1 = ${q1} and q2 = ${q2}, at most ${most} in ` +
        `size, got ${k}`,
    );
  }
}
