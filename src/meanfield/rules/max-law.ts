import { bivariateNormalCdf, gaussLegendre, normalCdf, normalPdf } from '../../numeric/index.ts';
import type { Quadrature } from '../../numeric/index.ts';

const PANEL = gaussLegendre(12);

/** Of a panel, at most. */
const WIDTH = 1;

/** Mass that may lie outside the nodes at each end. */
const OUTSIDE = 1e-14;

/**
 * A rule `E g(m) ≈ Σ weights[i] g(nodes[i])` for the maximum m of `n` independent standard normals, whose density
 * is `n φ(x) Φ(x)^(n-1)`: Gauss–Legendre panels that end at the breakpoints.
 */
export function maximumRule(n: number, breakpoints: readonly number[] = []): Quadrature {
  const low = quantile((x) => n * Math.log(normalCdf(x)) < Math.log(OUTSIDE));
  const high = quantile((x) => n * normalCdf(-x) > OUTSIDE);
  const inside = breakpoints.filter((x) => x > low && x < high);
  const ends = [...new Set([low, ...inside, high])].sort((a, b) => a - b);
  const nodes: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i + 1 < ends.length; i++) {
    const count = Math.ceil((ends[i + 1] - ends[i]) / WIDTH);
    const half = (ends[i + 1] - ends[i]) / count / 2;
    for (let panel = 0; panel < count; panel++) {
      for (const [j, node] of PANEL.nodes.entries()) {
        const x = ends[i] + (2 * panel + 1 + node) * half;
        const below = (n - 1) * Math.log(normalCdf(x));
        nodes.push(x);
        weights.push(half * PANEL.weights[j] * n * normalPdf(x) * Math.exp(below));
      }
    }
  }
  return { nodes: Float64Array.from(nodes), weights: Float64Array.from(weights) };
}

/** The last x at which `isBelow` holds, by bisection over all that a normal number can be. */
function quantile(isBelow: (x: number) => boolean): number {
  let [low, high] = [-38, 38];
  while (high - low > 1e-3) {
    const middle = 0.5 * (low + high);
    if (isBelow(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * `P(m ≤ a, m' ≤ b) - P(m ≤ a) P(m' ≤ b)` between the nodes of a rule, row-major: m and m' are maxima of `n`
 * standard normals that are correlated by `rho` in pairs, `P(m ≤ a, m' ≤ b) = Φ₂(a, b; ρ)^n`.
 */
export function maximumDependence(nodes: Float64Array, n: number, rho: number): Float64Array {
  const size = nodes.length - 1;
  const middle = Float64Array.from({ length: size }, (_, i) => 0.5 * (nodes[i] + nodes[i + 1]));
  const below = middle.map(normalCdf);
  const excess = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const apart = Math.exp(n * Math.log(below[i] * below[j]));
      const both = bivariateNormalCdf(middle[i], middle[j], rho);
      const value = both > 0 ? Math.exp(n * Math.log(both)) - apart : -apart;
      excess[i * size + j] = excess[j * size + i] = value;
    }
  }
  return excess;
}

/** `∫∫ D(a, b) dg(a) dg(b)` for g given at the nodes: the covariance of `g(m)` and `g(m')`, by Hoeffding. */
export function hoeffding(dependence: Float64Array, g: Float64Array): number {
  const size = g.length - 1;
  let sum = 0;
  for (let i = 0; i < size; i++) {
    let row = 0;
    for (let j = 0; j < size; j++) row += dependence[i * size + j] * (g[j + 1] - g[j]);
    sum += row * (g[i + 1] - g[i]);
  }
  return sum;
}
