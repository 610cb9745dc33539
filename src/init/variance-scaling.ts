import { define, notFinite } from './define.ts';
import { boundOf, distributions, drawIndependent } from './distribution.ts';
import { badFan, fanOf, modes } from './fan.ts';
import type { Scheme } from './initializer.ts';

/** `σ² = scale / n`, n being the fan that `mode` names. */
export const varianceScaling: Scheme = define({
  name: 'variance_scaling',
  formula: 'σ² = scale / n, n = fan_in, fan_out, (fan_in + fan_out)/2 or √(fan_in fan_out)',
  use: 'the general form of He, Glorot and LeCun, for a scale, fan or law that has no name',
  reference: 'He et al. 2015, section 2.2, arXiv:1502.01852',
  options: { scale: 1, mode: 'fan_in', distribution: 'normal' },
  choices: { mode: modes, distribution: distributions },
  problem: ({ scale }) =>
    notFinite({ scale }) ?? (scale >= 0 ? null : `scale must be >= 0, got ${scale}`),
  undefinedFor: (spec, { mode }) => badFan(spec, mode),
  std: (spec, { scale, mode }) => Math.sqrt(scale / fanOf(spec, mode)),
  bound: (spec, { scale, mode, distribution }) =>
    boundOf(distribution, Math.sqrt(scale / fanOf(spec, mode))),
  draw: (key, spec, { scale, mode, distribution }, kernels) =>
    drawIndependent(key, spec, kernels, distribution, Math.sqrt(scale / fanOf(spec, mode))),
});
