import { fillNormal, type Key } from '../random/index.ts';

/** Smaller variances along the grid, relative to the squares, are rounding of float32. */
const ROUNDING = 1e-9;

/**
 * Mean correlation `⟨g_i, g_j⟩ / (‖g_i‖ ‖g_j‖)` over all pairs i ≠ j of those gradients that are not zero;
 * `null` where there are fewer than two.
 */
export function meanCorrelation(gradients: readonly Float64Array[]): number | null {
  const sum = new Float64Array(gradients[0]?.length ?? 0);
  let count = 0;
  for (const gradient of gradients) {
    const norm = normOf(gradient);
    if (norm === 0) continue;
    count++;
    for (let i = 0; i < sum.length; i++) sum[i] += gradient[i] / norm;
  }
  if (count < 2) return null;
  // ‖Σ ĝ‖² = n + Σ_{i≠j} ⟨ĝ_i, ĝ_j⟩.
  return (normOf(sum) ** 2 - count) / (count * (count - 1));
}

/** The length of a vector, without overflow of its squares. */
function normOf(vector: Float64Array): number {
  let largest = 0;
  for (const x of vector) largest = Math.max(largest, Math.abs(x));
  if (largest === 0) return 0;
  let sum = 0;
  for (const x of vector) sum += (x / largest) ** 2;
  return largest * Math.sqrt(sum);
}

/**
 * Autocorrelation of a sequence of n vectors at lags k = 0 … `lags`,
 * `Σ_{i<n-k} ⟨g_i - ḡ, g_{i+k} - ḡ⟩ / Σ_i ‖g_i - ḡ‖²`: each lag over the same sum, so that k costs a share k/n.
 * 1 at all lags where the vectors are the same up to rounding; `null` where all are zero.
 * Reference: Box and Jenkins 1976, Time Series Analysis, section 2.1
 */
export function autocorrelation(
  sequence: readonly Float64Array[],
  lags: number,
): readonly number[] | null {
  const n = sequence.length;
  const size = sequence[0]?.length ?? 0;
  let largest = 0;
  for (const vector of sequence) for (const x of vector) largest = Math.max(largest, Math.abs(x));
  if (largest === 0) return null;
  const sums = new Float64Array(lags + 1);
  const unit = new Float64Array(n);
  let squares = 0;
  for (let d = 0; d < size; d++) {
    let mean = 0;
    for (let i = 0; i < n; i++) {
      unit[i] = sequence[i][d] / largest;
      squares += unit[i] * unit[i];
      mean += unit[i] / n;
    }
    for (let i = 0; i < n; i++) unit[i] -= mean;
    for (let k = 0; k <= lags; k++) {
      let sum = 0;
      for (let i = 0; i + k < n; i++) sum += unit[i] * unit[i + k];
      sums[k] += sum;
    }
  }
  const [total] = sums;
  if (total <= ROUNDING * squares) return Array.from(sums, () => 1);
  return Array.from(sums, (sum) => sum / total);
}

/** White noise: n independent vectors of N(0, 1). */
export function whiteNoise(key: Key, n: number, size: number): readonly Float64Array[] {
  const numbers = new Float64Array(n * size);
  fillNormal(key, numbers, 0, 1);
  return Array.from({ length: n }, (_, i) => numbers.subarray(i * size, (i + 1) * size));
}

/** Brown noise, the sums of white noise. */
export function brownNoise(key: Key, n: number, size: number): readonly Float64Array[] {
  const steps = whiteNoise(key, n, size);
  for (let i = 1; i < n; i++) for (let d = 0; d < size; d++) steps[i][d] += steps[i - 1][d];
  return steps;
}
