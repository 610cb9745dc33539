import type { LawCurve, LawPoint } from './curve.ts';
import { angleMean, layerPoint, over, type Complex } from './layer-point.ts';
import { largestOf, lowerEnd, outerEdge } from './chain-edge.ts';
import type { LayerGroup } from './layer-group.ts';
import { crossings, gradedPatch, refinementsFor } from './refine.ts';
import type { Rule, SlopeLaw } from './slope-law.ts';

/** Where a chain is at one eigenvalue: `v_l = ln w_l` of every group and `ln(m/(1+m))`, which all have in common. */
export interface ChainState {
  readonly t: Float64Array;
  readonly theta: Float64Array;
  readonly lnEta: Complex;
  readonly patches: readonly (Rule | null)[];
}

/** The law of `J Jᵀ` of a chain, and where its layers are. */
export interface ChainCurve extends LawCurve {
  /** The state at `ln λ`, in units of the mean. */
  readonly stateAt: (lnLambda: number) => ChainState;
}

/** Newton steps to a point near the last one. */
const STEPS = 30;
const EXACT = 1e-13;
const ROUNDING = 1e-8;
/** The largest change of `ln w` in a step that the next point is trusted after. */
const LEAP = 1.5;
/** Angles below count as none. */
const SMALLEST = 1e-9;
const PASSES = 4;
/** Eigenvalues below which there is less mass count as none: their poles lie closer than any rule resolves. */
const TAIL = 1e-5;
/** The least part of a way from a known point that is gone at once. */
const LEAST_STRIDE = 0.05;
/** `ln |λ|` from where a path to an eigenvalue begins at the least. */
const FAR = 20;

/**
 * The law of `J Jᵀ`, `J = D_L W_L … D_1 W_1`, where each layer has its own law of `d = D²`. All layers have the
 * same `m = E d_l/(w_l - d_l)`, which makes `w_l` functions of `η = m/(1+m)`, and
 * `ln λ = Σ_l ln(w_l η) - ln η + L_G ln(1+m)` with `L_G` layers of Gaussian weights; d in units of its mean and λ in
 * those of `∏ σw² μ₁`. Newton's method follows the solution from negative λ, where everything is real, around to
 * positive ones, and from one of these to the next. The solution with all `w_l` in the upper half plane is the only
 * one: the subordination functions of a free product are fixed points of maps of that half plane into itself.
 *
 * Groups must hold at least 2 layers together, or one of Gaussian weights. The parameter is `t = ln λ`.
 * Reference: Belinschi and Bercovici 2007, J. Anal. Math. 101, 357, for the uniqueness
 */
