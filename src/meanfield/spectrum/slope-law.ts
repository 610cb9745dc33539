import type { Nonlinearity } from '../../activation/index.ts';
import { constantsOf, panelsOf, type Panel } from './panels.ts';

/** Values of `d` in units of its mean and their masses. */
export interface Rule {
  /** `d / E d`, or `d / E d - 1` for a narrow law. */
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/** A panel and the range of d over it. */
interface RangedPanel extends Panel {
  readonly least: number;
  readonly most: number;
}

/**
 * The law of `d = φ'(√q z)²`, `z ~ N(0, 1)`, as masses at quadrature nodes: all that a spectrum takes
 * from a nonlinearity.
 */
export interface SlopeLaw {
  /** `μ₁ = E d`. */
  readonly mean: number;
  /** `μ₂/μ₁² - 1`, the relative variance of d. */
  readonly spread2: number;
  /** Whether nodes are stored as deviations from the mean, which keeps the digits of a narrow law. */
  readonly isNarrow: boolean;
  /** One node for each value of d, ascending. */
  readonly rule: Rule;
  /** Values that d has with positive probability, as stored in nodes, ascending. */
  readonly atoms: readonly { readonly node: number; readonly mass: number }[];
  /** Where d has a density, as stored in nodes: disjoint, ascending. */
  readonly intervals: readonly (readonly [low: number, high: number])[];
  /** Pieces of z between breakpoints of φ over which d changes, ascending; the nodes of each ascend in z. */
  readonly panels: readonly RangedPanel[];
  /** d at z, as stored in nodes. */
  readonly at: (z: number) => number;
}

/** Relative to the mean, d below it counts as zero: its reciprocal has to be a number. */
const TINY = 1e-300;
/** Below, the deviations of d from its mean are rounding for the most part, and d counts as one value. */
const LEAST_SPREAD2 = 1e-26;

/** The law of `d = φ'(√q z)²`. `RangeError` where φ' is not a number or its square has no mean. */
export function slopeLaw(where: string, phi: Nonlinearity, q: number): SlopeLaw {
  // Zero stands for its limit from above, so that both sides of a kink at 0 are seen.
  const std = Math.sqrt(Math.max(q, 1e-300));
  const slope2 = (z: number): number => {
    const slope = phi.df(std * z);
    if (!Number.isFinite(slope * slope)) {
      throw new RangeError(
        `${where}: the derivative of ${phi.name} must be a number whose square is a float64, got ` +
          `${slope} at x = ${std * z}; with E φ'(√q z)² infinite there is no spectrum at q = ${q}`,
      );
    }
    return slope * slope;
  };
  const { panels, breaks } = panelsOf(slope2, phi.breakpoints, std);
  let mass = 0;
  let mean = 0;
  for (const { weights, d } of panels) {
    for (let i = 0; i < d.length; i++) {
      mass += weights[i];
      mean += weights[i] * d[i];
    }
  }
  mean /= mass;
  const deviations = panels.map(({ d }) => d.map((value) => (value - mean) / mean));
  const isNarrow = deviations.every((values) => values.every((x) => Math.abs(x) < 0.5));
  const stored = (d: number): number => {
    if (isNarrow) return (d - mean) / mean;
    return d < TINY * mean ? 0 : d / mean;
  };
  if (mean === 0) return { ...constantLaw(0), mean, spread2: 0, isNarrow: false };

  const masses = new Map<number, number>();
  const atomic = new Map<number, number>();
  const changing: RangedPanel[] = [];
  let spread2 = 0;
  const constants = constantsOf(panels);
  for (const [p, panel] of panels.entries()) {
    const constant = constants[p];
    const nodes = panel.d.map((d) => stored(constant ?? d));
    for (let i = 0; i < nodes.length; i++) {
      const weight = panel.weights[i] / mass;
      masses.set(nodes[i], (masses.get(nodes[i]) ?? 0) + weight);
      if (constant !== null || nodes[i] === (isNarrow ? -1 : 0)) {
        atomic.set(nodes[i], (atomic.get(nodes[i]) ?? 0) + weight);
      }
      spread2 += weight * deviations[p][i] ** 2;
    }
    const weights = panel.weights.map((weight) => weight / mass);
    if (constant === null)
      changing.push(withExtremes({ ...panel, weights, d: nodes }, slope2, stored));
  }
  if (spread2 < LEAST_SPREAD2) return { ...constantLaw(0), mean, spread2, isNarrow: true };
  const sorted = [...masses].sort(([a], [b]) => a - b);
  return {
    mean,
    spread2,
    isNarrow,
    rule: {
      nodes: Float64Array.from(sorted, ([node]) => node),
      weights: Float64Array.from(sorted, ([, weight]) => weight),
    },
    atoms: [...atomic].sort(([a], [b]) => a - b).map(([node, mass]) => ({ node, mass })),
    intervals: intervalsOf(changing, breaks),
    panels: changing,
    at: (z) => stored(slope2(z)),
  };
}

/** A law with one value. */
function constantLaw(node: number): Omit<SlopeLaw, 'mean' | 'spread2' | 'isNarrow'> {
  return {
    rule: { nodes: Float64Array.of(node), weights: Float64Array.of(1) },
    atoms: [{ node, mass: 1 }],
    intervals: [],
    panels: [],
    at: () => node,
  };
}

/** A panel with nodes without weight near its ends and where d has a local extreme. */
function withExtremes(
  panel: Panel,
  slope2: (z: number) => number,
  stored: (d: number) => number,
): RangedPanel {
  const { low, high } = panel;
  const inset = 1e-12 * Math.max(1, Math.abs(low), Math.abs(high));
  const at = (z: number): number => stored(slope2(z));
  const z = [low + inset, ...panel.z, high - inset];
  const d = [at(low + inset), ...panel.d, at(high - inset)];
  const weights = [0, ...panel.weights, 0];
  for (let i = 1; i + 1 < d.length; i++) {
    const sign = Math.sign(d[i] - d[i - 1]);
    if (sign === 0 || sign !== Math.sign(d[i] - d[i + 1])) continue;
    const place = highest((x) => sign * at(x), z[i - 1], z[i + 1]);
    const where = place < z[i] ? i : i + 1;
    z.splice(where, 0, place);
    d.splice(where, 0, at(place));
    weights.splice(where, 0, 0);
    i++;
  }
  return { low, high, z, weights, d, least: Math.min(...d), most: Math.max(...d) };
}

/** The place of a maximum by golden section. */
function highest(f: (x: number) => number, from: number, to: number): number {
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [from, to];
  let [x1, x2] = [high - golden * (high - low), low + golden * (high - low)];
  let [f1, f2] = [f(x1), f(x2)];
  for (let step = 0; step < 40; step++) {
    if (f1 > f2) {
      [high, x2, f2] = [x2, x1, f1];
      x1 = high - golden * (high - low);
      f1 = f(x1);
    } else {
      [low, x1, f1] = [x1, x2, f2];
      x2 = low + golden * (high - low);
      f2 = f(x2);
    }
  }
  return f1 > f2 ? x1 : x2;
}

/** The range of d over every piece of z between breakpoints, and over all of them together. */
function intervalsOf(
  panels: readonly Panel[],
  breaks: readonly number[],
): (readonly [number, number])[] {
  const pieces = new Map<number, [number, number]>();
  for (const { low, d } of panels) {
    const piece = breaks.findLastIndex((z) => z <= low);
    const [from, to] = pieces.get(piece) ?? [Infinity, -Infinity];
    pieces.set(piece, [Math.min(from, ...d), Math.max(to, ...d)]);
  }
  const merged: [number, number][] = [];
  for (const [from, to] of [...pieces.values()].sort(([a], [b]) => a - b)) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}
