import type { Kernels, Key } from '../random/index.ts';
import { badGain, define } from './define.ts';
import type { Scheme, Spec } from './initializer.ts';
import { mapSize, notLinear } from './linear-map.ts';
import { drawOrthogonal, flattened } from './orthogonal.ts';

/** The only matrix of SO(1) is 1. */
function isOne(spec: Spec): boolean {
  const { outputs, inputs, taps } = mapSize(spec);
  return outputs === 1 && inputs * taps === 1;
}

/**
 * The determinant of the square Haar matrix of a stream, 1 or -1: n reflections and the signs
 * `-sgn x_k0` of its columns make `∏ sgn x_k0`, where `x_k0` is number `k n + k`; 1 if it is not square.
 */
function determinant(stream: Key, m: number, n: number, kernels: Kernels): number {
  if (m !== n) return 1;
  const x = new Float64Array(1);
  let sign = 1;
  for (let k = 0; k < n; k++) {
    kernels.normal(stream, x, 0, 1, k * n + k);
    if (x[0] < 0) sign = -sign;
  }
  return sign;
}

/** `W = gain Q`, Q Haar-distributed on SO(n): a rotation, where `[out, in · kernel]` is square. */
export const specialOrthogonal: Scheme = define({
  name: 'special_orthogonal',
  formula:
    'W = gain Q, QᵀQ = I, det Q = 1 where [out, in · kernel] is square, σ² = gain² / max(out, in · kernel)',
  use: 'as orthogonal, of rotations alone: recurrent weights that a path of orthogonal matrices joins to the identity',
  reference:
    'Mezzadri 2007, arXiv:math-ph/0609050; Lezcano-Casado and Martínez-Rubio 2019, arXiv:1901.08428',
  options: { gain: 1 },
  problem: badGain,
  undefinedFor: notLinear,
  mean: (spec, { gain }) => (isOne(spec) ? gain : 0),
  std: (spec, { gain }) => {
    const { outputs, inputs, taps } = mapSize(spec);
    return isOne(spec) ? 0 : gain / Math.sqrt(Math.max(outputs, inputs * taps));
  },
  bound: (spec, { gain }) => (isOne(spec) ? 0 : gain),
  draw: (key, spec, { gain }, kernels) =>
    drawOrthogonal(key, spec, kernels, flattened, gain, (stream, m, n) =>
      determinant(stream, m, n, kernels),
    ),
});
