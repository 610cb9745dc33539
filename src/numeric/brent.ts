/**
 * A root of `f` between `a` and `b`, where `f` has opposite signs, by Brent's method: inverse
 * quadratic interpolation and secant steps, kept inside the bracket by bisection. The root lies
 * within `tolerance + 4ε|x|` of the result.
 *
 * `RangeError` if the signs do not differ or `f` is not finite.
 * Reference: Brent 1973, Algorithms for Minimization without Derivatives, ch. 4
 */
export function brent(
  f: (x: number) => number,
  a: number,
  b: number,
  tolerance: number = 0,
): number {
  const at = (x: number): number => {
    const y = f(x);
    if (Number.isNaN(y)) throw new RangeError(`brent: f must be a number, got NaN at x = ${x}`);
    return y;
  };
  // `best` has the smallest |f|; the root lies between it and `opposite`; `last` was best before.
  let best = b;
  let fBest = at(best);
  let opposite = a;
  let fOpposite = at(opposite);
  if (sameSide(fBest, fOpposite) || !Number.isFinite(a) || !Number.isFinite(b)) {
    throw new RangeError(
      `brent: f must have opposite signs at two finite ends, got f(${a}) = ${fOpposite} and ` +
        `f(${b}) = ${fBest}; choose ends on both sides of the root`,
    );
  }
  let last = opposite;
  let fLast = fOpposite;
  let step = best - opposite;
  let stepBefore = step;
  for (let iteration = 0; iteration < 1000; iteration++) {
    if (Math.abs(fOpposite) < Math.abs(fBest)) {
      last = best;
      fLast = fBest;
      [best, opposite] = [opposite, best];
      [fBest, fOpposite] = [fOpposite, fBest];
    }
    const smallest = 2 * Number.EPSILON * Math.abs(best) + 0.5 * tolerance;
    const half = 0.5 * (opposite - best);
    if (fBest === 0 || Math.abs(half) <= smallest) return best;

    const proposal =
      Math.abs(stepBefore) >= smallest && Math.abs(fLast) > Math.abs(fBest)
        ? interpolated(best, fBest, opposite, fOpposite, last, fLast)
        : Number.NaN;
    // Accept a step that stays inside three quarters of the bracket and shrinks fast enough.
    const isInside = proposal * half > 0 && Math.abs(proposal) < 1.5 * Math.abs(half);
    if (isInside && Math.abs(proposal) < 0.5 * Math.abs(stepBefore)) {
      stepBefore = step;
      step = proposal;
    } else {
      step = half;
      stepBefore = half;
    }
    last = best;
    fLast = fBest;
    best += Math.abs(step) > smallest ? step : Math.sign(half) * smallest;
    fBest = at(best);
    if (sameSide(fBest, fOpposite)) {
      opposite = last;
      fOpposite = fLast;
      step = best - last;
      stepBefore = step;
    }
  }
  return best;
}

const sameSide = (y: number, other: number): boolean =>
  y !== 0 && Math.sign(y) === Math.sign(other);

/** Step from `b` to the root of the inverse parabola through three points, or of the secant through two. */
function interpolated(b: number, fb: number, c: number, fc: number, a: number, fa: number): number {
  if (a === c) return ((c - b) * fb) / (fb - fc);
  const s = fb / fa;
  const r = fb / fc;
  const t = fa / fc;
  const p = s * (t * (r - t) * (c - b) - (1 - r) * (b - a));
  const q = (t - 1) * (r - 1) * (s - 1);
  return p / q;
}
