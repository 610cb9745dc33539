import { derivativeSecondMoment, type Nonlinearity } from '../activation/index.ts';
import { gaussLegendre } from '../numeric/index.ts';

/** Numbers of terms that are tried one after another. */
const TERMS = [64, 256, 1024, 4096] as const;

/** What may be missing in `Σ bₖ²`, relative to `E φ'²`. */
const MISSING = 1e-12;

/** `z` beyond which `exp(-z²/4)`, the size of a high Hermite function times the root of the density, counts for nothing. */
const REACH = 12.5;

const RULE = gaussLegendre(16);

/**
 * The squares `bₖ²` of the Hermite coefficients `bₖ = E φ'(√q z) Heₖ(z) / √k!`, so that
 * `E φ'(u₁) φ'(u₂) = Σ bₖ² cᵏ` for every correlation c. As many as it takes for `Σ bₖ² = E φ'²` (Parseval), which
 * makes the sum right for every c at once; `null` where 4096 are too few, since `φ` has kinks or `q` is large.
 * Reference: Daniely et al. 2016, section 4, arXiv:1602.05897
 */
export function hermiteWeights(phi: Nonlinearity, q: number): Float64Array | null {
  const whole = derivativeSecondMoment(phi, q);
  const slopeJumps = phi.breakpoints.some(
    (b) => Math.abs(phi.df(b) - phi.df(b + 1e-9 * Math.max(1, Math.abs(b)))) > 1e-6,
  );
  if (slopeJumps) return null;
  for (const terms of TERMS) {
    const weights = weightsOf(phi, Math.sqrt(q), terms);
    let sum = 0;
    for (const weight of weights) sum += weight;
    if (Math.abs(sum - whole) <= MISSING * whole) return weights;
    // Algebraic decay of what is missing, from a jump of a higher derivative, does not end in time.
    if (terms > 64 && phi.breakpoints.length > 0) return null;
  }
  return null;
}

function weightsOf(phi: Nonlinearity, std: number, terms: number): Float64Array {
  const { nodes, values } = sampled(phi, std, 16 / Math.sqrt(terms));
  const count = nodes.length;
  // Heₖ / √k! by its three-term recurrence.
  let previous = new Float64Array(count);
  let current = new Float64Array(count).fill(1);
  const squares = new Float64Array(terms);
  for (let k = 0; k < terms; k++) {
    let b = 0;
    for (let i = 0; i < count; i++) b += values[i] * current[i];
    squares[k] = b * b;
    const [root, inverse] = [Math.sqrt(k), 1 / Math.sqrt(k + 1)];
    for (let i = 0; i < count; i++) {
      previous[i] = (nodes[i] * current[i] - root * previous[i]) * inverse;
    }
    [previous, current] = [current, previous];
  }
  return squares;
}

/** Nodes of panels up to `width` long that end at breakpoints, with the values of `φ'` times the weights. */
function sampled(
  { df, breakpoints }: Nonlinearity,
  std: number,
  width: number,
): { nodes: Float64Array; values: Float64Array } {
  const inside = breakpoints.map((b) => b / std).filter((z) => Math.abs(z) < REACH);
  const ends = [...new Set([-REACH, 0, ...inside, REACH])].sort((a, b) => a - b);
  const nodes: number[] = [];
  const values: number[] = [];
  for (let e = 0; e + 1 < ends.length; e++) {
    const panels = Math.ceil((ends[e + 1] - ends[e]) / Math.min(1, width));
    const half = (ends[e + 1] - ends[e]) / panels / 2;
    for (let panel = 0; panel < panels; panel++) {
      for (let i = 0; i < RULE.nodes.length; i++) {
        const z = ends[e] + half * (2 * panel + 1 + RULE.nodes[i]);
        const density = Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
        nodes.push(z);
        values.push(half * RULE.weights[i] * density * df(std * z));
      }
    }
  }
  return { nodes: Float64Array.from(nodes), values: Float64Array.from(values) };
}

/** `Σ weights[k] cᵏ`. */
export function powerSum(weights: Float64Array, c: number): number {
  let sum = 0;
  for (let k = weights.length - 1; k >= 0; k--) sum = sum * c + weights[k];
  return sum;
}
