import { badGain, define } from './define.ts';
import type { Scheme, Spec } from './initializer.ts';
import { mapSize, notLinear } from './linear-map.ts';
import { drawOrthogonal, flattened } from './orthogonal.ts';

/** `‖W‖₂ = gain √(out / (in · kernel))`. */
function normOf(spec: Spec, { gain }: { readonly gain: number }): number {
  const { outputs, inputs, taps } = mapSize(spec);
  return gain * Math.sqrt(outputs / (inputs * taps));
}

/**
 * `W = gain √(out / (in · kernel)) Q`, Q Haar with orthonormal rows or columns: every singular value is what
 * the spectral condition asks of the largest, so that both the weights and what they pass on are of the
 * size that features of mean square 1 need, whatever the widths.
 */
export const spectral: Scheme = define({
  name: 'spectral',
  formula: 'W = gain √(out / (in · kernel)) Q, QᵀQ = I (or QQᵀ = I), so ‖W‖₂ = gain √(out / in)',
  use: 'networks whose width is to change without changing how they learn; scaled_orthogonal keeps a wide map larger',
  reference: 'Yang et al. 2023, condition 1, arXiv:2310.17813',
  options: { gain: 1 },
  problem: badGain,
  undefinedFor: notLinear,
  std: (spec, options) => {
    const { outputs, inputs, taps } = mapSize(spec);
    return normOf(spec, options) / Math.sqrt(Math.max(outputs, inputs * taps));
  },
  bound: normOf,
  draw: (key, spec, options, kernels) =>
    drawOrthogonal(key, spec, kernels, flattened, normOf(spec, options)),
});
