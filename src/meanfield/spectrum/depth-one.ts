import { normalCdf, normalPdf } from '../../numeric/index.ts';
import type { LawCurve, LawPoint } from './curve.ts';
import { crossings } from './refine.ts';
import type { SlopeLaw } from './slope-law.ts';

/** Step of the difference that gives the slope of ln d. */
const STEP = 1e-5;

/**
 * The law of `d = φ'(√q z)²` itself, which is that of `J Jᵀ` for one layer of orthogonal weights, by change of
 * variables: `ln d` has the density `Σ n(z) / |d ln d / dz|` over all z with this d, n the normal density.
 */
export function depthOneCurve(law: SlopeLaw): LawCurve {
  const { isNarrow, atoms, intervals, panels } = law;
  const lnOf = (node: number): number => (isNarrow ? Math.log1p(node) : Math.log(node));
  const at = (t: number): LawPoint => {
    const node = isNarrow ? Math.expm1(t) : Math.exp(t);
    let density = 0;
    let above = 0;
    for (const atom of atoms) if (lnOf(atom.node) > t) above += atom.mass;
    const places = crossings(law, node);
    for (const { z, panels: pair } of places) {
      const low = Math.max(panels[pair[0]].low, z - STEP);
      const high = Math.min(panels[pair[1]].high, z + STEP);
      const steepness = Math.abs((lnOf(law.at(high)) - lnOf(law.at(low))) / (high - low));
      if (steepness > 0) density += (2 * normalPdf(z)) / steepness;
    }
    // Every connected run of panels, cut at the crossings, has d alternately above and below.
    let next = 0;
    for (let p = 0; p < panels.length; p++) {
      const isStart = p === 0 || panels[p - 1].high !== panels[p].low;
      if (!isStart) continue;
      let last = p;
      while (last + 1 < panels.length && panels[last + 1].low === panels[last].high) last++;
      let isAbove = panels[p].d[0] > node;
      let from = panels[p].low;
      for (; next < places.length && places[next].panels[1] <= last; next++) {
        if (isAbove) above += between(from, places[next].z);
        from = places[next].z;
        isAbove = !isAbove;
      }
      if (isAbove) above += between(from, panels[last].high);
    }
    return { lnLambda: t, density, above };
  };
  // The density is infinite where d has a local extreme: bands end there.
  const extremes = extremesOf(law);
  const bands = intervals.flatMap(([low, high]) => {
    const ends = [low, ...extremes.filter((node) => node > low && node < high), high];
    return ends.slice(1).map((end, i) => ({ low: lnOf(ends[i]), high: lnOf(end) }));
  });
  return {
    bands,
    at,
    atoms: atoms.map(({ node, mass }) => ({ lnLambda: lnOf(node), mass })),
  };
}

/** `P(low < z < high)`, without cancellation in the right tail. */
function between(low: number, high: number): number {
  return low > 0 ? normalCdf(-low) - normalCdf(-high) : normalCdf(high) - normalCdf(low);
}

/** Values of local extremes of d in z, ascending. */
function extremesOf({ panels, isNarrow }: SlopeLaw): number[] {
  const found: number[] = [];
  let [last, direction] = [0, 0];
  for (let p = 0; p < panels.length; p++) {
    const isStart = p === 0 || panels[p - 1].high !== panels[p].low;
    for (const [i, node] of panels[p].d.entries()) {
      const change = node - last;
      const scale = isNarrow ? 1 : Math.max(node, last);
      if (isStart && i === 0) direction = 0;
      else if (Math.abs(change) > 1e-13 * scale) {
        if (direction * change < 0) found.push(last);
        direction = Math.sign(change);
      }
      last = node;
    }
  }
  return found.sort((a, b) => a - b);
}
