import type { Nonlinearity } from '../activation/index.ts';
import { brent, minimumBetween } from '../numeric/index.ts';
import { momentsOf, type Moments } from './moments.ts';
import { checkVariances, type Variances } from './variances.ts';

/** Second moments beyond which signals count as divergent, and below which as gone. */
const LARGEST = 1e16;
const SMALLEST = 1e-16;

/** Ratio of neighbouring points at which the sign of `V(q) - q` is looked at. */
const RATIO = 1.5;

/** Relative growth above which a dip between two such points cannot reach zero. */
const DEEPEST_DIP = 0.1;

/** `V(q)/q - 1` that rounding can make. */
const NOISE = 4e-15;

/**
 * The fixed point `q* = V(q*)` of the variance map that signals approach when they start from q = 1: the nearest one in
 * the direction in which `V(1)` lies. There can be others (GELU and SiLU have two where weights are
 * large enough); one that is half-stable counts. 1 where every q is fixed (ReLU with σw² = 2), 0 where signals die out.
 * By Brent's method on `V(q) - q`, never by iterating.
 *
 * `RangeError` where signals grow without bound, with the largest `σw²` for which they do not.
 * Reference: Poole et al. 2016, eq. 4, arXiv:1606.05340
 */
export function fixedPoint(phi: Nonlinearity, variances: Variances): number {
  checkVariances('fixedPoint', variances);
  const q = findFixedPoint(momentsOf(phi), phi, variances);
  if (!Number.isNaN(q)) return q;
  const { sigmaW2, sigmaB2 } = variances;
  const bound = largestSigmaW2(phi, sigmaB2);
  throw new RangeError(
    `fixedPoint: the variance map of ${phi.name} must have a fixed point q = sigmaW2 E f(√q z)² + sigmaB2 ` +
      `that signals approach from q = 1, got none for sigmaW2 = ${sigmaW2}, sigmaB2 = ${sigmaB2}: ` +
      `they grow without bound; with this sigmaB2 there is one for sigmaW2 ${bound}`,
  );
}

/** `fixedPoint` with moments from anywhere; `NaN` where there is none. */
export function findFixedPoint(
  moments: Moments,
  phi: Nonlinearity,
  { sigmaW2, sigmaB2 }: Variances,
): number {
  if (sigmaW2 === 0) return sigmaB2;
  if (phi.homogeneous) return ofHomogeneous(moments, sigmaW2, sigmaB2);
  /** Relative growth of the second moment in one layer. */
  const growth = (logQ: number): number => {
    const q = Math.exp(logQ);
    return (sigmaW2 * moments.second(q) + sigmaB2) / q - 1;
  };
  const atOne = growth(0);
  if (Math.abs(atOne) <= NOISE) return 1;
  const sign = Math.sign(atOne);
  const step = sign * Math.log(RATIO);
  /** Without biases, signals that die out slowly keep their size but for rounding once they are small. */
  const mayDieOut = sign < 0 && sigmaB2 < SMALLEST && phi.f(0) === 0;
  // V(q) ≥ σb², so that signals never shrink below it.
  const end = sign > 0 ? Math.log(LARGEST) : Math.log(Math.max(SMALLEST, sigmaB2));
  let [before, gBefore] = [0, atOne];
  let [here, gHere] = [0, atOne];
  for (let last = false; !last;) {
    let next = here + step;
    if (sign * (end - next) <= 0) [next, last] = [end, true];
    const gNext = growth(next);
    if (Number.isNaN(gNext)) return sign > 0 ? Number.NaN : 0;
    const isNoise = mayDieOut && Math.abs(gNext) <= NOISE;
    if (sign * gNext <= 0 && !isNoise) return Math.exp(brent(growth, here, next));
    // A dip between the points may touch zero.
    const size = sign * gHere;
    const isDip = (before === here || size < sign * gBefore) && size <= sign * gNext;
    if (isDip && !isNoise && size < DEEPEST_DIP) {
      const lowest = minimumBetween((x) => sign * growth(x), before, next);
      if (sign * growth(lowest) <= NOISE) {
        const isTouched = sign * growth(lowest) > 0;
        return Math.exp(isTouched ? lowest : brent(growth, before, lowest));
      }
    }
    [before, gBefore] = [here, gHere];
    [here, gHere] = [next, gNext];
  }
  if (sign > 0) return Number.NaN;
  return mayDieOut ? sigmaB2 : Math.exp(end);
}

/** The map `V(q) = σw² m q + σb²` is a line. */
function ofHomogeneous(moments: Moments, sigmaW2: number, sigmaB2: number): number {
  const slope = sigmaW2 * moments.second(1);
  if (Math.abs(slope - 1) <= NOISE) return sigmaB2 === 0 ? 1 : Number.NaN;
  return slope < 1 ? sigmaB2 / (1 - slope) : Number.NaN;
}

/** `< 2` or `<= 2.31`: up to where a fixed point at q ≥ 1 exists, the supremum of `(q - σb²) / E φ(√q z)²`. */
function largestSigmaW2(phi: Nonlinearity, sigmaB2: number): string {
  const { second } = momentsOf(phi);
  if (phi.homogeneous) return `${sigmaB2 === 0 ? '<=' : '<'} ${shown(1 / second(1))}`;
  const at = (logQ: number): number => {
    const q = Math.exp(logQ);
    return (q - sigmaB2) / second(q);
  };
  let [best, where] = [0, 0];
  const last = Math.log(LARGEST);
  for (let x = Math.max(0, Math.log(sigmaB2)); x <= last; x += Math.log(RATIO)) {
    if (at(x) > best) [best, where] = [at(x), x];
  }
  if (where > last - 2) return `< ${shown(best)}`;
  const refined = minimumBetween((x) => -at(x), Math.max(0, where - 0.5), where + 0.5);
  const top = at(refined) > best ? refined : where;
  return `<= ${shown(at(top))}, at q = ${shown(Math.exp(top))}`;
}

function shown(x: number): string {
  return String(Number(x.toPrecision(6)));
}
