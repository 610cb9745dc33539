import { sizeOf, type Tensor } from '../../tensor/index.ts';

/**
 * What frameworks call orthogonal: a Gaussian matrix A of `max(rows, cols) × min(rows, cols)`, `A = Q R` with
 * positive diagonal of R, Q or, for rows < cols, its transpose, times `gain`. `normal` draws A. The factors
 * are found by Householder reflections in float64, so that what is left of the distance to a
 * framework's values is the rounding of its own float32 factors.
 * Reference: Mezzadri 2007, How to generate random matrices from the classical compact groups, arXiv:math-ph/0609050
 */
export function orthogonalFrom(
  rows: number,
  cols: number,
  gain: number,
  shape: readonly number[],
  normal: (shape: readonly [number, number]) => Tensor<'float32'>,
): Tensor<'float32'> {
  const data = new Float32Array(sizeOf(shape));
  if (data.length === 0) return { dtype: 'float32', shape, data };
  const m = Math.max(rows, cols);
  const n = Math.min(rows, cols);
  const q = positiveQ(normal([m, n]).data, m, n);
  const factor = Math.fround(gain);
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      const at = rows < cols ? row * m + col : col * m + row;
      data[row * cols + col] = factor * Math.fround(q[at]);
    }
  }
  return { dtype: 'float32', shape, data };
}

/** Q of `A = Q R` with `R_kk > 0`, for A of m × n in rows, m ≥ n; column c of Q at `c m … c m + m - 1`. */
function positiveQ(a: Float32Array, m: number, n: number): Float64Array {
  const v = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let c = 0; c < n; c++) v[c * m + i] = a[i * n + c];
  const taus = new Float64Array(n);
  const signs = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const column = v.subarray(k * m, (k + 1) * m);
    let square = 0;
    for (let i = k; i < m; i++) square += column[i] * column[i];
    const norm = Math.sqrt(square);
    const sign = column[k] < 0 ? -1 : 1;
    // x + sgn(x₀) ‖x‖ e₁ reflects x onto -sgn(x₀) ‖x‖ e₁.
    taus[k] = norm === 0 ? 0 : 1 / (norm * (norm + sign * column[k]));
    column[k] += sign * norm;
    signs[k] = -sign;
    for (let c = k + 1; c < n; c += 4) reflect(column, taus[k], v, m, k, c, Math.min(c + 4, n));
  }
  const q = new Float64Array(m * n);
  for (let k = n - 1; k >= 0; k--) {
    q[k * m + k] = signs[k];
    const column = v.subarray(k * m, (k + 1) * m);
    for (let c = k; c < n; c += 4) reflect(column, taus[k], q, m, k, c, Math.min(c + 4, n));
  }
  return q;
}

/** `x ← x - τ v (vᵀ x)` from row k on, for the columns `from … to - 1` of `columns`, at most 4. */
function reflect(
  v: Float64Array,
  tau: number,
  columns: Float64Array,
  m: number,
  k: number,
  from: number,
  to: number,
): void {
  if (to - from < 4) {
    for (let c = from; c < to; c++) {
      const at = c * m;
      let product = 0;
      for (let i = k; i < m; i++) product += v[i] * columns[at + i];
      product *= tau;
      for (let i = k; i < m; i++) columns[at + i] -= product * v[i];
    }
    return;
  }
  const a = from * m;
  const b = a + m;
  const c = b + m;
  const d = c + m;
  let pa = 0;
  let pb = 0;
  let pc = 0;
  let pd = 0;
  for (let i = k; i < m; i++) {
    const x = v[i];
    pa += x * columns[a + i];
    pb += x * columns[b + i];
    pc += x * columns[c + i];
    pd += x * columns[d + i];
  }
  pa *= tau;
  pb *= tau;
  pc *= tau;
  pd *= tau;
  for (let i = k; i < m; i++) {
    const x = v[i];
    columns[a + i] -= pa * x;
    columns[b + i] -= pb * x;
    columns[c + i] -= pc * x;
    columns[d + i] -= pd * x;
  }
}
