import { brent } from '../../numeric/index.ts';

/** Ratio of neighbouring points of the search; two fixed points closer than that count as one. */
const STRIDE = 1.05;

const LARGEST = 1e12;
const SMALLEST = 1e-12;

/**
 * The fixed point `x = map(x)` that iterates of a growing map of `[0, ∞)` approach from `start > 0`: the search
 * walks from there the way `map` points, in strides of 5 % or as far as `map` itself goes, and Brent's method
 * finishes. `0` where they shrink to nothing, `Infinity` where they pass 1e12.
 */
export function approachedFixedPoint(map: (x: number) => number, start: number): number {
  const excess = (x: number): number => map(x) - x;
  let x = start;
  let y = map(x);
  if (y === x) return x;
  const isGrowing = y > x;
  for (;;) {
    const next = isGrowing ? Math.max(y, x * STRIDE) : Math.min(y, x / STRIDE);
    if (!isGrowing && next < SMALLEST) return smallFixedPoint(map, x);
    if (next > LARGEST) return Infinity;
    y = map(next);
    if (y === next) return next;
    if (y > next !== isGrowing) return brent(excess, x, next);
    x = next;
  }
}

/** What is left below `high`, where `map` points down: a tiny fixed point that `map(0) > 0` makes, else 0. */
function smallFixedPoint(map: (x: number) => number, high: number): number {
  const low = map(0);
  if (!(low > 0)) return 0;
  return map(low) > low ? brent((x) => map(x) - x, low, high) : low;
}

/**
 * The stable fixed point in [0, 1] of the correlation of two inputs that start apart, for a map `C` that is a
 * power series of coefficients `≥ 0`. Where `C(1) = 1` (two equal inputs stay equal) `slopeAtOne = C'(1)` decides
 * whether that is it; `null` means that `C(1) < 1`. The search is for `(1 - C(c)) / (1 - c) = 1`, which
 * grows with c and has no root at 1.
 */
export function stableCorrelation(map: (c: number) => number, slopeAtOne: number | null): number {
  if (slopeAtOne !== null && slopeAtOne <= 1) return 1;
  const atZero = map(0);
  if (!(atZero > 0)) return 0;
  if (slopeAtOne === null) return brent((c) => map(c) - c, 0, 1);
  const excess = (c: number): number =>
    c === 1 ? slopeAtOne - 1 : c === 0 ? -atZero : (1 - map(c)) / (1 - c) - 1;
  // Closer to 1 than that the quotient is rounding error.
  const close = 1 - 1e-7;
  if (excess(close) <= 0) return 1 - (1e-7 * (slopeAtOne - 1)) / (slopeAtOne - 1 - excess(close));
  return brent(excess, 0, close);
}

/** `ξ = 1 / |ln χ|` in layers, `Infinity` at χ = 1. */
export function depthScale(chi: number): number {
  return 1 / Math.abs(Math.log(chi));
}
