import { sizeOf, toFloat64, type FloatDType, type Tensor } from '../tensor/index.ts';
import type { Spec } from './initializer.ts';
import { linearMaps, mapSize, notLinear, type LinearMaps } from './linear-map.ts';
import { spectrumCost, spectrumOf, type Sizes, type Spectrum } from './spectrum.ts';
import { gridOf, matricesOf, symbolsOf, type Block } from './symbol.ts';

/** What a weight is by its values alone, whatever it was drawn by. Plain data. */
export interface Certificate extends Spectrum {
  /**
   * What the singular values are of: the matrix `[out, in · kernel]`, or the Fourier symbol of a kernel.
   */
  readonly of: 'matrix' | 'convolution';
  /** Taps that are not zero, of the map that has the fewest, and all taps; `null` of a dense weight. */
  readonly taps: { readonly nonZero: number; readonly all: number } | null;
  /**
   * Frequencies per kernel axis, `2k - 1`: sMin and sMax are those of the circular convolution of images
   * of this size. `null` of a matrix.
   */
  readonly frequencies: readonly number[] | null;
  /** Beside the symbol of a kernel its matrix `[out, in · kernel]`; `null` if that is what this is of. */
  readonly matrix: Spectrum | null;
}

/** How to look at a weight. */
export interface CertifyOptions {
  /** `convolution` if not given, where there are kernel axes; a dense weight is a `matrix` in any case. */
  readonly of?: 'matrix' | 'convolution';
  /** Operations up to which all singular values are computed; 1.5e9 if not given, about a second. */
  readonly exactCost?: number;
}

const EXACT_COST = 1.5e9;

/**
 * Smallest and largest singular value of a weight, over its groups and batches; of a kernel those of its
 * Fourier symbol, as of a convolution with circular padding and stride 1. All singular values
 * are computed where that takes few operations; else the ends are estimated by Lanczos.
 * `RangeError` for a tensor that is no linear map, has no elements or some that are not finite.
 * Reference: Sedghi, Gupta and Long 2019, arXiv:1805.10408
 */
export function certify(
  tensor: Tensor<FloatDType>,
  spec: Spec,
  { of = 'convolution', exactCost = EXACT_COST }: CertifyOptions = {},
): Certificate {
  const problem = notLinear(spec);
  if (problem !== null) throw new RangeError(`certify: ${problem}`);
  if (sizeOf(spec.shape) !== tensor.data.length || tensor.data.length === 0) {
    throw new RangeError(
      `certify: tensor must have the elements of [${spec.shape.join(', ')}] and at least one, got ${tensor.data.length}`,
    );
  }
  const { values, unit, squares } = inUnits(tensor);
  const maps = linearMaps(spec);
  const { matrix, symbol } = matricesIn(spec);
  const isKernel = symbol !== null;
  const taps = isKernel ? { nonZero: fewestTaps(values, maps), all: maps.taps.length } : null;
  const spectrum = (
    sizes: Sizes,
    reach: number,
    blocks: (v: typeof values, m: LinearMaps) => Iterable<Block>,
  ): Spectrum => {
    const mean2 = squares / (maps.bases.length * sizes.short);
    const given = { ...sizes, mean2, blocks: () => blocks(values, maps) };
    return times(spectrumOf(given, reach, exactCost), unit);
  };
  const ofMatrix = spectrum(matrix, 1, matricesOf);
  if (!isKernel || of === 'matrix') {
    return { of: 'matrix', ...ofMatrix, taps, frequencies: null, matrix: null };
  }
  const frequencies = gridOf(maps.kernel);
  // The symbol of one tap is that tap.
  const ofSymbol =
    symbol.complex === 0 ? ofMatrix : spectrum(symbol, reachOf(frequencies), symbolsOf);
  return { of: 'convolution', ...ofSymbol, taps, frequencies, matrix: ofMatrix };
}

