import type { Kernels, Key } from '../random/index.ts';
import type { FloatDType, Tensor } from '../tensor/index.ts';
import { cutNormalMoments } from './cut-normal.ts';
import type { Spec } from './initializer.ts';
import { tensorOfStream } from './tensor.ts';

/** A law of mean 0 that is known by its standard deviation; `truncated_normal` is cut at 2 std of its parent. */
export type Distribution = 'normal' | 'truncated_normal' | 'uniform';

/** The names of the distributions. */
export const distributions: readonly Distribution[] = ['normal', 'truncated_normal', 'uniform'];

/** `√Var z` of a standard normal z cut at ±2, 0.8796256610342398. */
const CUT_STD: number = cutNormalMoments(-2, 2).std;

/** The largest magnitude of a number of this law: `√3 std`, `2 std / 0.8796`, or `null`. */
export function boundOf(distribution: string, std: number): number | null {
  if (distribution === 'uniform') return Math.sqrt(3) * std;
  return distribution === 'truncated_normal' ? 2 * (std / CUT_STD) : null;
}

/** Independent numbers of mean 0 and this standard deviation. */
export function drawIndependent(
  key: Key,
  spec: Spec,
  kernels: Kernels,
  distribution: string,
  std: number,
): Tensor<FloatDType> {
  const bound = boundOf(distribution, std);
  return tensorOfStream(spec, kernels, (out, offset) => {
    if (bound === null) kernels.normal(key, out, 0, std, offset);
    else if (distribution === 'uniform') kernels.uniform(key, out, -bound, bound, offset);
    else kernels.truncatedNormal(key, out, 0, std / CUT_STD, -2, 2, offset);
  });
}