export function chainCurve(groups: readonly LayerGroup[]): ChainCurve {
  const layers = groups.reduce((sum, { count }) => sum + count, 0);
  const gaussian = groups.reduce((sum, group) => sum + group.gaussian, 0);

  /** One Newton solution for `ln λ = goal` from a state, `null` where it does not get there. */
  const newton = (from: ChainState, goal: Complex): ChainState | null => {
    const t = Float64Array.from(from.t);
    const theta = Float64Array.from(from.theta);
    let lnEta = from.lnEta;
    let last = Infinity;
    for (let step = 0; step < STEPS; step++) {
      // With κ = d ln η_l/dv: v_l moves by (ln η - ln η_l + δ)/κ, where δ is what ln η moves by.
      let [gap0, gap1] = [goal[0] + lnEta[0], goal[1] + lnEta[1]];
      let [slope0, slope1] = [-1, 0];
      const moves: { readonly base: Complex; readonly rate: Complex }[] = [];
      for (const [l, { law, count }] of groups.entries()) {
        const { rho, slope } = layerPoint(law, from.patches[l], t[l], theta[l]);
        const kappa: Complex = [slope[0] - 1, slope[1]];
        const rate = over([1, 0], kappa);
        const behind: Complex = [lnEta[0] - rho[0] + t[l], lnEta[1] - rho[1] + theta[l]];
        const base = over(behind, kappa);
        const factor = over(slope, kappa);
        gap0 -= count * (rho[0] + slope[0] * base[0] - slope[1] * base[1]);
        gap1 -= count * (rho[1] + slope[0] * base[1] + slope[1] * base[0]);
        slope0 += count * factor[0];
        slope1 += count * factor[1];
        moves.push({ base, rate });
      }
      if (gaussian > 0) {
        const { lnOne, m } = massOf(lnEta);
        gap0 -= gaussian * lnOne[0];
        gap1 -= gaussian * lnOne[1];
        slope0 += gaussian * m[0];
        slope1 += gaussian * m[1];
      }
      const delta = over([gap0, gap1], [slope0, slope1]);
      let largest = Math.hypot(delta[0], delta[1]);
      let size = 1 + Math.hypot(lnEta[0], lnEta[1]);
      lnEta = [lnEta[0] + delta[0], lnEta[1] + delta[1]];
      for (const [l, { base, rate }] of moves.entries()) {
        const move0 = base[0] + delta[0] * rate[0] - delta[1] * rate[1];
        const move1 = base[1] + delta[0] * rate[1] + delta[1] * rate[0];
        t[l] += move0;
        theta[l] += move1;
        largest = Math.max(largest, Math.hypot(move0, move1));
        size = Math.max(size, 1 + Math.abs(t[l]));
      }
      if (!(largest < LEAP)) return null;
      // Steps that no longer get smaller are rounding, more of it where a small angle is left of large ones.
      const isSettled = largest <= ROUNDING * size && largest >= 0.5 * last;
      last = largest;
      if (isSettled || largest <= EXACT * size) {
        const state = { t, theta, lnEta, patches: from.patches };
        return isInside(state, goal[1]) ? state : null;
      }
    }
    return null;
  };

  /** The state at the other end of a straight way of `ln λ`, in as many steps as it takes. */
  const follow = (
    from: ChainState,
    start: Complex,
    goal: Complex,
    least: number = 1e-4,
  ): ChainState | null => {
    let state = from;
    let [done, stride] = [0, 1];
    while (done < 1) {
      const part = Math.min(1, done + stride);
      const found = newton(state, [
        start[0] + part * (goal[0] - start[0]),
        start[1] + part * (goal[1] - start[1]),
      ]);
      if (found === null) {
        stride /= 2;
        if (stride < least) return null;
      } else {
        state = found;
        done = part;
        stride *= 2;
      }
    }
    return state;
  };

  /** The state at `ln λ`, on a way that begins far out on the negative axis. */
  const fromAfar = (lnLambda: number): ChainState | null => {
    const far = Math.max(FAR, lnLambda + FAR);
    const start: ChainState = {
      t: new Float64Array(groups.length).fill(far),
      theta: new Float64Array(groups.length).fill(Math.PI),
      lnEta: [-far, -Math.PI],
      patches: groups.map(() => null),
    };
    const negative: Complex = [lnLambda, Math.PI];
    const out = newton(start, [far, Math.PI]);
    let state = out === null ? null : follow(out, [far, Math.PI], negative);
    let at = negative;
    for (const angle of [1, 0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 0]) {
      if (state === null) return null;
      const next: Complex = [lnLambda, angle];
      const found = follow(state, at, next);
      // At an edge two solutions meet, and Newton's method stops short of them.
      if (found === null && angle < 1e-4) return state;
      state = found;
      at = next;
    }
    return state;
  };

  /** A state with the cuts that its angles need. */
  const resolved = (state: ChainState, lnLambda: number): ChainState => {
    let current = state;
    let before = 0;
    for (let pass = 0; pass < PASSES; pass++) {
      let depth = 0;
      const patches = groups.map(({ law }, l) => {
        const node = law.isNarrow ? Math.expm1(current.t[l]) : Math.exp(current.t[l]);
        if (!law.intervals.some(([low, high]) => low < node && node < high)) return null;
        const needed = refinementsFor(law, crossings(law, node), current.theta[l]);
        if (needed.length === 0) return null;
        depth = Math.max(depth, ...needed.map(({ levels }) => levels));
        return gradedPatch(law, needed);
      });
      if (depth <= before) break;
      before = depth;
      const found = newton({ ...current, patches }, [lnLambda, 0]);
      if (found === null) break;
      current = found;
    }
    return current;
  };

  const inside = (state: ChainState | null): ChainState | null =>
    state !== null && hasAngle(state) ? state : null;
  const known: Known[] = [];
  const stateAt = (lnLambda: number): ChainState => {
    const after = known.findIndex((point) => point.lnLambda >= lnLambda);
    const index = after === -1 ? known.length : after;
    if (known[index]?.lnLambda === lnLambda) return known[index].state;
    let state: ChainState | null = null;
    for (const [start, from] of startsFor(known[index - 1], known[index], lnLambda)) {
      state ??= inside(follow(start, [from, 0], [lnLambda, 0], LEAST_STRIDE));
    }
    state ??= fromAfar(lnLambda);
    if (state === null) {
      throw new RangeError(
        `chainCurve: the law must have a point at ln λ = ${lnLambda}, got no solution there; take ` +
          `slopes with a smaller range`,
      );
    }
    if (!hasAngle(state)) return state;
    const found = resolved(state, lnLambda);
    known.splice(index, 0, { lnLambda, state: found });
    return found;
  };

  const atoms = atomsOf(groups, layers, gaussian);
  const belowAll = 1 - Math.max(0, ...groups.map(({ law }) => atZero(law)));
  let [floor, ceiling] = [-Infinity, Infinity];
  const at = (lnLambda: number): LawPoint => {
    if (lnLambda >= ceiling) return { lnLambda, density: 0, above: 0 };
    if (lnLambda <= floor) return { lnLambda, density: 0, above: belowAll };
    const state = stateAt(lnLambda);
    const isGap = !hasAngle(state);
    const { m } = massOf(state.lnEta);
    // In a gap all is real, as the limit from above.
    let turn = (layers - 1) * -Math.abs(Math.atan2(m[1], m[0])) - gaussian * Math.abs(m[1]);
    for (const [l, { law, count }] of groups.entries()) {
      const theta = Math.min(Math.PI, Math.max(1e-100, state.theta[l]));
      turn += count * angleMean(law, state.patches[l], state.t[l], theta);
    }
    const above = turn / Math.PI;
    if (above > belowAll - TAIL) {
      floor = Math.max(floor, lnLambda);
      return { lnLambda, density: 0, above: belowAll };
    }
    return { lnLambda, density: isGap ? 0 : Math.max(0, (-2 / Math.PI) * m[1]), above };
  };

  const isOne = gaussian === 0 && groups.every(({ law }) => law.rule.nodes.length === 1);
  if (isOne) return { bands: [], at, atoms, stateAt };
  const top = outerEdge(groups, 1)?.lnLambda ?? null;
  if (top !== null) ceiling = top;
  const high = top ?? highest(groups, (lnLambda) => hasAngle(stateAt(lnLambda)));
  const least = gaussian > 0 ? null : lowerEnd(groups);
  const bottom = least?.isStationary === true ? least.lnLambda : null;
  if (bottom !== null) floor = bottom;
  const band = {
    low: bottom ?? -Infinity,
    high,
    ...(least === null ? {} : { lnLeast: least.lnLambda }),
  };
  return { bands: [band], at, atoms, stateAt };
}

