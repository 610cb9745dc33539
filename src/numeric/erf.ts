import { expOfSquare } from './exp.ts';

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

/** Below this magnitude `erf` is summed, above it is `1 - erfc`. */
const SMALL = 0.65;

/** `(-1)ⁿ / (n! (2n + 1))`: the Maclaurin coefficients of `√π/2 erf(x) / x` in `x²`. */
const MACLAURIN: readonly number[] = Array.from({ length: 15 }, (_, n) => {
  let factorial = 1;
  for (let i = 2; i <= n; i++) factorial *= i;
  return (n % 2 === 0 ? 1 : -1) / (factorial * (2 * n + 1));
});

/** Coefficients `cₖ` of `(1 + 2x) erfcx(x) = Σ cₖ Tₖ((x - 3) / (x + 3))`, from test/golden/special.py. */
const CHEBYSHEV: readonly number[] = [
  1.17756257419656, 0.005353904539615676, -0.09377550342284209, 0.05436652555744322,
  -0.018976596707845208, 0.004453426061462712, -0.0006335531710553147, 1.7661719523171593e-5,
  1.2841532864056671e-5, -2.0072285659059913e-6, -1.807522790414837e-7, 7.549828343825093e-8,
  1.885668523838603e-9, -2.699519049798364e-9, -1.460079119939105e-11, 1.0361607445969489e-10,
  1.475715976623473e-12, -4.277340064396911e-12, -2.07922492859799e-13, 1.8134502003176963e-13,
  1.973425574544739e-14, -7.287943737592673e-15, -1.5169878690228116e-15, 2.3514112258781403e-16,
  1.0006111691821667e-16,
];

function scaledTail(x: number): number {
  const t = x < 1e16 ? (x - 3) / (x + 3) : 1;
  let next = 0;
  let current = 0;
  for (let k = CHEBYSHEV.length - 1; k > 0; k--) {
    const previous = 2 * t * current - next + CHEBYSHEV[k];
    next = current;
    current = previous;
  }
  return (t * current - next + CHEBYSHEV[0]) / (1 + 2 * x);
}

function erfNearZero(x: number): number {
  const square = x * x;
  let sum = 0;
  for (let n = MACLAURIN.length - 1; n >= 0; n--) sum = sum * square + MACLAURIN[n];
  return TWO_OVER_SQRT_PI * x * sum;
}

/** `erf x = 2/√π ∫₀ˣ exp(-t²) dt`, to a relative error of 1e-15. */
export function erf(x: number): number {
  if (Math.abs(x) < SMALL) return erfNearZero(x);
  return x < 0 ? erfc(-x) - 1 : 1 - erfc(x);
}

/** `erfc x = 1 - erf x`, to a relative error of 1e-15 also where it is small; 0 from `x = 27.3` on. */
export function erfc(x: number): number {
  if (Math.abs(x) < SMALL) return 1 - erfNearZero(x);
  return x < 0 ? 2 - erfc(-x) : expOfSquare(-1, x) * scaledTail(x);
}

/**
 * `erfcx x = exp(x²) erfc x`, the complementary error function without its decay: `1/(x√π)` for
 * large `x`. Infinite below `x = -26.6`.
 */
export function erfcx(x: number): number {
  return x < 0 ? 2 / expOfSquare(-1, x) - scaledTail(-x) : scaledTail(x);
}
