import { badGain, define } from './define.ts';
import { boundOf, drawIndependent, type Distribution } from './distribution.ts';
import { badFan } from './fan.ts';
import type { Scheme, Spec } from './initializer.ts';

function std(spec: Spec, { gain }: { readonly gain: number }): number {
  return gain * Math.sqrt(1 / spec.fanIn);
}

function lecun(name: string, distribution: Distribution, formula: string): Scheme {
  return define({
    name,
    formula,
    use: 'SELU and linear layers; with the gain of an activation, any layer whose signal is to be kept',
    reference: 'LeCun et al. 1998, Efficient BackProp, eq. 16',
    options: { gain: 1 },
    problem: badGain,
    undefinedFor: (spec) => badFan(spec, 'fan_in'),
    std,
    bound: (spec, options) => boundOf(distribution, std(spec, options)),
    draw: (key, spec, options, kernels) =>
      drawIndependent(key, spec, kernels, distribution, std(spec, options)),
  });
}

/** `w ~ N(0, gain² / fan_in)`. */
export const lecunNormal: Scheme = lecun(
  'lecun_normal',
  'normal',
  'w ~ N(0, σ²), σ² = gain² / fan_in',
);

/** `w ~ U(-√3 σ, √3 σ)`, `σ² = gain² / fan_in`. */
export const lecunUniform: Scheme = lecun(
  'lecun_uniform',
  'uniform',
  'w ~ U(-√3 σ, √3 σ), σ² = gain² / fan_in',
);

/** The normal law of this name cut at two of its parent's standard deviations; std is that of the result. */
export const lecunTruncatedNormal: Scheme = lecun(
  'lecun_truncated_normal',
  'truncated_normal',
  'w = σ z / √Var z, z ~ N(0, 1) cut to [-2, 2], σ² = gain² / fan_in',
);