/** The elements in units in which no square of them overflows or vanishes (mostly 1), and the sum of these. */
function inUnits(tensor: Tensor<FloatDType>): {
  readonly values: Float32Array | Float64Array;
  readonly unit: number;
  readonly squares: number;
} {
  const values = tensor.data instanceof Float32Array ? tensor.data : toFloat64(tensor);
  let largest = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]);
    if (!(size < Infinity)) {
      throw new RangeError(`certify: elements must be finite, got ${values[i]} at ${i}`);
    }
    if (size > largest) largest = size;
    squares += size * size;
  }
  if (largest === 0 || (largest > 1e-100 && largest < 1e100)) return { values, unit: 1, squares };
  const data = Float64Array.from(values, (value) => value / largest);
  const { squares: scaled } = inUnits({ dtype: 'float64', shape: tensor.shape, data });
  return { values: data, unit: largest, squares: scaled };
}

function times(spectrum: Spectrum, unit: number): Spectrum {
  const { sMin, sMax, interval } = spectrum;
  return {
    ...spectrum,
    sMin: sMin * unit,
    sMax: sMax * unit,
    interval: [interval[0] * unit, interval[1] * unit],
  };
}

/** Operations that `certify` takes for a weight for which it is defined. */
export function certificateCost(
  spec: Spec,
  { of = 'convolution', exactCost = EXACT_COST }: CertifyOptions = {},
): number {
  const { matrix, symbol } = matricesIn(spec);
  const cost = (sizes: Sizes): number => {
    const { exact, lanczos } = spectrumCost(sizes);
    return exact <= exactCost ? exact : lanczos;
  };
  if (symbol === null || of === 'matrix') return cost(matrix);
  if (symbol.complex === 0) return cost(symbol);
  // The symbols themselves: a multiplication for the real and one for the imaginary part per element.
  const making = 8 * sizeOf(spec.shape) * (1 + symbol.complex / symbol.real);
  return cost(matrix) + cost(symbol) + making;
}

/** The matrices of a weight and of its symbol. */
function matricesIn(spec: Spec): { readonly matrix: Sizes; readonly symbol: Sizes | null } {
  const { outputs, inputs, taps } = mapSize(spec);
  const maps = sizeOf(spec.shape) / (outputs * inputs * taps);
  const ordered = (a: number, b: number) => ({ long: Math.max(a, b), short: Math.min(a, b) });
  const matrix = { ...ordered(outputs, inputs * taps), real: maps, complex: 0 };
  if (!spec.layout.includes('kernel')) return { matrix, symbol: null };
  const kernel = spec.shape.filter((_, axis) => spec.layout[axis] === 'kernel');
  const complex = (maps * (sizeOf(gridOf(kernel)) - 1)) / 2;
  return { matrix, symbol: { ...ordered(outputs, inputs), real: maps, complex } };
}

/**
 * How far a trigonometric polynomial whose values on the grid lie in [-1, 1] can reach elsewhere: the norm of
 * interpolation at N places, `Λ = (1 + 2 Σ_j 1 / sin((2j - 1) π / 2N)) / N` per axis, j up to (N - 1) / 2.
 * Reference: Zygmund 2002, Trigonometric Series, chapter X
 */
export function reachOf(grid: readonly number[]): number {
  return grid.reduce((reach, n) => {
    let sum = 1;
    for (let j = 1; 2 * j < n; j++) sum += 2 / Math.sin(((2 * j - 1) * Math.PI) / (2 * n));
    return (reach * sum) / n;
  }, 1);
}

/** Taps with an element that is not zero, of the map that has the fewest. */
function fewestTaps(
  values: Float32Array | Float64Array,
  { bases, outputs, inputs, taps }: LinearMaps,
): number {
  let fewest = taps.length;
  for (const base of bases) {
    const count = taps.reduce((sum, tap) => {
      const isZero = outputs.every((output) =>
        inputs.every((input) => values[base + tap + output + input] === 0),
      );
      return sum + (isZero ? 0 : 1);
    }, 0);
    fewest = Math.min(fewest, count);
  }
  return fewest;
}
