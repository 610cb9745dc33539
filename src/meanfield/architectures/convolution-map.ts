import type { Nonlinearity } from '../../activation/index.ts';
import { checkVariances, type Variances } from '../variances.ts';
import { nextIn, tapsOf, type PeriodicConvolution } from './convolution-modes.ts';
import { checkMemory, MOST_BYTES } from './memory.ts';
import { outputCovariance } from './outputs.ts';

/** Covariances `E h_α h_α'` between all positions, row by row, for one input or between two. */
export interface PositionCovariances {
  /** Of the first input with itself. */
  readonly own: Float64Array;
  /** Of the second input with itself; as the first if not given. */
  readonly other?: Float64Array;
  /** Between the positions of the first (rows) and the second input. */
  readonly cross?: Float64Array;
}

/**
 * One layer of a periodic convolutional network, `n` positions in all:
 * `Σ'_{α,α'} = σw² Σ_β v_β E φ(u_{α+β}) φ(u_{α'+β}) + σb²` over Gaussians of covariance `Σ`, for `own` and, where they are
 * given, `other` and `cross`. Takes `n²/2` Gaussian averages for each of the first two, `n²` for the third.
 * `RangeError` for bad variances, sizes or profiles, matrices that are not `n × n`, and results above `mostBytes`.
 * Reference: Xiao et al. 2018, section 2, arXiv:1806.05393
 */
export function convolutionMap(
  phi: Nonlinearity,
  variances: Variances,
  convolution: PeriodicConvolution,
  covariances: PositionCovariances,
  { mostBytes = MOST_BYTES }: { readonly mostBytes?: number } = {},
): PositionCovariances {
  const where = 'convolutionMap';
  checkVariances(where, variances);
  const taps = tapsOf(where, convolution);
  const n = convolution.size.reduce((product, extent) => product * extent, 1);
  const { own, other, cross } = covariances;
  const matrices = 2 * [own, other, cross].filter((matrix) => matrix !== undefined).length;
  checkMemory(where, 'positions', { n, matrices, mostBytes });
  for (const matrix of [own, other, cross]) {
    if (matrix !== undefined && matrix.length !== n * n) {
      throw new RangeError(
        `${where}: covariances must be ${n} x ${n} numbers, got ${matrix.length} of them`,
      );
    }
  }

  const moved = taps.map(({ share, offset }) => ({ share, to: shifted(convolution.size, offset) }));
  const layer = (left: Float64Array, right: Float64Array, mixed: Float64Array): Float64Array => {
    const isOwn = left === mixed;
    const outputs = new Float64Array(n * n);
    for (let a = 0; a < n; a++) {
      for (let b = isOwn ? a : 0; b < n; b++) {
        const [q1, q2] = [left[a * n + a], right[b * n + b]];
        const value = outputCovariance(phi, q1, q2, a === b && isOwn ? q1 : mixed[a * n + b]);
        outputs[a * n + b] = value;
        if (isOwn) outputs[b * n + a] = value;
      }
    }
    const { sigmaW2, sigmaB2 } = variances;
    const next = new Float64Array(n * n);
    for (let a = 0; a < n; a++) {
      for (let b = 0; b < n; b++) {
        let sum = 0;
        for (const { share, to } of moved) sum += share * outputs[to[a] * n + to[b]];
        next[a * n + b] = sigmaW2 * sum + sigmaB2;
      }
    }
    return next;
  };
  return {
    own: layer(own, own, own),
    ...(other !== undefined && { other: layer(other, other, other) }),
    ...(cross !== undefined && { cross: layer(own, other ?? own, cross) }),
  };
}

/** The position that lies `offset` further on, around the border, for every position. */
function shifted(size: readonly number[], offset: readonly number[]): Int32Array {
  const n = size.reduce((product, extent) => product * extent, 1);
  const at = size.map(() => 0);
  return Int32Array.from({ length: n }, () => {
    let index = 0;
    for (const [d, extent] of size.entries()) {
      const moved = (((at[d] + offset[d]) % extent) + extent) % extent;
      index = index * extent + moved;
    }
    nextIn(at, size);
    return index;
  });
}
