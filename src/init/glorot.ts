import { badGain, define } from './define.ts';
import { boundOf, drawIndependent, type Distribution } from './distribution.ts';
import { badFan, fanOf } from './fan.ts';
import type { Scheme, Spec } from './initializer.ts';

function std(spec: Spec, { gain }: { readonly gain: number }): number {
  return gain * Math.sqrt(1 / fanOf(spec, 'fan_avg'));
}

function glorot(name: string, distribution: Distribution, formula: string): Scheme {
  return define({
    name,
    formula,
    use: 'a compromise between the forward and the backward pass, for maps that are linear near 0 or feed a softmax',
    reference: 'Glorot and Bengio 2010, eq. 12 and 16',
    options: { gain: 1 },
    problem: badGain,
    undefinedFor: (spec) => badFan(spec, 'fan_avg'),
    std,
    bound: (spec, options) => boundOf(distribution, std(spec, options)),
    draw: (key, spec, options, kernels) =>
      drawIndependent(key, spec, kernels, distribution, std(spec, options)),
  });
}

/** `w ~ N(0, 2 gain² / (fan_in + fan_out))`. */
export const glorotNormal: Scheme = glorot(
  'glorot_normal',
  'normal',
  'w ~ N(0, σ²), σ² = 2 gain² / (fan_in + fan_out)',
);

/** `w ~ U(-b, b)`, `b = gain √(6 / (fan_in + fan_out))`. */
export const glorotUniform: Scheme = glorot(
  'glorot_uniform',
  'uniform',
  'w ~ U(-√3 σ, √3 σ), σ² = 2 gain² / (fan_in + fan_out)',
);

/** The normal law of this name cut at two of its parent's standard deviations; std is that of the result. */
export const glorotTruncatedNormal: Scheme = glorot(
  'glorot_truncated_normal',
  'truncated_normal',
  'w = σ z / √Var z, z ~ N(0, 1) cut to [-2, 2], σ² = 2 gain² / (fan_in + fan_out)',
);
