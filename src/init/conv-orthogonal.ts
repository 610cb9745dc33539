import { productTransposed, transposed } from '../numeric/index.ts';
import { fold, type Kernels, type Key } from '../random/index.ts';
import type { FloatDType, Tensor } from '../tensor/index.ts';
import { badGain, define } from './define.ts';
import type { Scheme, Spec } from './initializer.ts';
import { linearMaps, mapSize, notLinear } from './linear-map.ts';
import { tensorOfZeros } from './tensor.ts';

/** Columns of a Haar matrix, one per row of `rows`; `P = Σ c cᵀ` over them projects onto their span. */
interface Projection {
  readonly rank: number;
  /** `rank × n`; empty where P is 0 or I, which no rounding is to touch. */
  readonly rows: Float64Array;
}

/** `A P` for a matrix of `count × n`. */
function projected(
  a: Float64Array,
  { rank, rows }: Projection,
  count: number,
  n: number,
): Float64Array {
  if (rank === 0) return new Float64Array(a.length);
  if (rank === n) return a;
  const inside = productTransposed(a, rows, count, rank, n);
  return productTransposed(inside, transposed(rows, rank, n), count, n, rank);
}

/** How large the rank of a projection in n dimensions is, from the stream `rank` below its key. */
function drawRank(key: Key, n: number, rank: string, kernels: Kernels): number {
  const u = new Float64Array(rank === 'random' ? n : 1);
  kernels.uniform(fold(key, 'rank'), u, 0, 1);
  const heads = u.reduce((count, value) => count + (value < 0.5 ? 1 : 0), 0);
  return rank === 'random' ? heads : Math.floor(n / 2) + (n % 2) * heads;
}

function drawProjection(key: Key, n: number, choice: string, kernels: Kernels): Projection {
  const rank = drawRank(key, n, choice, kernels);
  if (rank === 0 || rank === n) return { rank, rows: new Float64Array(0) };
  // Errors of all factors add up, so that not even float32 weights are made of float32 projections.
  const drawn = kernels.haar(key, n, rank, 'float64');
  return { rank, rows: drawn instanceof Float64Array ? drawn : Float64Array.from(drawn) };
}

/** A kernel under construction: matrices of `short × long` by tap, the last axis the fastest. */
interface Kernel {
  readonly extents: readonly number[];
  readonly values: Float64Array;
}

/**
 * The block convolution `K □ [P, I - P]` along one axis, which makes it longer by one tap:
 * `K'_t = K_t P + K_(t-1) (I - P)`.
 */
function lengthen(
  { extents, values }: Kernel,
  axis: number,
  projection: Projection,
  n: number,
): Kernel {
  const longer = extents.map((extent, a) => (a === axis ? extent + 1 : extent));
  const inner = product(extents.slice(axis + 1));
  const outer = product(extents.slice(0, axis));
  const kept = projected(values, projection, values.length / n, n);
  // Elements whose place along the axis is the same.
  const slab = (values.length / product(extents)) * inner;
  const out = new Float64Array(slab * (extents[axis] + 1) * outer);
  for (let o = 0; o < outer; o++) {
    for (let t = 0; t < extents[axis]; t++) {
      const from = (o * extents[axis] + t) * slab;
      const to = (o * (extents[axis] + 1) + t) * slab;
      for (let i = 0; i < slab; i++) {
        out[to + i] += kept[from + i];
        out[to + slab + i] += values[from + i] - kept[from + i];
      }
    }
  }
  return { extents: longer, values: out };
}

const product = (list: readonly number[]): number => list.reduce((all, extent) => all * extent, 1);

/**
 * The kernel of an isometry from `short` to `long` channels under circular convolution, as matrices of
 * `short × long` by tap. The first matrix has the stream of the map, factor f along axis a the stream
 * `axis/a/factor/f` below it.
 */
function drawIsometry(
  key: Key,
  long: number,
  short: number,
  extents: readonly number[],
  rank: string,
  kernels: Kernels,
): Float64Array {
  let kernel: Kernel = {
    extents: extents.map(() => 1),
    values: Float64Array.from(kernels.haar(key, long, short, 'float64')),
  };
  for (let factor = 0; factor + 1 < Math.max(...extents); factor++) {
    for (const [axis, extent] of extents.entries()) {
      if (factor + 1 >= extent) continue;
      const stream = fold(key, `axis/${axis}/factor/${factor}`);
      kernel = lengthen(kernel, axis, drawProjection(stream, long, rank, kernels), long);
    }
  }
  return kernel.values;
}

function draw(
  key: Key,
  spec: Spec,
  { gain, rank }: { readonly gain: number; readonly rank: string },
  kernels: Kernels,
): Tensor<FloatDType> {
  return tensorOfZeros(spec, kernels, (values) => {
    const { bases, outputs, inputs, taps, kernel } = linearMaps(spec);
    const isTall = outputs.length >= inputs.length;
    const [long, short] = isTall ? [outputs, inputs] : [inputs, outputs];
    for (const [g, base] of bases.entries()) {
      const stream = fold(key, `group/${g}`);
      const isometry = drawIsometry(stream, long.length, short.length, kernel, rank, kernels);
      let from = 0;
      for (let t = 0; t < taps.length; t++) {
        // The adjoint of a convolution: transposed, and all taps in reverse order.
        const tap = taps[isTall ? t : taps.length - 1 - t];
        for (let s = 0; s < short.length; s++) {
          const start = base + tap + short[s];
          for (let l = 0; l < long.length; l++) values[start + long[l]] = gain * isometry[from++];
        }
      }
    }
  });
}

/**
 * `K = gain H □ B₁ □ B₂ …`, `B = [P, I - P]` along one axis, `k - 1` of them per axis: an isometry of which
 * every tap is a part. P projects onto half of the channels (`rank=half`; of an odd number, by a coin, one
 * more or less) or onto a random number of them (`rank=random`, each with probability ½). Where there
 * are more inputs than outputs it is the adjoint of such a kernel.
 */
export const convOrthogonal: Scheme = define({
  name: 'conv_orthogonal',
  formula:
    'K = gain H □ B₁ □ B₂ …, B = [P, I - P], P² = P = Pᵀ, ∏k taps, σ² = gain² / (max(out, in) ∏k)',
  use: 'deep tanh and linear convolutional networks with circular padding and stride 1: there the convolution keeps every norm (from more inputs to fewer outputs, its adjoint does), and all taps take part',
  reference:
    'Xiao et al. 2018, algorithm 1, arXiv:1806.05393; rank=half: Li et al. 2019, arXiv:1911.00937',
  options: { gain: 1, rank: 'half' },
  choices: { rank: ['half', 'random'] },
  problem: badGain,
  undefinedFor: (spec) => notLinear(spec) ?? noKernel(spec),
  std: (spec, { gain }) => {
    const { outputs, inputs, taps } = mapSize(spec);
    return gain / Math.sqrt(Math.max(outputs, inputs) * taps);
  },
  bound: (_, { gain }) => gain,
  draw,
});

function noKernel({ layout, shape }: Spec): string | null {
  const axes = layout.filter((role) => role === 'kernel').length;
  return axes >= 1 && axes <= 3
    ? null
    : `shape must have 1 to 3 kernel axes (a dense weight takes orthogonal), got [${shape.join(', ')}] with ${axes}`;
}
