import { fold } from '../random/index.ts';
import { badGain, define } from './define.ts';
import type { Scheme, Spec } from './initializer.ts';
import { linearMaps, mapSize, notLinear, sums } from './linear-map.ts';
import { tensorOfZeros } from './tensor.ts';

/**
 * Entry (i, j) of Sylvester's Hadamard matrix of any order `2^m` that has it: `(-1)^(number of bits that i
 * and j share)`. `H Hᵀ = 2^m I`. Indices below 2³¹.
 */
export function hadamardEntry(i: number, j: number): 1 | -1 {
  let bits = i & j;
  bits ^= bits >>> 16;
  bits ^= bits >>> 8;
  bits ^= bits >>> 4;
  bits ^= bits >>> 2;
  bits ^= bits >>> 1;
  return (bits & 1) === 0 ? 1 : -1;
}

/** The longer side of the matrix `[out, in · kernel]`, the order of the Hadamard matrix. */
function orderOf(spec: Spec): number {
  const { outputs, inputs, taps } = mapSize(spec);
  return Math.max(outputs, inputs * taps);
}

const isPowerOf2 = (n: number): boolean => n <= 2 ** 30 && 2 ** Math.round(Math.log2(n)) === n;

/**
 * `W = gain H D / √n` of `[out, in · kernel]`: the first rows or columns of Sylvester's H of order n, the
 * longer side, and D random signs, one per input (stream `group/g`), or the identity.
 */
export const hadamard: Scheme = define({
  name: 'hadamard',
  formula: 'W = gain H D / √n of [out, in · kernel], H Hᵀ = n I, D = diag(±1), σ² = gain² / n',
  use: 'orthogonal maps all of whose weights have one magnitude; the longer side is a power of two',
  reference: 'Sylvester 1867; Yu et al. 2016, section 4, arXiv:1610.09072 (with random signs)',
  options: { gain: 1, signs: 'random' },
  choices: { signs: ['random', 'fixed'] },
  problem: badGain,
  undefinedFor: (spec) => {
    const problem = notLinear(spec);
    if (problem !== null || spec.shape.includes(0)) return problem;
    const order = orderOf(spec);
    return isPowerOf2(order)
      ? null
      : `the longer side of [out, in · kernel] must be a power of two up to 2^30, got ${order}`;
  },
  mean: (spec, { gain, signs }) => {
    // The entries of a row or column of H add up to 0, those of the first to n.
    const { outputs, inputs, taps } = mapSize(spec);
    const size = outputs * inputs * taps;
    return signs === 'random' ? 0 : (gain * Math.sqrt(orderOf(spec))) / size;
  },
  std: (spec, { gain, signs }) => {
    const { outputs, inputs, taps } = mapSize(spec);
    const mean = signs === 'random' ? 0 : orderOf(spec) / (outputs * inputs * taps);
    return (gain * Math.sqrt(1 - mean * mean)) / Math.sqrt(orderOf(spec));
  },
  bound: (spec, { gain, signs }) => {
    const { outputs, inputs, taps } = mapSize(spec);
    const mean = signs === 'random' ? 0 : orderOf(spec) / (outputs * inputs * taps);
    return mean === 1 ? 0 : (gain * (1 + mean)) / Math.sqrt(orderOf(spec));
  },
  draw: (key, spec, { gain, signs }, kernels) =>
    tensorOfZeros(spec, kernels, (values) => {
      const { bases, outputs, inputs, taps } = linearMaps(spec);
      const columns = sums(inputs, taps);
      const size = gain / Math.sqrt(orderOf(spec));
      const noise = new Float64Array(columns.length);
      for (const [g, base] of bases.entries()) {
        if (signs === 'random') kernels.uniform(fold(key, `group/${g}`), noise, -1, 1);
        for (const [o, output] of outputs.entries()) {
          for (const [c, column] of columns.entries()) {
            const sign = noise[c] < 0 ? -hadamardEntry(o, c) : hadamardEntry(o, c);
            values[base + output + column] = sign * size;
          }
        }
      }
    }),
});
