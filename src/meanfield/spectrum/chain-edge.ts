import { brent } from '../../numeric/index.ts';
import type { LayerGroup } from './layer-group.ts';
import { layerPoint } from './layer-point.ts';
import type { SlopeLaw } from './slope-law.ts';

/** The least distance in `ln w` from a value of d at which sums are taken. */
const NEAR = 1e-9;
/** `|ln η|` between which the edges are looked for. */
const RANGE = [1e-7, 100] as const;
/** Farthest `ln w` from 0. */
const FARTHEST = 340;

/** An edge, stationary or where the d of a layer end. */
export interface FoundEdge extends OuterEdge {
  readonly isStationary: boolean;
}

/** An edge: where it is, `ln(m/(1+m))` and the `ln w` of every group there, all in units of the mean. */
export interface OuterEdge {
  readonly lnLambda: number;
  readonly lnEta: number;
  readonly t: readonly number[];
}

/**
 * An outer edge of the law of a chain, `null` where it has none there: the real `η = m/(1+m)` at which λ is
 * stationary. Above (`side` 1) all `w_l` are larger than every d_l and λ has a minimum, below (-1) smaller and λ has
 * a maximum.
 */
export function outerEdge(groups: readonly LayerGroup[], side: 1 | -1): OuterEdge | null {
  const edge = edgeOn(groups, side);
  return edge?.isStationary === true ? edge : null;
}

/**
 * The end of the law below, `null` where it reaches down to 0: its outer edge, or, of slopes with next to no mass at their
 * least value, where the first of the w_l is that value, and λ not stationary.
 */
export const lowerEnd = (groups: readonly LayerGroup[]): FoundEdge | null => edgeOn(groups, -1);

function edgeOn(groups: readonly LayerGroup[], side: 1 | -1): FoundEdge | null {
  const places = (lnEta: number): readonly number[] | null => {
    const found: number[] = [];
    for (const { law } of groups) {
      const t = placeOf(law, lnEta, side);
      if (t === null) return null;
      found.push(t);
    }
    return found;
  };
  const sums = (lnEta: number): { readonly lnLambda: number; readonly slope: number } | null => {
    const found = places(lnEta);
    if (found === null) return null;
    let lnLambda = -lnEta;
    let slope = -1;
    for (const [l, { law, count, gaussian }] of groups.entries()) {
      const { rho, slope: rise } = layerPoint(law, null, found[l], 0);
      lnLambda += count * rho[0];
      slope += (count * rise[0]) / (rise[0] - 1);
      if (gaussian === 0) continue;
      lnLambda -= gaussian * Math.log(-Math.expm1(lnEta));
      slope -= gaussian * (1 + 1 / Math.expm1(lnEta));
    }
    return { lnLambda, slope };
  };
  // Far out the slope is -1; it changes its sign at the edge.
  const [least, most] = RANGE;
  const slopeAt = (u: number): number => sums(-side * Math.exp(u))?.slope ?? Infinity;
  const low = Math.log(least);
  const high = Math.log(most);
  let from = high;
  while (from > low && !(slopeAt(from) > 0)) from -= 0.25;
  if (!(from > low) || !(slopeAt(from + 0.25) < 0)) return null;
  const edgeAt = (u: number, isStationary: boolean): FoundEdge | null => {
    const lnEta = -side * Math.exp(u);
    const [t, found] = [places(lnEta), sums(lnEta)];
    return t === null || found === null
      ? null
      : { lnLambda: found.lnLambda, lnEta, t, isStationary };
  };
  let next = from + 0.25;
  if (slopeAt(from) === Infinity) {
    // Places end between: the slope may change its sign before.
    while (next - from > 1e-12) {
      const middle = 0.5 * (from + next);
      const slope = slopeAt(middle);
      if (slope === Infinity) from = middle;
      else if (slope < 0) next = middle;
      else return edgeAt(brent(slopeAt, middle, next), true);
    }
    return edgeAt(next, false);
  }
  return edgeAt(brent(slopeAt, from, next), true);
}

/** The `ln w` beyond all d, on that side, at which `m/(1+m) = η`; `null` where there is none. */
function placeOf(law: SlopeLaw, lnEta: number, side: 1 | -1): number | null {
  const end = side > 0 ? largestOf(law) : smallestOf(law);
  if (!(end > 0)) return null;
  const excess = (t: number): number => layerPoint(law, null, t, 0).rho[0] - t - lnEta;
  const near = Math.log(end) + side * NEAR;
  // ln η falls along ln w.
  if (!(side * excess(near) > 0)) return null;
  let far = near + side;
  while (side * excess(far) > 0) {
    far = near + 2 * (far - near);
    if (Math.abs(far) > FARTHEST) return null;
  }
  return brent(excess, near, far);
}

/** The largest d in units of its mean. */
export function largestOf({ rule, isNarrow, intervals, atoms }: SlopeLaw): number {
  const node = Math.max(
    rule.nodes[rule.nodes.length - 1],
    ...intervals.map(([, high]) => high),
    ...atoms.map((atom) => atom.node),
  );
  return isNarrow ? 1 + node : node;
}

/** The smallest d in units of its mean. */
export function smallestOf({ rule, isNarrow, intervals, atoms }: SlopeLaw): number {
  const node = Math.min(
    rule.nodes[0],
    ...intervals.map(([low]) => low),
    ...atoms.map((atom) => atom.node),
  );
  return isNarrow ? 1 + node : node;
}
