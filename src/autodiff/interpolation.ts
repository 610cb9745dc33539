import { numberAttribute, textAttribute, type Node } from '../graph/index.ts';

/** A part of an axis, in shares of its length. */
export interface Region {
  readonly start: number;
  readonly end: number;
}

const wholeAxis: Region = { start: 0, end: 1 };

/** Where the centre of output element `at` lies among the input elements. */
function sourceOf(
  mode: string,
  at: number,
  scale: number,
  from: number,
  to: number,
  { start, end }: Region,
): number {
  switch (mode) {
    case 'tf_crop_and_resize':
      return to > 1
        ? start * (from - 1) + (at * (end - start) * (from - 1)) / (to - 1)
        : 0.5 * (start + end) * (from - 1);
    case 'asymmetric':
      return at / scale;
    case 'align_corners':
      return to === 1 ? 0 : (at * (from - 1)) / (to - 1);
    case 'pytorch_half_pixel':
      return to > 1 ? (at + 0.5) / scale - 0.5 : 0;
    case 'half_pixel_symmetric': {
      const adjustment = to / (scale * from);
      return (from / 2) * (1 - adjustment) + (at + 0.5) / scale - 0.5;
    }
    default:
      return (at + 0.5) / scale - 0.5;
  }
}

function nearest(mode: string, source: number): number {
  switch (mode) {
    case 'floor':
      return Math.floor(source);
    case 'ceil':
      return Math.ceil(source);
    case 'round_prefer_ceil':
      return Math.floor(source + 0.5);
    default:
      return Math.ceil(source - 0.5);
  }
}

/** The weight of an element at distance `d` with cubic interpolation. Reference: Keys 1981, eq. 15 with general a. */
function cubic(d: number, a: number): number {
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/** Elements around a place, from `first` on, and what each weighs. */
interface Weights {
  readonly first: number;
  readonly weights: readonly number[];
}

/**
 * The weights by which a linear or cubic interpolation takes the elements around `source`. Smoothing widens
 * the window where there are fewer elements than before.
 */
function windowAt(node: Node, source: number, scale: number): Weights {
  const isCubic = textAttribute(node, 'mode', 'nearest') === 'cubic';
  const isSmooth = numberAttribute(node, 'antialias', 0) !== 0 && scale < 1;
  const stretch = isSmooth ? scale : 1;
  const reach = (isCubic ? 2 : 1) / stretch;
  const a = numberAttribute(node, 'cubic_coeff_a', -0.75);
  const first = isSmooth ? Math.floor(source - reach + 1) : Math.floor(source) - (isCubic ? 1 : 0);
  const last = isSmooth ? Math.floor(source + reach) : first + (isCubic ? 3 : 1);
  const weights = Array.from({ length: last - first + 1 }, (_, index) => {
    const distance = Math.abs(first + index - source) * stretch;
    return isCubic ? cubic(distance, a) : Math.max(0, 1 - distance);
  });
  const sum = isSmooth ? weights.reduce((total, weight) => total + weight, 0) : 1;
  return { first, weights: weights.map((weight) => weight / sum) };
}

/**
 * The matrix `[to, from]`, row after row, by which a `Resize` interpolates along one axis. Its rows add up
 * to 1, but for those outside of a `region` that is cropped, which are 0.
 */
export function interpolation(
  node: Node,
  from: number,
  to: number,
  scale: number,
  region: Region = wholeAxis,
): Float64Array {
  const mode = textAttribute(node, 'mode', 'nearest');
  const transform = textAttribute(node, 'coordinate_transformation_mode', 'half_pixel');
  const rounding = textAttribute(node, 'nearest_mode', 'round_prefer_floor');
  const matrix = new Float64Array(to * from);
  const clamp = (at: number): number => Math.min(Math.max(at, 0), from - 1);
  for (let row = 0; row < to; row++) {
    const source = sourceOf(transform, row, scale, from, to, region);
    const put = (at: number, weight: number): void => {
      matrix[row * from + clamp(at)] += weight;
    };
    if (transform === 'tf_crop_and_resize' && (source < 0 || source > from - 1)) continue;
    if (mode === 'nearest') {
      put(nearest(rounding, source), 1);
      continue;
    }
    const isInside = mode === 'linear' && numberAttribute(node, 'antialias', 0) === 0;
    const { first, weights } = windowAt(node, isInside ? clamp(source) : source, scale);
    const leavesOut = numberAttribute(node, 'exclude_outside', 0) !== 0;
    const isIn = (at: number): boolean => !leavesOut || (at >= 0 && at < from);
    const kept = weights.map((weight, index) => (isIn(first + index) ? weight : 0));
    const sum = leavesOut ? kept.reduce((total, weight) => total + weight, 0) : 1;
    for (const [index, weight] of kept.entries()) put(first + index, weight / sum);
  }
  return matrix;
}

/** The factor of all axes and the extents that a `Resize` makes which keeps the aspect ratio. */
export function proportional(
  policy: string,
  from: readonly number[],
  sizes: readonly number[],
): { readonly scale: number; readonly extents: readonly number[] } {
  const factors = sizes.map((size, index) => size / from[index]);
  const scale = policy === 'not_larger' ? Math.min(...factors) : Math.max(...factors);
  return { scale, extents: from.map((extent) => Math.floor(scale * extent + 0.5)) };
}
