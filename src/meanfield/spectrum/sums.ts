import type { Rule, SlopeLaw } from './slope-law.ts';

/** Sums over a law of d at `w = r e^{iθ}`, all in the upper half plane's convention. */
export interface Sums {
  /** `m = E d/(w - d)`. */
  readonly m: readonly [re: number, im: number];
  /** `1 + m = w E 1/(w - d)`. */
  readonly above: readonly [re: number, im: number];
  /** `w m / (1 + m)`, which is 1 for `d = 1`. */
  readonly ratio: readonly [re: number, im: number];
  /** `ln |w m / (1 + m)|`. */
  readonly lnRatio: number;
}

/** `Var arg(w - d)`. */
export function angleVariance({ rule, isNarrow }: SlopeLaw, t: number, theta: number): number {
  const { nodes, weights } = rule;
  const r = Math.exp(t);
  const x = isNarrow ? Math.expm1(t) - 2 * r * Math.sin(theta / 2) ** 2 : r * Math.cos(theta);
  let [first, second] = [0, 0];
  for (let i = 0; i < nodes.length; i++) {
    const angle = Math.atan2(r * Math.sin(theta), x - nodes[i]);
    first += weights[i] * angle;
    second += weights[i] * angle * angle;
  }
  return second - first * first;
}

/** The sums at `w = e^{t + i θ}` over a rule and what is added to it. */
export function sumsAt(
  base: Rule & Totals,
  patch: Rule | null,
  isNarrow: boolean,
  t: number,
  theta: number,
): Sums {
  const [cos, sin] = [Math.cos(theta), Math.sin(theta)];
  const r = Math.exp(t);
  // Narrow: w - 1 - (d - 1), which keeps the digits. Else all in units of r.
  const half = Math.sin(0.5 * theta);
  const x = isNarrow ? Math.expm1(t) - 2 * r * half * half : cos;
  const y = isNarrow ? r * sin : sin;
  const unit = isNarrow ? 1 : 1 / r;
  const sums = new Float64Array(4);
  const [from, to] = isNarrow ? [0, base.nodes.length] : windowOf(base, r);
  accumulate(base, from, to, unit, x, y, sums);
  if (patch !== null) accumulate(patch, 0, patch.nodes.length, unit, x, y, sums);
  let [g0, g1, e0, e1] = sums;
  if (!isNarrow) {
    // d far below w: 1/(w - d) = 1/w, d/(w - d) = d/w; far above: -1/d and -1.
    const { mass, first, inverse } = base;
    const low = first[from] * unit;
    g0 += mass[from] * cos - r * inverse[to];
    g1 -= mass[from] * sin;
    e0 += low * cos - (mass[base.nodes.length] - mass[to]);
    e1 -= low * sin;
  }
  const scale = isNarrow ? r : 1;
  const above = [scale * (cos * g0 - sin * g1), scale * (cos * g1 + sin * g0)] as const;
  const m = isNarrow ? ([g0 + e0, -Math.abs(g1 + e1)] as const) : ([e0, -Math.abs(e1)] as const);
  // e / g, where w m/(1+m) is 1 + e/g for the narrow, r e/g for the other.
  const size = g0 * g0 + g1 * g1;
  const q0 = (e0 * g0 + e1 * g1) / size;
  const q1 = (e1 * g0 - e0 * g1) / size;
  if (isNarrow) {
    const lnRatio = 0.5 * Math.log1p(2 * q0 + q0 * q0 + q1 * q1);
    return { m, above, ratio: [1 + q0, q1], lnRatio };
  }
  return { m, above, ratio: [q0, q1], lnRatio: t + Math.log(Math.hypot(q0, q1)) };
}

/** Adds the parts of `g = Σ ω/(w - d)` and `e = Σ ω d/(w - d)`, `w = x + i y`. */
function accumulate(
  { nodes, weights }: Rule,
  from: number,
  to: number,
  unit: number,
  x: number,
  y: number,
  sums: Float64Array,
): void {
  let g0 = 0;
  let g1 = 0;
  let e0 = 0;
  let e1 = 0;
  const y2 = y * y;
  for (let i = from; i < to; i++) {
    const node = nodes[i] * unit;
    const u = x - node;
    const k = weights[i] / (u * u + y2);
    const ku = k * u;
    g0 += ku;
    g1 -= k;
    e0 += ku * node;
    e1 -= k * node;
  }
  sums[0] += g0;
  sums[1] += g1 * y;
  sums[2] += e0;
  sums[3] += e1 * y;
}

/** `E arg(w - d)`. */
export function meanAngle(
  base: Rule & Totals,
  patch: Rule | null,
  isNarrow: boolean,
  t: number,
  theta: number,
): number {
  const r = Math.exp(t);
  const half = Math.sin(0.5 * theta);
  const x = isNarrow ? Math.expm1(t) - 2 * r * half * half : Math.cos(theta);
  const y = isNarrow ? r * Math.sin(theta) : Math.sin(theta);
  const unit = isNarrow ? 1 : 1 / r;
  const [from, to] = isNarrow ? [0, base.nodes.length] : windowOf(base, r);
  let sum = theta * base.mass[from] + Math.PI * (base.mass[base.nodes.length] - base.mass[to]);
  for (let i = from; i < to; i++) {
    sum += base.weights[i] * Math.atan2(y, x - base.nodes[i] * unit);
  }
  if (patch === null) return sum;
  for (let i = 0; i < patch.nodes.length; i++) {
    sum += patch.weights[i] * Math.atan2(y, x - patch.nodes[i] * unit);
  }
  return sum;
}

/** Running sums over the nodes of a rule: entry i is the sum over nodes before i, of `inverse` from i on. */
export interface Totals {
  readonly mass: Float64Array;
  readonly first: Float64Array;
  readonly inverse: Float64Array;
}

export function withTotals({ nodes, weights }: Rule): Rule & Totals {
  const count = nodes.length;
  const mass = new Float64Array(count + 1);
  const first = new Float64Array(count + 1);
  const inverse = new Float64Array(count + 1);
  for (let i = 0; i < count; i++) {
    mass[i + 1] = mass[i] + weights[i];
    first[i + 1] = first[i] + weights[i] * nodes[i];
  }
  for (let i = count - 1; i >= 0; i--) inverse[i] = inverse[i + 1] + weights[i] / nodes[i];
  return { nodes, weights, mass, first, inverse };
}

/** `e^39`: beyond this factor the smaller of d and w adds less than half an ulp to their difference. */
const FAR = 8.7e16;

/** Indices of the nodes within a factor `FAR` of r, from and to before. */
function windowOf({ nodes }: Rule, r: number): [number, number] {
  return [firstFrom(nodes, r / FAR), firstFrom(nodes, r * FAR)];
}

/** Index of the first node that is at least `value`. */
function firstFrom(nodes: Float64Array, value: number): number {
  let [low, high] = [0, nodes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (nodes[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
