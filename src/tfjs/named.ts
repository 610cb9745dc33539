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

/** `K = gain H □ B₁ □ B₂ …, B = [P, I - P], P² = P = Pᵀ, ∏k taps, σ² = gain² / (max(out, in) ∏k)`. */
export const convOrthogonal: Named<'gain' | 'rank'> = named('conv_orthogonal');

/** `W = gain Q, QᵀQ = I, det Q = 1 where [out, in · kernel] is square, σ² = gain² / max(out, in · kernel)`. */
export const specialOrthogonal: Named<'gain'> = named('special_orthogonal');

/** `W_ij = gain δ_ij`. */
export const identity: Named<'gain'> = named('identity');

/** `K[k // 2]_ij = gain δ_ij per group, other taps 0`. */
export const dirac: Named<'gain'> = named('dirac');

/** `b = sign ln u, u ~ U(1, t_max - 1)`. */
export const chronoBias: Named<'t_max' | 'sign' | 'stream'> = named('chrono_bias');

/** `A = alpha Z/√d + beta I = U Σ Vᵀ per head of width h: U √Σ (query, value) or V √Σ (key, output), the h largest values`. */
export const mimetic: Named<'part' | 'heads' | 'first' | 'alpha' | 'beta' | 'stream'> =
  named('mimetic');

/** `w = σ z / √Var z, z ~ N(0, 1) cut to [-2, 2], σ² = 2 gain² / (fan_in + fan_out)`. */
export const glorotTruncatedNormal: Named<'gain'> = named('glorot_truncated_normal');

/** `w = σ z / √Var z, z ~ N(0, 1) cut to [-2, 2], σ² = 2 gain² / ((1 + slope²) fan)`. */
export const heTruncatedNormal: Named<'slope' | 'mode' | 'gain'> = named('he_truncated_normal');

/** `w = σ z / √Var z, z ~ N(0, 1) cut to [-2, 2], σ² = gain² / fan_in`. */
export const lecunTruncatedNormal: Named<'gain'> = named('lecun_truncated_normal');

/** `w ~ U(-b, b), b = gain / √fan_in, σ² = gain² / (3 fan_in)`. */
export const torchDefault: Named<'gain'> = named('torch_default');

/** `w ~ U(-b, b), b = √(6 / fan_in) / omega (position=first: b = 1 / fan_in)`. */
export const siren: Named<'omega' | 'position'> = named('siren');

/** `w ~ N(0, std²), ⌈sparsity · out⌉ of the weights of every input are 0`. */
export const sparse: Named<'sparsity' | 'std'> = named('sparse');

/** `every output has k = connections incoming weights w ~ N(0, std²), the others are 0`. */
export const sparseMartens: Named<'connections' | 'std'> = named('sparse_martens');

/** `W = gain √(out / (in · kernel)) Q, QᵀQ = I (or QQᵀ = I), so ‖W‖₂ = gain √(out / in)`. */
export const spectral: Named<'gain'> = named('spectral');

/** `W = gain H D / √n of [out, in · kernel], H Hᵀ = n I, D = diag(±1), σ² = gain² / n`. */
export const hadamard: Named<'gain' | 'signs'> = named('hadamard');

/** `W = I (in ≥ out: its first rows), for in < out W = c H, H Hadamard of order 2^m, m = ⌈log₂ out⌉, c = 2^(-(m-1)/2); at tap k // 2`. */
export const zero: Named<'gain' | 'rule'> = named('zero');

/** `W = [Ω, -Ω] (mirror=out: [Ω; -Ω], both: [[Ω, -Ω], [-Ω, Ω]]), Ω by base with this gain`. */
export const looksLinear: Named<'gain' | 'base' | 'mirror' | 'half_in' | 'half_out'> =
  named('looks_linear');

/** `K[c · r^d + p] = V[c], p < r^d, r = factor, V ~ N(0, 2 gain² / fan_in)`. */
export const icnr: Named<'factor' | 'gain' | 'order'> = named('icnr');

/** `K_ij[t] = gain δ_ij ∏ (1 - |t - (k - 1)/2| / ⌈k/2⌉) per group`. */
export const bilinear: Named<'gain'> = named('bilinear');

/** `K[f, t] = gain w_t cos(2π f t / n) / s (side=imag: -sin), n = 2 (out - 1)`. */
export const stft: Named<'gain' | 'side' | 'window' | 'scaling' | 'ends'> = named('stft');

/** `A_nk = -gain √((2n + 1)(2k + 1)) for n > k, -gain (n + 1) for n = k, 0 for n < k`. */
export const hippo: Named<'gain'> = named('hippo');
