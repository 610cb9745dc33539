const RATIO = 0.5 * (3 - Math.sqrt(5));

/**
 * Where a function with one minimum on `[a, b]` has it, by golden section, to about `√ε |x| + tolerance`.
 * Reference: Brent 1973, Algorithms for Minimization without Derivatives, ch. 5
 */
export function minimumBetween(
  f: (x: number) => number,
  a: number,
  b: number,
  tolerance: number = 1e-9,
): number {
  let [low, high] = [a, b];
  let x = low + RATIO * (high - low);
  let y = high - RATIO * (high - low);
  let [fx, fy] = [f(x), f(y)];
  while (high - low > tolerance + 1e-8 * (Math.abs(low) + Math.abs(high))) {
    if (fx < fy) {
      high = y;
      [y, fy] = [x, fx];
      x = low + RATIO * (high - low);
      fx = f(x);
    } else {
      low = x;
      [x, fx] = [y, fy];
      y = high - RATIO * (high - low);
      fy = f(y);
    }
  }
  return fx < fy ? x : y;
}
