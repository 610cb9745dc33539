import { erfcx } from './erf.ts';
import { expOfSquare } from './exp.ts';

const INVERSE_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

/** Density of the standard normal distribution, `φ(z) = exp(-z²/2) / √(2π)`. */
export function normalPdf(z: number): number {
  return INVERSE_SQRT_2PI * expOfSquare(-0.5, z);
}

/** Distribution function of the standard normal, `Φ(z) = ½ erfc(-z/√2)`, accurate in the left tail. */
export function normalCdf(z: number): number {
  const tail = 0.5 * expOfSquare(-0.5, z) * erfcx(Math.abs(z) * Math.SQRT1_2);
  return z < 0 ? tail : 1 - tail;
}
