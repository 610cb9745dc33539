import { gaussLegendre } from './gauss-legendre.ts';
import { normalCdf } from './normal.ts';

const { nodes: NODES, weights: WEIGHTS } = gaussLegendre(24);

/** Shorter rules, for correlations up to these. */
const SHORT = [
  { most: 0.25, rule: gaussLegendre(8) },
  { most: 0.6, rule: gaussLegendre(14) },
] as const;

/** From here on the integral over the correlation is taken from the end ±1. */
const NEAR_ONE = 0.9;

/**
 * Distribution function `Φ₂(a, b; ρ) = P(x ≤ a, y ≤ b)` of standard normals of correlation `rho`, to 1e-15:
 * `∂Φ₂/∂ρ` is the density, which is integrated from `ρ = 0`, where the two are independent, or near
 * `ρ = ±1` from there, with the part that is singular in closed form. `RangeError` unless `|rho| ≤ 1`.
 * Reference: Drezner and Wesolowsky 1990, doi:10.1080/00949659008811236; Genz 2004,
 * doi:10.1023/B:STCO.0000035304.20635.31
 */
export function bivariateNormalCdf(a: number, b: number, rho: number): number {
  if (!(Math.abs(rho) <= 1)) {
    throw new RangeError(`bivariateNormalCdf: rho must be a correlation, got ${rho}`);
  }
  if (a === -Infinity || b === -Infinity) return 0;
  if (a === Infinity) return normalCdf(b);
  if (b === Infinity) return normalCdf(a);
  if (rho > NEAR_ONE) return Math.max(0, normalCdf(Math.min(a, b)) - fromOne(a, b, rho));
  // Φ₂(a, b; ρ) = Φ(a) - Φ₂(a, -b; -ρ)
  if (rho < -NEAR_ONE) {
    const apart = a + b > 0 ? normalCdf(a) - normalCdf(-b) : 0;
    return Math.max(0, apart) + fromOne(a, -b, -rho);
  }
  return Math.max(0, normalCdf(a) * normalCdf(b) + fromZero(a, b, rho));
}

/** `∫ density dρ` from 0 to `rho`, over the angle `arcsin ρ`. */
function fromZero(a: number, b: number, rho: number): number {
  const half = 0.5 * Math.asin(rho);
  const squares = 0.5 * (a * a + b * b);
  const short = SHORT.find(({ most }) => Math.abs(rho) <= most)?.rule;
  const nodes = short?.nodes ?? NODES;
  const weights = short?.weights ?? WEIGHTS;
  let sum = 0;
  for (let i = 0; i < nodes.length; i++) {
    const r = Math.sin(half * (1 + nodes[i]));
    sum += weights[i] * Math.exp((r * a * b - squares) / ((1 - r) * (1 + r)));
  }
  return (half * sum) / (2 * Math.PI);
}

/**
 * `∫ density dρ` from `rho` to 1. With `x = √(1 - ρ²)` the density is `exp(-δ²/2x²) h(x) / 2π`, `δ = a - b`,
 * `h(x) = exp(-ab / (1 + √(1-x²))) / √(1-x²)`; the first terms of h in x² are integrated exactly.
 */
function fromOne(a: number, b: number, rho: number): number {
  const top = Math.sqrt((1 - rho) * (1 + rho));
  if (top === 0) return 0;
  const ab = a * b;
  const delta = Math.abs(a - b);
  const delta2 = delta * delta;
  const last = Math.exp((-0.5 * delta2) / (top * top));
  const c1 = (4 - ab) / 8;
  const c2 = (c1 * (12 - ab)) / 16;
  const j0 = top * last - delta * Math.sqrt(2 * Math.PI) * normalCdf(-delta / top);
  const j1 = (top ** 3 * last - delta2 * j0) / 3;
  const j2 = (top ** 5 * last - delta2 * j1) / 5;
  const scale = Math.exp(-0.5 * ab);
  let sum = 0;
  for (let i = 0; i < NODES.length; i++) {
    const x = 0.5 * top * (1 + NODES[i]);
    const x2 = x * x;
    const root = Math.sqrt(1 - x2);
    const exponent = (-0.5 * delta2) / x2 - 0.5 * ab;
    if (exponent < -745) continue;
    const inner = Math.exp((-ab * (1 - root)) / (2 * (1 + root))) / root;
    sum += WEIGHTS[i] * Math.exp(exponent) * (inner - 1 - c1 * x2 - c2 * x2 * x2);
  }
  const closed = scale === 0 || j0 <= 0 ? 0 : scale * (j0 + c1 * j1 + c2 * j2);
  return (closed + 0.5 * top * sum) / (2 * Math.PI);
}
