import {
  initializer,
  type InitializerOptions,
  type SchemeOptions,
  type TfInitializer,
} from './initializer.ts';

/** Makes the initializer of one scheme, whose own options have these names. */
export type Named<Names extends string = never> = (
  options?: InitializerOptions & SchemeOptions<Names>,
) => TfInitializer;

function named(name: string): Named<string> {
  return (options) => initializer(name, options);
}

/** `w = 0`. */
export const zeros: Named = named('zeros');

/** `w = 1`. */
export const ones: Named = named('ones');

/** `w = value`. */
export const constant: Named<'value'> = named('constant');

/** `w ~ U(low, high), σ² = (high - low)² / 12`. */
export const uniform: Named<'low' | 'high'> = named('uniform');

/** `w ~ N(mean, std²)`. */
export const normal: Named<'mean' | 'std'> = named('normal');

/** `w = mean + std (z - E z) / √Var z, z ~ N(0, 1) cut to [low, high]`. */
export const truncatedNormal: Named<'mean' | 'std' | 'low' | 'high'> = named('truncated_normal');

/** `σ² = scale / n, n = fan_in, fan_out, (fan_in + fan_out)/2 or √(fan_in fan_out)`. */
export const varianceScaling: Named<'scale' | 'mode' | 'distribution'> = named('variance_scaling');

/** `w ~ N(0, σ²), σ² = 2 gain² / (fan_in + fan_out)`. */
export const glorotNormal: Named<'gain'> = named('glorot_normal');

/** `w ~ U(-√3 σ, √3 σ), σ² = 2 gain² / (fan_in + fan_out)`. */
export const glorotUniform: Named<'gain'> = named('glorot_uniform');

/** `w ~ N(0, σ²), σ² = 2 gain² / ((1 + slope²) fan)`. */
export const heNormal: Named<'slope' | 'mode' | 'gain'> = named('he_normal');

/** `w ~ U(-√3 σ, √3 σ), σ² = 2 gain² / ((1 + slope²) fan)`. */
export const heUniform: Named<'slope' | 'mode' | 'gain'> = named('he_uniform');

/** `w ~ N(0, σ²), σ² = gain² / fan_in`. */
export const lecunNormal: Named<'gain'> = named('lecun_normal');

/** `w ~ U(-√3 σ, √3 σ), σ² = gain² / fan_in`. */
export const lecunUniform: Named<'gain'> = named('lecun_uniform');

/** `W = gain Q, QᵀQ = I (or QQᵀ = I) of [out, in · kernel], σ² = gain² / max(out, in · kernel)`. */
export const orthogonal: Named<'gain'> = named('orthogonal');

/** `W = gain max(√(out / (in · kernel)), 1) Q, QᵀQ = I (or QQᵀ = I), σ² = gain² / (in · kernel)`. */
export const scaledOrthogonal: Named<'gain'> = named('scaled_orthogonal');

/** `K[(k - 1) // 2] = gain Q, QᵀQ = I of [out, in], other taps 0, σ² = gain² / (out ∏k)`. */
export const deltaOrthogonal: Named<'gain'> = named('delta_orthogonal');

/** `W_ij = gain δ_ij`. */
export const identity: Named<'gain'> = named('identity');

/** `K[k // 2]_ij = gain δ_ij per group, other taps 0`. */
export const dirac: Named<'gain'> = named('dirac');
