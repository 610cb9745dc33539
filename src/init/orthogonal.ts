import { fold, type FloatArray, type Kernels, type Key } from '../random/index.ts';
import type { FloatDType, Tensor } from '../tensor/index.ts';
import { badGain, define } from './define.ts';
import type { Scheme, Spec } from './initializer.ts';
import {
  linearMaps,
  mapSize,
  notLinear,
  sums,
  tapAt,
  type LinearMaps,
  type Offsets,
} from './linear-map.ts';
import { tensorOfZeros } from './tensor.ts';

/** The part of a map that becomes orthogonal: offsets of its rows and columns. */
export interface Matrix {
  readonly rows: Offsets;
  readonly columns: Offsets;
}

/** Every map as a matrix of outputs by inputs and taps, the input the slower: `[out, in · kernel]`. */
export function flattened({ outputs, inputs, taps }: LinearMaps): Matrix {
  return { rows: outputs, columns: sums(inputs, taps) };
}

/** The matrix of the centre tap, `(k - 1) // 2` on every kernel axis. */
export function centred({ outputs, inputs, taps, kernel }: LinearMaps): Matrix {
  const centre = taps[tapAt(kernel, (extent) => (extent - 1) >> 1)];
  return { rows: outputs, columns: sums(inputs, Float64Array.of(centre)) };
}

/**
 * `scale · Q` in a matrix of every map, zero elsewhere. Q is Haar with orthonormal columns if it is
 * tall, with orthonormal rows if it is wide; map g has the stream `group/g`. The sign of the last of
 * the shorter side's vectors is that of `turn`.
 */
export function drawOrthogonal(
  key: Key,
  spec: Spec,
  kernels: Kernels,
  matrixOf: (maps: LinearMaps) => Matrix,
  scale: number,
  turn: (stream: Key, m: number, n: number) => number = () => 1,
): Tensor<FloatDType> {
  const precision = spec.dtype === 'float64' ? 'float64' : 'float32';
  return tensorOfZeros(spec, kernels, (values) => {
    const maps = linearMaps(spec);
    const { rows, columns } = matrixOf(maps);
    const isTall = rows.length >= columns.length;
    const [long, short] = isTall ? [rows, columns] : [columns, rows];
    const place = placeOf(long, short);
    for (const [g, base] of maps.bases.entries()) {
      const stream = fold(key, `group/${g}`);
      const own = values.subarray(base, base + long.length * short.length);
      const room = place === 'elsewhere' ? undefined : own;
      const q = kernels.haar(stream, long.length, short.length, precision, room);
      const lastScale = scale * turn(stream, long.length, short.length);
      const last = (short.length - 1) * long.length;
      if (scale !== 1) for (let i = 0; i < last; i++) q[i] *= scale;
      if (lastScale !== 1) for (let i = last; i < last + long.length; i++) q[i] *= lastScale;
      if (place === 'transposed') kernels.transpose(own, long.length);
      if (place === 'elsewhere') scatter(q, long, short, values.subarray(base));
    }
  });
}

/**
 * How vectors of the short side, one after the other, come to lie in the tensor: in that order, with rows
 * and columns of a square changed about, or `elsewhere`.
 */
function placeOf(long: Offsets, short: Offsets): 'direct' | 'transposed' | 'elsewhere' {
  const isEvery = (offsets: Offsets, distance: number): boolean =>
    offsets.every((offset, i) => offset === i * distance);
  if (isEvery(long, 1) && isEvery(short, long.length)) return 'direct';
  const isSquare = long.length === short.length;
  return isSquare && isEvery(short, 1) && isEvery(long, short.length) ? 'transposed' : 'elsewhere';
}

/** Vectors and elements of them that are taken together, so that both ends are in the cache. */
const TILE = 16;

/** Puts vector s of q, of the length of `long`, at `short[s] + long[…]`. */
function scatter(q: FloatArray, long: Offsets, short: Offsets, values: FloatArray): void {
  for (let s0 = 0; s0 < short.length; s0 += TILE) {
    for (let l0 = 0; l0 < long.length; l0 += TILE) {
      for (let s = s0; s < Math.min(s0 + TILE, short.length); s++) {
        for (let l = l0; l < Math.min(l0 + TILE, long.length); l++) {
          values[short[s] + long[l]] = q[s * long.length + l];
        }
      }
    }
  }
}

