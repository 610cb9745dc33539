import { badGain, define, notFinite } from './define.ts';
import { boundOf, drawIndependent, type Distribution } from './distribution.ts';
import { badFan, fanOf, modes } from './fan.ts';
import type { Scheme, Spec } from './initializer.ts';

interface HeOptions {
  readonly slope: number;
  readonly mode: string;
  readonly gain: number;
}

function std(spec: Spec, { slope, mode, gain }: HeOptions): number {
  return gain * Math.sqrt(2 / (1 + slope * slope) / fanOf(spec, mode));
}

function he(name: string, distribution: Distribution, formula: string): Scheme {
  return define({
    name,
    formula,
    use: 'layers after ReLU or leaky ReLU of this slope; fan_in keeps the signal, fan_out the gradient',
    reference: 'He et al. 2015, eq. 10 and 14, arXiv:1502.01852',
    options: { slope: 0, mode: 'fan_in', gain: 1 },
    choices: { mode: modes },
    problem: ({ slope, gain }) =>
      notFinite({ slope, 'slope²': slope * slope }) ?? badGain({ gain }),
    undefinedFor: (spec, { mode }) => badFan(spec, mode),
    std,
    bound: (spec, options) => boundOf(distribution, std(spec, options)),
    draw: (key, spec, options, kernels) =>
      drawIndependent(key, spec, kernels, distribution, std(spec, options)),
  });
}

/** `w ~ N(0, 2 gain² / ((1 + slope²) fan))`. */
export const heNormal: Scheme = he(
  'he_normal',
  'normal',
  'w ~ N(0, σ²), σ² = 2 gain² / ((1 + slope²) fan)',
);

/** `w ~ U(-√3 σ, √3 σ)`, `σ² = 2 gain² / ((1 + slope²) fan)`. */
export const heUniform: Scheme = he(
  'he_uniform',
  'uniform',
  'w ~ U(-√3 σ, √3 σ), σ² = 2 gain² / ((1 + slope²) fan)',
);

/** The normal law of this name cut at two of its parent's standard deviations; std is that of the result. */
export const heTruncatedNormal: Scheme = he(
  'he_truncated_normal',
  'truncated_normal',
  'w = σ z / √Var z, z ~ N(0, 1) cut to [-2, 2], σ² = 2 gain² / ((1 + slope²) fan)',
);
