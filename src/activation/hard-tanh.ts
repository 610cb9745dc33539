import { erf, erfc, normalPdf } from '../numeric/index.ts';
import type { Activation } from './activation.ts';
import { buildClip } from './clip.ts';

/** `φ(x) = min(max(x, -1), 1)`. */
export const hardTanh: Activation = {
  name: 'hard_tanh',
  f: (x) => Math.min(Math.max(x, -1), 1),
  df: (x) => (x > -1 && x <= 1 ? 1 : 0),
  breakpoints: [-1, 1],
  family: 'sigmoidal',
  homogeneous: false,
  odd: true,
  saturates: { low: -1, high: 1 },
  secondMoment: clippedSecondMoment,
  derivativeSecondMoment: insideProbability,
  build: (builder, name, x) => buildClip(builder, name, x, -1, 1),
};

/**
 * `E min(|√q z|, 1)² = q ∫ z² n(z) dz + P(|z| > e)`, the integral from -e to e, `e = 1/√q`, `n` the
 * normal density.
 */
export function clippedSecondMoment(q: number): number {
  const edge = 1 / Math.sqrt(q);
  const outside = erfc(edge * Math.SQRT1_2);
  if (edge > 1) return q * insideProbability(q) - 2 * Math.sqrt(q) * normalPdf(edge) + outside;
  // The first two terms cancel to order e, so sum their power series instead, which starts there.
  let term = 2 * edge * normalPdf(0);
  let sum = 0;
  for (let n = 0; n < 16; n++) {
    sum += term / (2 * n + 3);
    term *= (-0.5 * edge * edge) / (n + 1);
  }
  return sum + outside;
}

/** `p = P(|√q z| < 1) = erf(1 / √(2q))`. */
export function insideProbability(q: number): number {
  return erf(Math.SQRT1_2 / Math.sqrt(q));
}
