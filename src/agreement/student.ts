import { brent, erfc, gaussLegendre } from '../numeric/index.ts';

/** From here on the distribution is normal to a part in a million of its width. */
const NORMAL = 1e6;

const RULE = gaussLegendre(96);

/** `∫ cosⁿ θ dθ` from `low` to π/2. */
function cosines(power: number, low: number): number {
  // Beyond twelve widths 1/√n of a peak at 0 nothing is left.
  const high = Math.min(Math.PI / 2, Math.max(low, 0) + 12 / Math.sqrt(power + 1));
  const half = 0.5 * (high - low);
  let sum = 0;
  for (const [i, node] of RULE.nodes.entries()) {
    sum += RULE.weights[i] * Math.cos(low + half * (1 + node)) ** power;
  }
  return half * sum;
}

/**
 * How much wider a standard error has to be taken that rests on a sample variance of so many degrees of freedom, so
 * that `beyond` of them leave out as much as `beyond` of a normal distribution: the ratio of the two quantiles. Of 4
 * it is 2513 for one degree, 1.90 for 8, 1 for infinitely many. `RangeError` for less than one degree.
 * Reference: Student 1908, The probable error of a mean
 */
export function widening(freedom: number, beyond: number): number {
  if (!(freedom >= 1)) {
    throw new RangeError(`widening: degrees of freedom must be at least 1, got ${freedom}`);
  }
  if (freedom > NORMAL) return 1;
  // With t = √ν tan θ the density is proportional to cos^(ν - 1) θ.
  const all = 2 * cosines(freedom - 1, 0);
  const tail = 0.5 * erfc(beyond / Math.SQRT2);
  const gap = (theta: number): number => cosines(freedom - 1, theta) / all / tail - 1;
  const theta = brent(gap, 0, Math.PI / 2);
  return (Math.sqrt(freedom) * Math.tan(theta)) / beyond;
}
