import type { NearPairs } from './max-pool.ts';
import type { Moments, Pairs } from './pairs.ts';

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

function checkCount(where: string, n: number): void {
  if (!Number.isInteger(n) || n < 1) {
    throw new RangeError(`${where}: the count must be a whole number from 1 on, got ${n}`);
  }
}