/** A point that has been found. */
interface Known {
  readonly lnLambda: number;
  readonly state: ChainState;
}

/** States to begin at, the likeliest first, and where they are: between the neighbours, or one of these. */
function startsFor(
  before: Known | undefined,
  after: Known | undefined,
  lnLambda: number,
): readonly (readonly [ChainState, number])[] {
  const bare = ({ state, lnLambda: at }: Known): readonly [ChainState, number] => [
    { ...state, patches: state.patches.map(() => null) },
    at,
  ];
  if (before === undefined) return after === undefined ? [] : [bare(after)];
  if (after === undefined) return [bare(before)];
  const share = (lnLambda - before.lnLambda) / (after.lnLambda - before.lnLambda);
  const mix = (a: number, b: number): number => a + share * (b - a);
  const [low, high] = [before.state, after.state];
  const between: ChainState = {
    t: low.t.map((t, l) => mix(t, high.t[l])),
    theta: low.theta.map((theta, l) => mix(theta, high.theta[l])),
    lnEta: [mix(low.lnEta[0], high.lnEta[0]), mix(low.lnEta[1], high.lnEta[1])],
    patches: low.patches.map(() => null),
  };
  const sides = share < 0.5 ? [before, after] : [after, before];
  return [[between, lnLambda], ...sides.map(bare)];
}

