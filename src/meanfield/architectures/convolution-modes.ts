import { checkNotNegative } from './checks.ts';
import { depthScale } from './fixed-points.ts';

/**
 * How the weight variance is shared out over the taps of a kernel: evenly, all in the centre (delta-orthogonal and
 * other delta kernels), or as given, row by row, adding up to 1.
 */
export type KernelProfile = 'uniform' | 'delta' | readonly number[];

/** A periodic convolution in one or more dimensions. */
export interface PeriodicConvolution {
  /** Positions along each dimension. */
  readonly size: readonly number[];
  /** Taps along each dimension; tap `i` of `k` reads the position `i - floor((k - 1) / 2)` further on. */
  readonly kernel: readonly number[];
  /** `uniform` if not given. */
  readonly profile?: KernelProfile;
  /** Distance of neighbouring taps, 1 if not given. */
  readonly dilation?: number;
}

/** Factors of the Fourier modes of a perturbation, row by row over the frequencies `0 … n - 1` of each dimension. */
export interface ConvolutionModes {
  readonly size: readonly number[];
  /** Real and imaginary part of `λ_f`; the imaginary part is 0 for symmetric profiles. */
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
  /** `|λ_f|`, 1 at f = 0. */
  readonly magnitude: Float64Array;
}

/** One tap: its share of the weight variance and what it adds to each coordinate of a position. */
export interface Tap {
  readonly share: number;
  readonly offset: readonly number[];
}

/**
 * The Fourier modes of a convolutional network without borders: a small error of the covariance of two positions
 * (or of one for two inputs) that varies as mode `f` along the common shift of both keeps its shape and is
 * multiplied by `χ λ_f` per layer, `λ_f = Σ_β v_β e^{2πi f·β / n}`, with `χ = χ_c` for different positions and `χ_q` for
 * second moments. Only `f = 0` has `|λ| = 1` for a uniform profile; for a delta profile all have.
 * `RangeError` for sizes that are no whole numbers from 1 on and profiles that do not fit.
 * Reference: Xiao et al. 2018, section 2, arXiv:1806.05393
 */
export function convolutionModes(convolution: PeriodicConvolution): ConvolutionModes {
  const taps = tapsOf('convolutionModes', convolution);
  const { size } = convolution;
  const count = size.reduce((product, n) => product * n, 1);
  const real = new Float64Array(count);
  const imaginary = new Float64Array(count);
  const magnitude = new Float64Array(count);
  const f = size.map(() => 0);
  for (let mode = 0; mode < count; mode++) {
    for (const { share, offset } of taps) {
      let turns = 0;
      for (const [d, n] of size.entries()) turns += ((f[d] * offset[d]) % n) / n;
      const angle = 2 * Math.PI * turns;
      real[mode] += share * Math.cos(angle);
      imaginary[mode] += share * Math.sin(angle);
    }
    magnitude[mode] = Math.min(1, Math.hypot(real[mode], imaginary[mode]));
    nextIn(f, size);
  }
  return { size, real, imaginary, magnitude };
}

/**
 * Depth scale `ξ_f = -1 / ln(χ |λ_f|)` of every mode in layers; `Infinity` where `χ |λ_f| = 1`, negative where the mode
 * grows. `RangeError` for a negative χ.
 */
export function modeDepthScales(modes: ConvolutionModes, chi: number): Float64Array {
  checkNotNegative('modeDepthScales', 'chi', chi);
  return modes.magnitude.map((magnitude) => {
    const factor = chi * magnitude;
    return factor > 1 ? -depthScale(factor) : depthScale(factor);
  });
}

/** The taps of a convolution with their shares. */
export function tapsOf(where: string, convolution: PeriodicConvolution): readonly Tap[] {
  const { size, kernel, profile = 'uniform', dilation = 1 } = convolution;
  if (size.length === 0 || size.length !== kernel.length) {
    throw new RangeError(
      `${where}: size and kernel must have the same number of dimensions, at least 1, got [${size.join(', ')}] and [${kernel.join(', ')}]`,
    );
  }
  for (const n of [...size, ...kernel, dilation]) {
    if (!Number.isSafeInteger(n) || n < 1) {
      throw new RangeError(
        `${where}: sizes, kernels and dilation must be whole numbers from 1 on, got ${n}`,
      );
    }
  }
  const count = kernel.reduce((product, k) => product * k, 1);
  const shares = sharesOf(where, kernel, count, profile);
  const at = kernel.map(() => 0);
  const taps: Tap[] = [];
  for (const share of shares) {
    const offset = at.map((i, d) => dilation * (i - Math.floor((kernel[d] - 1) / 2)));
    if (share > 0) taps.push({ share, offset });
    nextIn(at, kernel);
  }
  return taps;
}

function sharesOf(
  where: string,
  kernel: readonly number[],
  count: number,
  profile: KernelProfile,
): readonly number[] {
  if (profile === 'uniform') return Array.from({ length: count }, () => 1 / count);
  if (profile === 'delta') {
    if (kernel.some((k) => k % 2 === 0)) {
      throw new RangeError(
        `${where}: a delta kernel must have a centre, so an odd number of taps, got [${kernel.join(', ')}]`,
      );
    }
    return Array.from({ length: count }, (_, i) => (i === (count - 1) / 2 ? 1 : 0));
  }
  const total = profile.reduce((sum, share) => sum + share, 0);
  const isValid = profile.every((share) => share >= 0) && Math.abs(total - 1) < 1e-9;
  if (profile.length !== count || !isValid) {
    throw new RangeError(
      `${where}: profile must hold ${count} shares that are not negative and add up to 1, got ` +
        `${profile.length} of sum ${total}`,
    );
  }
  return profile;
}

/** Counts `at` up by one in the order of a row-major array of this shape. */
export function nextIn(at: number[], shape: readonly number[]): void {
  for (let d = shape.length - 1; d >= 0; d--) {
    at[d] += 1;
    if (at[d] < shape[d]) return;
    at[d] = 0;
  }
}
