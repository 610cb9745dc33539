/**
 * `exp(factor · x²)` without the error that rounding `x²` makes for large `x`. `factor` must be a
 * power of two or its negative.
 */
export function expOfSquare(factor: number, x: number): number {
  // Beyond 1000 the value is 0 or infinite, and the two factors below could be 0 times infinity.
  if (!(Math.abs(x) < 1000)) return Math.exp(factor * x * x);
  const head = Math.fround(x);
  return Math.exp(factor * head * head) * Math.exp(factor * (x - head) * (x + head));
}
