import { gaussianRule } from '../../../numeric/index.ts';
import type { Elementwise } from '../pairs.ts';

/** Terms of a series. */
const TERMS = 24;

/** A function of one Gaussian, `f(μ + √v z)`, by its first Hermite coefficients `E f he_k(z) / √k!`. */
export interface Series {
  readonly variance: number;
  readonly coefficients: Float64Array;
  /** `E f²`. */
  readonly second: number;
  /** What the coefficients left out of `E f²`. */
  readonly rest: number;
}

/** The coefficients by quadrature that is split where f is not smooth. */
export function seriesOf({ f, breakpoints }: Elementwise, mean: number, variance: number): Series {
  const coefficients = new Float64Array(TERMS);
  const std = Math.sqrt(Math.max(0, variance));
  if (std === 0) {
    const value = f(mean);
    coefficients[0] = value;
    return { variance: 0, coefficients, second: value * value, rest: 0 };
  }
  const { nodes, weights } = gaussianRule(
    breakpoints.map((x) => (x - mean) / std),
    3,
  );
  let second = 0;
  for (let i = 0; i < nodes.length; i++) {
    const z = nodes[i];
    const y = f(mean + std * z);
    second += weights[i] * y * y;
    let [before, now] = [0, weights[i] * y];
    for (let k = 0; k < TERMS; k++) {
      coefficients[k] += now;
      const next = (z * now - Math.sqrt(k) * before) / Math.sqrt(k + 1);
      [before, now] = [now, next];
    }
  }
  let found = 0;
  for (const a of coefficients) found += a * a;
  return { variance, coefficients, second, rest: Math.max(0, second - found) };
}

/** `E f(u) f'(u') = Σ aₖ a'ₖ ρ^k` of Gaussians with this covariance; what the series leave out counts as the next term. */
export function covarianceOf(a: Series, b: Series, covariance: number): number {
  const size = Math.sqrt(a.variance * b.variance);
  const rho = size > 0 ? Math.min(1, Math.max(-1, covariance / size)) : 0;
  let power = 1;
  let sum = 0;
  for (let k = 0; k < TERMS; k++) {
    sum += a.coefficients[k] * b.coefficients[k] * power;
    power *= rho;
  }
  return sum + Math.sqrt(a.rest * b.rest) * power;
}
