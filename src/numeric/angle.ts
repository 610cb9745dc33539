/** `√(q₁ q₂)`, the largest covariance of two Gaussians; `q` for two equal ones, to the last digit. */
export function largestCovariance(q1: number, q2: number): number {
  return q1 === q2 ? q1 : Math.sqrt(q1) * Math.sqrt(q2);
}

/**
 * `√(q₁ q₂ - k²)` without the loss of digits near `|k| = √(q₁ q₂)`; 0 beyond, and where k is as near as
 * rounding lets it be.
 */
export function besideCovariance(q1: number, q2: number, k: number): number {
  const most = largestCovariance(q1, q2);
  const left = most - Math.abs(k);
  if (left <= 2 * Number.EPSILON * most) return 0;
  return Math.sqrt(left) * Math.sqrt(most + Math.abs(k));
}

/** The angle `θ = arccos(k / √(q₁ q₂))` of two Gaussians of variance `q1` and `q2` and covariance `k`, exact near 0 and π. */
export function angleBetween(q1: number, q2: number, k: number): number {
  return Math.atan2(besideCovariance(q1, q2, k), k);
}

/** `sin x - x cos x` for `0 ≤ x ≤ π`, to all digits also where it is `x³/3`. */
export function sineExcess(x: number): number {
  if (x > 0.5) return Math.sin(x) - x * Math.cos(x);
  // Σ (-1)ⁿ⁺¹ 2n/(2n + 1)! x²ⁿ⁺¹
  let term = x ** 3 / 6;
  let sum = 0;
  for (let n = 1; n < 9; n++) {
    sum += 2 * n * term;
    term *= -(x * x) / ((2 * n + 2) * (2 * n + 3));
  }
  return sum;
}