/** `W = gain Q`, Q Haar-distributed with orthonormal rows or columns, of `[out, in · kernel]` per group. */
export const orthogonal: Scheme = define({
  name: 'orthogonal',
  formula:
    'W = gain Q, QᵀQ = I (or QQᵀ = I) of [out, in · kernel], σ² = gain² / max(out, in · kernel)',
  use: 'deep tanh and linear networks and recurrent weights: all singular values are the gain',
  reference: 'Saxe et al. 2014, arXiv:1312.6120',
  options: { gain: 1 },
  problem: badGain,
  undefinedFor: notLinear,
  std: (spec, { gain }) => {
    const { outputs, inputs, taps } = mapSize(spec);
    return gain / Math.sqrt(Math.max(outputs, inputs * taps));
  },
  bound: (_, { gain }) => gain,
  draw: (key, spec, { gain }, kernels) => drawOrthogonal(key, spec, kernels, flattened, gain),
});

/** `√(rows/columns)` of a tall matrix, which stretches `Q x` to the mean square of x; 1 of a wide one. */
function stretch(spec: Spec): number {
  const { outputs, inputs, taps } = mapSize(spec);
  return Math.max(Math.sqrt(outputs / (inputs * taps)), 1);
}

/** `W = gain max(√(out / (in · kernel)), 1) Q`: keeps the mean square of an element, not the norm. */
export const scaledOrthogonal: Scheme = define({
  name: 'scaled_orthogonal',
  formula:
    'W = gain max(√(out / (in · kernel)), 1) Q, QᵀQ = I (or QQᵀ = I), σ² = gain² / (in · kernel)',
  use: 'like orthogonal where widths change: the mean square of an element stays, not the norm',
  reference: 'Martens et al. 2021, section 5.4 (scaled uniform orthogonal), arXiv:2110.01765',
  options: { gain: 1 },
  problem: badGain,
  undefinedFor: notLinear,
  std: (spec, { gain }) => {
    const { inputs, taps } = mapSize(spec);
    return gain / Math.sqrt(inputs * taps);
  },
  bound: (spec, { gain }) => gain * stretch(spec),
  draw: (key, spec, { gain }, kernels) =>
    drawOrthogonal(key, spec, kernels, flattened, gain * stretch(spec)),
});

/** `K[centre] = gain Q` with orthonormal columns, all other taps 0, the centre at `(k - 1) // 2`. */
export const deltaOrthogonal: Scheme = define({
  name: 'delta_orthogonal',
  formula: 'K[(k - 1) // 2] = gain Q, QᵀQ = I of [out, in], other taps 0, σ² = gain² / (out ∏k)',
  use: 'deep tanh and linear convolutional networks: the convolution keeps the norm of the signal',
  reference: 'Xiao et al. 2018, section 3, arXiv:1806.05393',
  options: { gain: 1 },
  problem: badGain,
  undefinedFor: (spec) => notLinear(spec) ?? noDelta(spec),
  std: (spec, { gain }) => {
    const { outputs, taps } = mapSize(spec);
    return gain / Math.sqrt(outputs * taps);
  },
  bound: (_, { gain }) => gain,
  draw: (key, spec, { gain }, kernels) => drawOrthogonal(key, spec, kernels, centred, gain),
});

function noDelta(spec: Spec): string | null {
  const axes = spec.layout.filter((role) => role === 'kernel').length;
  if (axes < 1 || axes > 3) {
    return `shape must have 1 to 3 kernel axes (a dense weight takes orthogonal), got [${spec.shape.join(', ')}] with ${axes}`;
  }
  const { outputs, inputs } = mapSize(spec);
  return inputs <= outputs
    ? null
    : `outputs must be at least as many as inputs, since a map to fewer dimensions cannot keep every norm (orthogonal is defined for it), got ${outputs} outputs of ${inputs} inputs`;
}
