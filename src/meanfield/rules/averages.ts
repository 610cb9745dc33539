import type { NearPairs } from './max-pool.ts';
import { eachPair, type Moments, type Pairs } from './pairs.ts';

/**
 * Moments of `y = Σ aₜ xₜ` over positions, with weights that add up to 1 and do not depend on the units of x:
 * `E y y' = E x_t x'_s + (E x_t x'_t - E x_t x'_s) E Σ aₜ a'ₜ`. `overlap` has `E Σ aₜ a'ₜ` for each kind of pair:
 * of a position with itself (q), of two inputs (k), of two positions (p), of both (r).
 */
export function averageMoments({ mean, pairs }: Moments, overlap: Pairs): Moments {
  const { q, k, p, r } = pairs;
  return {
    mean,
    pairs: {
      q: p + (q - p) * overlap.q,
      k: r + (k - r) * overlap.k,
      p: p + (q - p) * overlap.p,
      r: r + (k - r) * overlap.r,
    },
  };
}

/**
 * Average pooling over windows of `n` positions: `q' = (q + (n-1) p) / n`, `k' = (k + (n-1) r) / n`; windows count
 * as far from each other. `near` are the pairs within a window where they differ from those of far positions.
 * On the way back an element receives `1 / (n ∏ stride)` of the second moment of a window's gradient, if the
 * gradients of overlapping windows are independent.
 */
export function averagePool(moments: Moments, n: number, near: NearPairs = moments.pairs): Moments {
  checkCount('averagePool', n);
  const { q, k, p, r } = moments.pairs;
  const window = { q: (q + (n - 1) * near.p) / n, k: (k + (n - 1) * near.r) / n };
  return { mean: moments.mean, pairs: { ...window, p, r } };
}

/**
 * Average over all `n` positions: one position is left, so that `p' = q'` and `r' = k'`. On the way back every
 * element receives `1 / n²` of the second moment of the gradient.
 */
export function globalAverage(moments: Moments, n: number): Moments {
  const { mean, pairs } = averagePool(moments, n);
  return { mean, pairs: { q: pairs.q, k: pairs.k, p: pairs.q, r: pairs.k } };
}

/**
 * `max(0, 1 - stride · distance / kernel)`, the part of a window along one axis that it shares with the window
 * `distance` outputs on: the correlation of two averages over white noise, and `overlap.p` of such neighbours times
 * the kernel. Outputs of a convolution with independent weights have none of it: the same pixel meets
 * different weights in the two windows, so that their covariance is that of the input `stride · distance` apart.
 */
export function overlapCorrelation(kernel: number, stride: number, distance: number): number {
  checkCount('overlapCorrelation', kernel);
  return Math.max(0, 1 - (stride * Math.abs(distance)) / kernel);
}

/**
 * `E Σ wₜ²` of linear interpolation along one axis by a factor `scale`: the weights are `1 - f` and `f`; for a whole
 * factor f takes the phases `(j + ½)/scale - ½ mod 1`, else all values, ⅔. Axes multiply; nearest neighbours have 1.
 */
export function interpolationOverlap(scale: number): number {
  if (!(scale > 0 && Number.isFinite(scale))) {
    throw new RangeError(`interpolationOverlap: scale must be positive, got ${scale}`);
  }
  if (!Number.isInteger(scale)) return 2 / 3;
  let sum = 0;
  for (let j = 0; j < scale; j++) {
    const at = (j + 0.5) / scale + 0.5;
    const f = at - Math.floor(at);
    sum += f * f + (1 - f) * (1 - f);
  }
  return sum / scale;
}

/** Average over `n` units of one position: `E y y' = m² + (E x x' - m²) / n`. */
export function averageUnits({ mean, pairs }: Moments, n: number): Moments {
  checkCount('averageUnits', n);
  const square = mean * mean;
  return { mean, pairs: eachPair(pairs, (moment) => square + (moment - square) / n) };
}

/** `c x`: a sum over n is n times an average. */
export function scaledMoments({ mean, pairs }: Moments, c: number): Moments {
  return { mean: c * mean, pairs: eachPair(pairs, (moment) => c * c * moment) };
}

/**
 * Euclidean norm over `n` units in the wide limit, where it is the same number `√(n q)` for every input and
 * position; its own fluctuation is of order `1/n` of its square.
 */
export function normOverUnits({ pairs }: Moments, n: number): Moments {
  checkCount('normOverUnits', n);
  const square = n * pairs.q;
  return { mean: Math.sqrt(square), pairs: eachPair(pairs, () => square) };
}

/** One of several values that stand side by side along the units, with its number of units. */
export interface Part {
  readonly units: number;
  readonly moments: Moments;
}

/** Concatenation along the units: every moment is the average over the parts, by their numbers of units. */
export function mixedMoments(parts: readonly Part[]): Moments {
  const total = parts.reduce((sum, { units }) => sum + units, 0);
  if (!(total > 0)) {
    throw new RangeError(`mixedMoments: parts must have units, got ${parts.length} parts`);
  }
  const over = (moment: (moments: Moments) => number): number =>
    parts.reduce((sum, { units, moments }) => sum + (units / total) * moment(moments), 0);
  return {
    mean: over(({ mean }) => mean),
    pairs: {
      q: over(({ pairs }) => pairs.q),
      k: over(({ pairs }) => pairs.k),
      p: over(({ pairs }) => pairs.p),
      r: over(({ pairs }) => pairs.r),
    },
  };
}

function checkCount(where: string, n: number): void {
  if (!Number.isInteger(n) || n < 1) {
    throw new RangeError(`${where}: the count must be a whole number from 1 on, got ${n}`);
  }
}
