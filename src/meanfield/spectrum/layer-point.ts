import type { Rule, SlopeLaw } from './slope-law.ts';

/** A complex number. */
export type Complex = readonly [re: number, im: number];

export const times = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];

export const over = ([a, b]: Complex, [c, d]: Complex): Complex => {
  const size = c * c + d * d;
  return [(a * c + b * d) / size, (b * c - a * d) / size];
};

/** One law of d at `w = e^v`, `v = t + i θ`. */
export interface LayerPoint {
  /** `ρ = ln(w m/(1+m))`, `m = E d/(w - d)`: 0 for `d = 1`. */
  readonly rho: Complex;
  /** `dρ/dv`. */
  readonly slope: Complex;
}

/** `ρ` and its derivative at `w = e^{t + i θ}`, over the rule of a law and what is added to it. */
export function layerPoint(
  { rule, isNarrow }: Pick<SlopeLaw, 'rule' | 'isNarrow'>,
  patch: Rule | null,
  t: number,
  theta: number,
): LayerPoint {
  const [cos, sin] = [Math.cos(theta), Math.sin(theta)];
  const r = Math.exp(t);
  // Narrow: w - 1 - (d - 1), which keeps the digits. Else all in units of r.
  const half = Math.sin(0.5 * theta);
  const x = isNarrow ? Math.expm1(t) - 2 * r * half * half : cos;
  const y = isNarrow ? r * sin : sin;
  const unit = isNarrow ? 1 : 1 / r;
  const sums = new Float64Array(8);
  accumulate(rule, unit, x, y, sums);
  if (patch !== null) accumulate(patch, unit, x, y, sums);
  const [g0, g1, e0, e1, gg0, gg1, ee0, ee1] = sums;
  const [g, e, g2, e2]: readonly Complex[] = [
    [g0, g1],
    [e0, e1],
    [gg0, gg1],
    [ee0, ee1],
  ];
  const q = over(e, g);
  const change = over(g2, g);
  if (isNarrow) {
    // e sums d - 1: w m/(1+m) = 1 + e/g.
    const rho: Complex = [
      0.5 * Math.log1p(2 * q[0] + q[0] * q[0] + q[1] * q[1]),
      Math.atan2(q[1], 1 + q[0]),
    ];
    const [a, b] = times(q, change);
    const [c, d] = over(e2, g);
    return { rho, slope: over(times([r * cos, r * sin], [a - c, b - d]), [1 + q[0], q[1]]) };
  }
  const [c, d] = over(e2, e);
  return {
    rho: [t + Math.log(Math.hypot(q[0], q[1])), Math.atan2(q[1], q[0])],
    slope: times([cos, sin], [change[0] - c, change[1] - d]),
  };
}

/** Beyond this ratio of d to w a term of the sums is what it is for infinite d. */
const LARGEST_NODE = 1e75;

/** Adds `Σ ω/(w - d)`, `Σ ω d/(w - d)`, `Σ ω/(w - d)²` and `Σ ω d/(w - d)²`. */
function accumulate(
  { nodes, weights }: Rule,
  unit: number,
  x: number,
  y: number,
  sums: Float64Array,
): void {
  let [g0, g1, e0, e1, gg0, gg1, ee0, ee1] = sums;
  const y2 = y * y;
  for (let i = 0; i < nodes.length; i++) {
    const node = Math.min(nodes[i] * unit, LARGEST_NODE);
    const u = x - node;
    const size = 1 / (u * u + y2);
    const k0 = u * size;
    const k1 = -y * size;
    const weight = weights[i];
    g0 += weight * k0;
    g1 += weight * k1;
    const square0 = weight * (k0 * k0 - k1 * k1);
    const square1 = weight * 2 * k0 * k1;
    gg0 += square0;
    gg1 += square1;
    e0 += weight * node * k0;
    e1 += weight * node * k1;
    ee0 += node * square0;
    ee1 += node * square1;
  }
  sums[0] = g0;
  sums[1] = g1;
  sums[2] = e0;
  sums[3] = e1;
  sums[4] = gg0;
  sums[5] = gg1;
  sums[6] = ee0;
  sums[7] = ee1;
}

/** `E arg(w - d)` over the rule of a law and what is added to it. */
export function angleMean(
  { rule, isNarrow }: Pick<SlopeLaw, 'rule' | 'isNarrow'>,
  patch: Rule | null,
  t: number,
  theta: number,
): number {
  const r = Math.exp(t);
  const half = Math.sin(0.5 * theta);
  const x = isNarrow ? Math.expm1(t) - 2 * r * half * half : Math.cos(theta);
  const y = isNarrow ? r * Math.sin(theta) : Math.sin(theta);
  const unit = isNarrow ? 1 : 1 / r;
  let sum = 0;
  for (const { nodes, weights } of patch === null ? [rule] : [rule, patch]) {
    for (let i = 0; i < nodes.length; i++) sum += weights[i] * Math.atan2(y, x - nodes[i] * unit);
  }
  return sum;
}