/** `m` and `ln(1 + m)` of `ln η`, `η = m/(1+m)`. */
function massOf(lnEta: Complex): { readonly m: Complex; readonly lnOne: Complex } {
  const size = Math.exp(lnEta[0]);
  const half = Math.sin(0.5 * lnEta[1]);
  // 1 - η without cancellation near η = 1.
  const rest: Complex = [
    -Math.expm1(lnEta[0]) + 2 * size * half * half,
    -size * Math.sin(lnEta[1]),
  ];
  const eta: Complex = [size * Math.cos(lnEta[1]), size * Math.sin(lnEta[1])];
  return {
    m: over(eta, rest),
    lnOne: [-Math.log(Math.hypot(rest[0], rest[1])), -Math.atan2(rest[1], rest[0])],
  };
}

/** Whether `arg λ ≤ arg w_l ≤ -arg η ≤ π` in all groups, as in the solution that counts. */
function isInside({ theta, lnEta }: ChainState, angle: number): boolean {
  const slack = 1e-7;
  return theta.every(
    (value) => value >= angle - slack && value <= -lnEta[1] + slack && value <= Math.PI + slack,
  );
}

const hasAngle = ({ theta }: ChainState): boolean => theta.every((value) => value > SMALLEST);

/** The upper edge of the density where λ is stationary nowhere above, as below an atom. */
function highest(groups: readonly LayerGroup[], hasDensity: (lnLambda: number) => boolean): number {
  let high = groups.reduce((sum, { law, count }) => sum + count * Math.log(largestOf(law)), 0) + 1;
  let low = high - 1;
  while (!hasDensity(low)) [high, low] = [low, low - 0.5];
  while (high - low > 1e-10) {
    const middle = 0.5 * (low + high);
    if (hasDensity(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * The atoms of a free product: at 0 the largest mass that a layer has there; elsewhere one at `∏ d_l` where the masses of
 * the d_l exceed L - 1 together, which Gaussian weights spread.
 * Reference: Bercovici and Voiculescu 1998, for the atoms of free convolutions
 */
function atomsOf(
  groups: readonly LayerGroup[],
  layers: number,
  gaussian: number,
): { lnLambda: number; mass: number }[] {
  const zero = Math.max(...groups.map(({ law }) => atZero(law)));
  const found = zero > 0 ? [{ lnLambda: -Infinity, mass: zero }] : [];
  if (gaussian > 0) return found;
  const largest = groups.map(({ law, count }) => {
    const others = law.atoms.filter((atom) => lnNode(law, atom.node) > -Infinity);
    const best = others.sort((a, b) => b.mass - a.mass).at(0);
    return best === undefined ? null : { count, lnD: lnNode(law, best.node), mass: best.mass };
  });
  if (largest.some((atom) => atom === null)) return found;
  let rest = 1 - layers;
  let lnLambda = 0;
  for (const atom of largest) {
    if (atom === null) continue;
    rest += atom.count * atom.mass;
    lnLambda += atom.count * atom.lnD;
  }
  return rest > 1e-12 ? [...found, { lnLambda, mass: rest }] : found;
}

const lnNode = ({ isNarrow }: SlopeLaw, node: number): number =>
  isNarrow ? Math.log1p(node) : Math.log(node);

const atZero = (law: SlopeLaw): number =>
  law.atoms.find(({ node }) => lnNode(law, node) === -Infinity)?.mass ?? 0;
