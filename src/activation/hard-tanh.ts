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

/** `E min(|√q z|, 1)² = q p - 2 √q n(1/√q) + 1 - p`, `n` the normal density, `p = P(|√q z| < 1)`. */
export function clippedSecondMoment(q: number): number {
  const edge = 1 / Math.sqrt(q);
  return q * insideProbability(q) - 2 * Math.sqrt(q) * normalPdf(edge) + erfc(edge * Math.SQRT1_2);
}

/** `p = P(|√q z| < 1) = erf(1 / √(2q))`. */
export function insideProbability(q: number): number {
  return erf(Math.SQRT1_2 / Math.sqrt(q));
}
