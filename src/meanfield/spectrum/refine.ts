import { gaussLegendre } from '../../numeric/index.ts';
import { WIDEST } from './panels.ts';
import type { Rule, SlopeLaw } from './slope-law.ts';

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
  const add = (p0: number, i0: number, p1: number, i1: number): void => {
    const [z0, d0, z1, d1] = [
      panels[p0].z[i0],
      panels[p0].d[i0],
      panels[p1].z[i1],
      panels[p1].d[i1],
    ];
    const z = refineCrossing(law, node, z0, d0, z1, d1);
    const change = isNarrow ? Math.log1p((d1 - d0) / (1 + d0)) : Math.log(d1) - Math.log(d0);
    found.push({ z, steepness: Math.abs(change) / (z1 - z0), panels: [p0, p1] });
  };
  for (let p = 0; p < panels.length; p++) {
    const { d, low, least, most } = panels[p];
    const before = p > 0 && panels[p - 1].high === low ? panels[p - 1].d : null;
    if (before !== null && before[before.length - 1] > node !== d[0] > node) {
      add(p - 1, before.length - 1, p, 0);
    }
    if (least > node || most <= node) continue;
    for (let i = 1; i < d.length; i++) if (d[i] > node !== d[i - 1] > node) add(p, i - 1, p, i);
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
): number {
  let [a, fa, b, fb] = [z0, d0 - node, z1, d1 - node];
  let z = z0 + ((node - d0) / (d1 - d0)) * (z1 - z0);
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

/** A crossing and how often the panels around it are to be cut by 3. */
export interface Refinement {
  readonly place: Crossing;
  readonly levels: number;
}

/** A place counts as resolved if the pole is this many half-widths of its panel away. */
const RESOLVED = 0.7;
const FINEST = 22;

/** The crossings whose panels are too wide for the poles there at `arg w = θ`, with the cuts that they need. */
export function refinementsFor(
  law: SlopeLaw,
  places: readonly Crossing[],
  theta: number,
): Refinement[] {
  const all: Refinement[] = [];
  for (const place of places) {
    const reach = theta / place.steepness / RESOLVED;
    const widest = Math.max(...place.panels.map((p) => law.panels[p].high - law.panels[p].low));
    if (widest / 2 <= reach) continue;
    const levels = Math.min(Math.ceil(Math.log(2 / reach) / Math.log(3)), FINEST);
    all.push({ place, levels });
  }
  return all;
}

/** For the cut panels: the pole at the crossing is two half-widths away from all but the last. */
const CUT_RULE = gaussLegendre(12);
const INVERSE_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

/**
 * What to add to the rule for panels around crossings that are cut finer and finer towards these: with it
 * functions with poles close to the crossings are integrated. Nodes that it replaces have a negative weight.
 */
export function gradedPatch(law: SlopeLaw, refinements: readonly Refinement[]): Rule {
  const { panels } = law;
  const cuts = new Map<number, Set<number>>();
  const cut = (p: number, z: number, levels: number): void => {
    const { low, high } = panels[p];
    const ends = cuts.get(p) ?? new Set([low, high]);
    cuts.set(p, ends);
    for (let level = 0, step = WIDEST; level <= levels; level++, step /= 3) {
      for (const end of [z - step, z, z + step]) if (end > low && end < high) ends.add(end);
    }
  };
  for (const { place, levels } of refinements) {
    const [first, last] = place.panels;
    const from = first > 0 && panels[first - 1].high === panels[first].low ? first - 1 : first;
    const isJoined = last + 1 < panels.length && panels[last + 1].low === panels[last].high;
    for (let p = from; p <= (isJoined ? last + 1 : last); p++) cut(p, place.z, levels);
  }
  const nodes: number[] = [];
  const weights: number[] = [];
  for (const [p, ends] of cuts) {
    const panel = panels[p];
    for (let i = 0; i < panel.d.length; i++) {
      nodes.push(panel.d[i]);
      weights.push(-panel.weights[i]);
    }
    const all = [...ends].sort((a, b) => a - b);
    for (let i = 0; i + 1 < all.length; i++) {
      const half = 0.5 * (all[i + 1] - all[i]);
      const middle = 0.5 * (all[i + 1] + all[i]);
      for (let j = 0; j < CUT_RULE.nodes.length; j++) {
        const z = middle + half * CUT_RULE.nodes[j];
        nodes.push(law.at(z));
        weights.push(half * CUT_RULE.weights[j] * INVERSE_SQRT_2PI * Math.exp(-0.5 * z * z));
      }
    }
  }
  return { nodes: Float64Array.from(nodes), weights: Float64Array.from(weights) };
}
