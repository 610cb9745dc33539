import type { Activation } from './activation.ts';
import { buildClip } from './clip.ts';
import { clippedSecondMoment, insideProbability } from './hard-tanh.ts';

/** `φ(x) = min(max(x, 0), 6)`. */
export const relu6: Activation = {
  name: 'relu6',
  f: (x) => Math.min(Math.max(x, 0), 6),
  df: (x) => (x > 0 && x <= 6 ? 1 : 0),
  breakpoints: [0, 6],
  family: 'rectifier',
  homogeneous: false,
  odd: false,
  saturates: { low: 0, high: 6 },
  secondMoment: (q) => 18 * clippedSecondMoment(q / 36),
  derivativeSecondMoment: (q) => 0.5 * insideProbability(q / 36),
  build: (builder, name, x) => buildClip(builder, name, x, 0, 6),
};
