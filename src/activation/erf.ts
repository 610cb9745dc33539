import { erf as errorFunction } from '../numeric/index.ts';
import type { Activation } from './activation.ts';

/**
 * `φ(x) = erf x = 2/√π ∫₀ˣ exp(-t²) dt`, with `E φ² = 2/π arcsin(2q / (1 + 2q))`.
 * Reference: Williams 1996, Computing with Infinite Networks, eq. 11
 */
export const erf: Activation = {
  name: 'erf',
  f: errorFunction,
  df: (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x),
  breakpoints: [],
  family: 'sigmoidal',
  homogeneous: false,
  odd: true,
  saturates: { low: -1, high: 1 },
  secondMoment: (q) => (2 / Math.PI) * Math.atan2(2 * q, Math.sqrt(1 + 4 * q)),
  derivativeSecondMoment: (q) => 4 / (Math.PI * Math.sqrt(1 + 4 * q)),
  build: (builder, name, x) => builder.node(name, 'Erf', [x]),
};
