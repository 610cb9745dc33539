import type { Nonlinearity } from '../../activation/index.ts';
import { gaussLegendre } from '../../numeric/index.ts';

/** `g(√q z)` in Hermite polynomials. */
export interface HermiteSeries {
  /** `a_k = E g(√q z) He_k(z) / √k!`. */
  readonly coefficients: Float64Array;
  /** `E g² - Σ a_k²`: what the terms that are left out hold, no less than rounding makes it. */
  readonly tail: number;
  /** `E g²`. */
  readonly square: number;
}

const TERMS = 96;

/** `exp(-z²/4)`, the size of a Hermite function times the root of the density, counts for nothing beyond. */
const REACH = 12.5;

const RULE = gaussLegendre(16);

/** The series of `g`, `φ` or `φ'`, at `q > 0`, where `square = E g²`. */
export function hermiteSeries(
  { breakpoints }: Nonlinearity,
  g: (x: number) => number,
  q: number,
  square: number,
): HermiteSeries {
  const std = Math.sqrt(q);
  const inside = breakpoints.map((x) => x / std).filter((z) => Math.abs(z) < REACH);
  const ends = [...new Set([-REACH, 0, REACH, ...inside])].sort((a, b) => a - b);
  const coefficients = new Float64Array(TERMS);
  for (let e = 0; e + 1 < ends.length; e++) {
    const count = Math.ceil((ends[e + 1] - ends[e]) / 0.8);
    const half = (ends[e + 1] - ends[e]) / count / 2;
    for (let node = 0; node < count * RULE.nodes.length; node++) {
      const [panel, i] = [Math.floor(node / RULE.nodes.length), node % RULE.nodes.length];
      const z = ends[e] + half * (2 * panel + 1 + RULE.nodes[i]);
      const density = Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
      addTerms(coefficients, z, half * RULE.weights[i] * density * g(std * z));
    }
  }
  let sum = 0;
  for (const a of coefficients) sum += a * a;
  return { coefficients, square, tail: Math.max(Math.abs(square - sum), 1e-15 * square) };
}

/** Adds `value · He_k(z) / √k!` to each coefficient. */
function addTerms(coefficients: Float64Array, z: number, value: number): void {
  let [previous, current] = [0, 1];
  for (let k = 0; k < TERMS; k++) {
    coefficients[k] += value * current;
    [previous, current] = [current, (z * current - Math.sqrt(k) * previous) / Math.sqrt(k + 1)];
  }
}

/**
 * `E g(u₁) g(u₂) = Σ a_k a'_k c^k` for Gaussians of correlation `c`; `null` where the terms that are left out, at most
 * `|c|^K √(tail tail')` by Cauchy and Schwarz, could be more than 1e-12 of `√(E g(u₁)² E g(u₂)²)`.
 */
export function seriesCovariance(x: HermiteSeries, y: HermiteSeries, c: number): number | null {
  const missing = Math.abs(c) ** TERMS * Math.sqrt(x.tail * y.tail);
  if (missing > 1e-12 * Math.sqrt(x.square * y.square)) return null;
  let sum = 0;
  for (let k = TERMS - 1; k >= 0; k--) sum = sum * c + x.coefficients[k] * y.coefficients[k];
  return sum;
}
