import { numberAttribute, textAttribute, type Node } from '../graph/index.ts';

/** Where the centre of output element `at` lies among the input elements. */
function sourceOf(mode: string, at: number, scale: number, from: number, to: number): number {
  switch (mode) {
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

/** Weights of the four neighbours at distance `t` behind the second. Reference: Keys 1981, eq. 15 with general a. */
function cubic(t: number, a: number): number[] {
  const near = (d: number): number => ((a + 2) * d - (a + 3)) * d * d + 1;
  const far = (d: number): number => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return [far(1 + t), near(t), near(1 - t), far(2 - t)];
}

/**
 * The matrix `[to, from]`, row after row, by which a `Resize` interpolates along one axis. Its rows add up
 * to 1.
 */
export function interpolation(node: Node, from: number, to: number, scale: number): Float64Array {
  const mode = textAttribute(node, 'mode', 'nearest');
  const transform = textAttribute(node, 'coordinate_transformation_mode', 'half_pixel');
  const rounding = textAttribute(node, 'nearest_mode', 'round_prefer_floor');
  const matrix = new Float64Array(to * from);
  const clamp = (at: number): number => Math.min(Math.max(at, 0), from - 1);
  for (let row = 0; row < to; row++) {
    const source = sourceOf(transform, row, scale, from, to);
    const put = (at: number, weight: number): void => {
      matrix[row * from + clamp(at)] += weight;
    };
    if (mode === 'nearest') {
      put(nearest(rounding, source), 1);
    } else if (mode === 'linear') {
      const inside = clamp(source);
      const low = Math.floor(inside);
      put(low, 1 - (inside - low));
      put(low + 1, inside - low);
    } else {
      const low = Math.floor(source);
      const weights = cubic(source - low, numberAttribute(node, 'cubic_coeff_a', -0.75));
      const leavesOut = numberAttribute(node, 'exclude_outside', 0) !== 0;
      const isIn = (at: number): boolean => !leavesOut || (at >= 0 && at < from);
      const kept = weights.map((weight, index) => (isIn(low - 1 + index) ? weight : 0));
      const sum = leavesOut ? kept.reduce((total, weight) => total + weight, 0) : 1;
      for (const [index, weight] of kept.entries()) put(low - 1 + index, weight / sum);
    }
  }
  return matrix;
}
