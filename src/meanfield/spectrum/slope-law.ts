import type { Nonlinearity } from '../../activation/index.ts';
import { gaussLegendre, normalPdf } from '../../numeric/index.ts';

/** Values of `d` in units of its mean and their masses. */
export interface Rule {
  /** `d / E d`, or `d / E d - 1` for a narrow law. */
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/** A Gauss–Legendre panel of the standard normal variable z. */
interface Panel {
  readonly low: number;
  readonly high: number;
  readonly z: readonly number[];
  readonly weights: readonly number[];
  readonly d: readonly number[];
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
  readonly panels: readonly Panel[];
  /** d at z, as stored in nodes. */
  readonly at: (z: number) => number;
}

/** Beyond it lies 2e-19 of the mass of the standard normal. */
const REACH = 9;
const WIDEST = 0.5;
/** Largest change of ln d over a panel: `1/(w - d)` has poles at distance `arg w` in ln d. */
const STEEPEST = 3;
/** Narrowest panel in units of `1 / max(1, √q)`: at a zero of d, ln d never changes little. */
const NARROWEST = 4e-3;
const MOST_PANELS = 1500;
const RULE = gaussLegendre(16);
/** Relative to the mean, d below it counts as zero: its reciprocal has to be a number. */
const TINY = 1e-300;

/** The law of `d = φ'(√q z)²`. `RangeError` where φ' is not a number or its square has no mean. */
export function slopeLaw(where: string, phi: Nonlinearity, q: number): SlopeLaw {
  const std = Math.sqrt(q);
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
  if (mean === 0) {
    const rule = { nodes: Float64Array.of(0), weights: Float64Array.of(1) };
    const atoms = [{ node: 0, mass: 1 }];
    const at = (): number => 0;
    return { mean, spread2: 0, isNarrow: false, rule, atoms, intervals: [], panels: [], at };
  }

  const masses = new Map<number, number>();
  const atomic = new Map<number, number>();
  const changing: Panel[] = [];
  let spread2 = 0;
  for (const [p, panel] of panels.entries()) {
    const isConstant = Math.max(...panel.d) - Math.min(...panel.d) <= 4e-16 * Math.max(...panel.d);
    const nodes = panel.d.map((d) => stored(isConstant ? panel.d[0] : d));
    for (let i = 0; i < nodes.length; i++) {
      const weight = panel.weights[i] / mass;
      masses.set(nodes[i], (masses.get(nodes[i]) ?? 0) + weight);
      if (isConstant || nodes[i] === (isNarrow ? -1 : 0)) {
        atomic.set(nodes[i], (atomic.get(nodes[i]) ?? 0) + weight);
      }
      spread2 += weight * deviations[p][i] ** 2;
    }
    const weights = panel.weights.map((weight) => weight / mass);
    if (!isConstant) changing.push(withExtremes({ ...panel, weights, d: nodes }, slope2, stored));
  }
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

/** A panel with nodes without weight near its ends and where d has a local extreme. */
function withExtremes(
  panel: Panel,
  slope2: (z: number) => number,
  stored: (d: number) => number,
): Panel {
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
  return { low, high, z, weights, d };
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

/**
 * Panels over [-9, 9] between the breakpoints, halved until `ln d` changes little over each and the
 * integral of d is settled.
 */
function panelsOf(
  slope2: (z: number) => number,
  breakpoints: readonly number[],
  std: number,
): { panels: Panel[]; breaks: number[] } {
  const breaks = [
    ...new Set(breakpoints.map((x) => x / std).filter((z) => Math.abs(z) < REACH)),
  ].sort((a, b) => a - b);
  const ends = new Set([-REACH, 0, REACH, ...breaks]);
  // φ bends near x = 0, which can be narrow in z.
  for (let z = REACH; z > Math.min(0.5 / std, 1) && z > 1e-12; z /= 2) ends.add(z).add(-z);
  const all = [...ends].sort((a, b) => a - b);
  const waiting: Panel[] = [];
  for (let i = all.length - 2; i >= 0; i--) {
    const count = Math.ceil((all[i + 1] - all[i]) / WIDEST);
    const width = (all[i + 1] - all[i]) / count;
    for (let part = count - 1; part >= 0; part--) {
      const high = part === count - 1 ? all[i + 1] : all[i] + (part + 1) * width;
      waiting.push(panelOf(slope2, part === 0 ? all[i] : all[i] + part * width, high));
    }
  }
  const narrowest = NARROWEST / Math.max(1, std);
  const panels: Panel[] = [];
  let scale = waiting.reduce((sum, panel) => sum + integral(panel), 0);
  for (let panel = waiting.pop(); panel !== undefined; panel = waiting.pop()) {
    const { low, high } = panel;
    const middle = 0.5 * (low + high);
    if (high - low < narrowest || panels.length + waiting.length > MOST_PANELS) {
      panels.push(panel);
      continue;
    }
    const left = panelOf(slope2, low, middle);
    const right = panelOf(slope2, middle, high);
    const parts = integral(left) + integral(right);
    scale = Math.max(scale, parts);
    const isSettled = Math.abs(parts - integral(panel)) <= 1e-14 * scale;
    if (isSettled && changeOf(panel.d) <= STEEPEST) panels.push(panel);
    else waiting.push(right, left);
  }
  return { panels, breaks };
}

function panelOf(slope2: (z: number) => number, low: number, high: number): Panel {
  const middle = 0.5 * (low + high);
  const half = 0.5 * (high - low);
  const z = Array.from(RULE.nodes, (x) => middle + half * x);
  const weights = z.map((at, i) => half * RULE.weights[i] * normalPdf(at));
  return { low, high, z, weights, d: z.map(slope2) };
}

function integral({ weights, d }: Panel): number {
  let sum = 0;
  for (let i = 0; i < d.length; i++) sum += weights[i] * d[i];
  return sum;
}

/** Change of ln d, where a d that underflows counts as the smallest float64. */
function changeOf(d: readonly number[]): number {
  return (
    Math.log(Math.max(Math.max(...d), Number.MIN_VALUE)) -
    Math.log(Math.max(Math.min(...d), Number.MIN_VALUE))
  );
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

/** A place where d has a given value. */
export interface Crossing {
  readonly z: number;
  /** `|d ln d / dz|` there. */
  readonly steepness: number;
  /** The panels around it: those of the nodes on both sides. */
  readonly panels: readonly [number, number];
}

/** Where the continuous part of d has the value `node`. */
export function crossings(law: SlopeLaw, node: number): Crossing[] {
  const found: Crossing[] = [];
  const { panels, isNarrow } = law;
  let [zBefore, dBefore, panelBefore] = [-Infinity, 0, -1];
  for (let p = 0; p < panels.length; p++) {
    const { z, d, low } = panels[p];
    const isNeighbour = p > 0 && panels[p - 1].high === low;
    for (let i = 0; i < d.length; i++) {
      const isJoined = i > 0 || isNeighbour;
      if (isJoined && d[i] > node !== dBefore > node) {
        const share = (node - dBefore) / (d[i] - dBefore);
        const at = refineCrossing(law, node, zBefore, dBefore, z[i], d[i], share);
        const [a, b] = isNarrow ? [1 + dBefore, 1 + d[i]] : [dBefore, d[i]];
        const logs = a > 0 && b > 0 ? Math.log(b) - Math.log(a) : Infinity;
        const steepness = Math.abs(isNarrow ? Math.log1p((d[i] - dBefore) / a) : logs);
        found.push({ z: at, steepness: steepness / (z[i] - zBefore), panels: [panelBefore, p] });
      }
      [zBefore, dBefore, panelBefore] = [z[i], d[i], p];
    }
  }
  return found;
}

/** The place between two nodes, by regula falsi with halving of the end that stays (Illinois). */
function refineCrossing(
  law: SlopeLaw,
  node: number,
  z0: number,
  d0: number,
  z1: number,
  d1: number,
  share: number,
): number {
  let [a, fa, b, fb] = [z0, d0 - node, z1, d1 - node];
  let z = z0 + share * (z1 - z0);
  for (let step = 0; step < 60 && Math.abs(b - a) > 1e-15 * (1 + Math.abs(z)); step++) {
    const f = law.at(z) - node;
    if (f === 0) return z;
    if (f > 0 === fb > 0) {
      [b, fb] = [z, f];
      fa /= 2;
    } else {
      [a, fa, b, fb] = [b, fb, z, f];
    }
    z = b - (fb * (b - a)) / (fb - fa);
  }
  return z;
}

/**
 * What to add to the rule for panels around crossings that are cut finer and finer towards these, `levels`
 * times by 3: with it functions with poles close to the crossings are integrated. Nodes that it replaces have a
 * negative weight.
 */
export function gradedPatch(law: SlopeLaw, places: readonly Crossing[], levels: number): Rule {
  const { panels } = law;
  const near = new Set<number>();
  for (const { panels: pair } of places) {
    for (const p of pair) {
      near.add(p);
      if (p > 0 && panels[p - 1].high === panels[p].low) near.add(p - 1);
      if (p + 1 < panels.length && panels[p + 1].low === panels[p].high) near.add(p + 1);
    }
  }
  const nodes: number[] = [];
  const weights: number[] = [];
  for (const p of near) {
    const panel = panels[p];
    for (let i = 0; i < panel.d.length; i++) {
      nodes.push(panel.d[i]);
      weights.push(-panel.weights[i]);
    }
    const ends = new Set([panel.low, panel.high]);
    for (const { z } of places) {
      for (let level = 0, step = 3; level <= levels; level++, step /= 3) {
        for (const end of [z - step, z, z + step]) {
          if (end > panel.low && end < panel.high) ends.add(end);
        }
      }
    }
    const all = [...ends].sort((a, b) => a - b);
    for (let i = 0; i + 1 < all.length; i++) {
      const half = 0.5 * (all[i + 1] - all[i]);
      const middle = 0.5 * (all[i + 1] + all[i]);
      for (let j = 0; j < RULE.nodes.length; j++) {
        const z = middle + half * RULE.nodes[j];
        nodes.push(law.at(z));
        weights.push(half * RULE.weights[j] * normalPdf(z));
      }
    }
  }
  return { nodes: Float64Array.from(nodes), weights: Float64Array.from(weights) };
}
