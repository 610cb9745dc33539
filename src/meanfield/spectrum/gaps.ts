import { brent } from '../../numeric/index.ts';
import type { Band } from './curve.ts';
import type { SlopeLaw } from './slope-law.ts';

/** Smallest `ln w` that is looked at. */
const FLOOR = -690;

/**
 * The intervals of `t = ln w`, w real and positive, that are mapped to gaps of the spectrum: there λ is
 * positive and rises with w. Disjoint, ascending; the last reaches to infinity.
 *
 * Between two values of d, m falls from ∞ to -∞. Where m > 0, and for orthogonal weights where m < -1, λ
 * is positive and `d ln λ / d ln w` is a concave function of ln w: what is positive of it is one interval.
 */
export function gapsOf(law: SlopeLaw, isGaussian: boolean, depth: number): Band[] {
  const slope = (t: number): number => realPoint(law, isGaussian, depth, t).slope;
  const m = (t: number): number => realPoint(law, isGaussian, depth, t).m;
  const lnOf = (node: number): number => (law.isNarrow ? Math.log1p(node) : Math.log(node));
  const pieces = piecesOf(law).map(([low, high]) => [lnOf(low), lnOf(high)] as const);
  const found: Band[] = [];

  const first = pieces[0][0];
  const top = pieces[pieces.length - 1][1];
  if (!isGaussian && first > -Infinity) {
    const high = beside(slope, first, -1, nearby(first, top - first), first - FLOOR);
    found.push({ low: -Infinity, high });
  }
  for (let i = 0; i + 1 < pieces.length; i++) {
    const [a, b] = [pieces[i][1], pieces[i + 1][0]];
    const [from, to] = [Math.max(a + nearby(a, b - a), FLOOR), b - nearby(b, b - a)];
    if (!(from < to)) continue;
    if (m(from) > 0) {
      // The slope has a pole where m is zero, and below where m is -1.
      const zero = m(to) < 0 ? brent(m, from, to) - 4 * nearby(to, 0) : to;
      found.push(...whereRising(slope, a, from, zero, zero));
    }
    if (isGaussian) continue;
    const one = (t: number): number => realPoint(law, isGaussian, depth, t).one;
    if (one(to) < 0) {
      const start = one(from) > 0 ? brent(one, from, to) + 4 * nearby(from, 0) : from;
      found.push(...whereRising(slope, start, start, to, b));
    }
  }
  // At w = (L + 1) max d the slope is positive.
  const low = beside(slope, top, 1, nearby(top, top - first), Math.log(depth + 2));
  found.push({ low, high: Infinity });
  return joined(found);
}

/**
 * The least distance from a value t of ln d at which sums are taken, where d varies by `range` in ln d: closer,
 * the terms of this one value cancel.
 */
const nearby = (t: number, range: number): number =>
  1e-9 * Math.min(1, range) + 4e-16 * (1 + Math.min(Math.abs(t), -FLOOR));

/**
 * The edge beside the outermost value of d, `start`: the slope rises away from it. `start` itself where it is
 * positive up to there, as beside an atom.
 */
function beside(
  slope: (t: number) => number,
  start: number,
  sign: number,
  close: number,
  far: number,
): number {
  const at = (v: number): number => slope(start + sign * Math.exp(v));
  if (!(at(Math.log(close)) < 0)) return start;
  return start + sign * Math.exp(brent(at, Math.log(close), Math.log(far)));
}

/** Where between `from` and `to` a concave slope is positive; up to the ends `a` and `b` if it is there. */
function whereRising(
  slope: (t: number) => number,
  a: number,
  from: number,
  to: number,
  b: number,
): Band[] {
  if (!(from < to)) return [];
  const startsHigh = slope(from) > 0;
  const endsHigh = slope(to) > 0;
  if (startsHigh && endsHigh) return [{ low: a, high: b }];
  if (startsHigh) return [{ low: a, high: brent(slope, from, to) }];
  if (endsHigh) return [{ low: brent(slope, from, to), high: b }];
  // Golden section for the maximum, until one that is positive is met.
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [from, to];
  let [x1, x2] = [high - golden * (high - low), low + golden * (high - low)];
  let [f1, f2] = [slope(x1), slope(x2)];
  for (let step = 0; step < 80 && low < x1 && x1 < x2 && x2 < high; step++) {
    if (f1 > 0 || f2 > 0) {
      const top = f1 > 0 ? x1 : x2;
      return [{ low: brent(slope, from, top), high: brent(slope, top, to) }];
    }
    if (f1 > f2) {
      [high, x2, f2] = [x2, x1, f1];
      x1 = high - golden * (high - low);
      f1 = slope(x1);
    } else {
      [low, x1, f1] = [x1, x2, f2];
      x2 = low + golden * (high - low);
      f2 = slope(x2);
    }
  }
  return [];
}

/** m, `1 + m` and `d ln λ / d ln w` at `w = e^t`. */
function realPoint(
  { rule: { nodes, weights }, isNarrow }: SlopeLaw,
  isGaussian: boolean,
  depth: number,
  t: number,
): { m: number; one: number; slope: number } {
  const r = Math.exp(t);
  const x = isNarrow ? Math.expm1(t) : 1;
  const unit = isNarrow ? 1 : 1 / r;
  const w = isNarrow ? r : 1;
  // g = E 1/(w - d) and e = E node/(w - d) with their derivatives, w in the same units.
  let [g, e, dg, de] = [0, 0, 0, 0];
  for (let i = 0; i < nodes.length; i++) {
    const node = Math.min(nodes[i] * unit, 1e150);
    const k = 1 / (x - node);
    const gi = weights[i] * k;
    g += gi;
    e += gi * node;
    dg -= gi * k;
    de -= gi * k * node;
  }
  const m = isNarrow ? g + e : e;
  const ratio = (w * (de * g - e * dg)) / (g * m);
  const slope = 1 + (depth - 1) * ratio + (isGaussian ? depth * (1 + (w * dg) / g) : 0);
  return { m, one: w * g, slope };
}

/** The intervals and single values of d, those that touch joined. */
function piecesOf({ intervals, atoms }: SlopeLaw): (readonly [number, number])[] {
  const all = [...intervals, ...atoms.map(({ node }) => [node, node] as const)];
  const pieces: [number, number][] = [];
  for (const [low, high] of all.sort(([a], [b]) => a - b)) {
    const last = pieces.at(-1);
    if (last !== undefined && low <= last[1]) last[1] = Math.max(last[1], high);
    else pieces.push([low, high]);
  }
  return pieces;
}

function joined(gaps: readonly Band[]): Band[] {
  const all: { low: number; high: number }[] = [];
  for (const { low, high } of [...gaps].sort((a, b) => a.low - b.low)) {
    const last = all.at(-1);
    if (last !== undefined && low <= last.high) last.high = Math.max(last.high, high);
    else all.push({ low, high });
  }
  return all;
}
