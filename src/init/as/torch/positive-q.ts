/**
 * Replaces a matrix of m rows and n ≤ m columns, column c at `c m`, by the Q of its QR decomposition with
 * positive diagonal of R: Householder's reflections, then `Q = H₀ … H_{n-1} diag(sgn R)`, `sgn 0 = 1`.
 * About `4 m n² - 4 n³/3` operations.
 * Reference: Golub and Van Loan 2013, Matrix Computations, algorithms 5.2.1 and 5.1.5
 */
export function positiveQ(a: Float64Array, m: number, n: number): void {
  const betas = new Float64Array(n);
  const signs = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const column = k * m;
    let tail = 0;
    for (let i = column + k + 1; i < column + m; i++) tail += a[i] * a[i];
    const head = a[column + k];
    const norm = Math.sqrt(head * head + tail);
    // R_kk is alpha, of the sign opposite to the head's.
    const alpha = head > 0 ? -norm : norm;
    signs[k] = alpha < 0 ? -1 : 1;
    const v0 = head - alpha;
    a[column + k] = v0;
    betas[k] = v0 === 0 ? 0 : 2 / (v0 * v0 + tail);
    for (let c = k + 1; c < n; c += 4) reflect(a, m, k, betas[k], c, Math.min(4, n - c));
  }
  for (let k = n - 1; k >= 0; k--) {
    for (let c = k + 1; c < n; c += 4) reflect(a, m, k, betas[k], c, Math.min(4, n - c));
    const column = k * m;
    const scale = -betas[k] * a[column + k];
    const head = 1 + scale * a[column + k];
    for (let i = column + k + 1; i < column + m; i++) a[i] *= scale;
    a[column + k] = head;
    a.fill(0, column, column + k);
  }
  for (let k = 0; k < n; k++) {
    if (signs[k] < 0) for (let i = k * m; i < (k + 1) * m; i++) a[i] = -a[i];
  }
}

/** Applies `I - β v vᵀ`, v in column k from row k on, to `count` ≤ 4 columns from c on. */
function reflect(
  a: Float64Array,
  m: number,
  k: number,
  beta: number,
  c: number,
  count: number,
): void {
  const v = k * m;
  if (count < 4) {
    for (let j = c; j < c + count; j++) {
      let dot = 0;
      for (let i = k; i < m; i++) dot += a[v + i] * a[j * m + i];
      dot *= beta;
      for (let i = k; i < m; i++) a[j * m + i] -= dot * a[v + i];
    }
    return;
  }
  const [c0, c1, c2, c3] = [c * m, (c + 1) * m, (c + 2) * m, (c + 3) * m];
  let [d0, d1, d2, d3] = [0, 0, 0, 0];
  for (let i = k; i < m; i++) {
    const x = a[v + i];
    d0 += x * a[c0 + i];
    d1 += x * a[c1 + i];
    d2 += x * a[c2 + i];
    d3 += x * a[c3 + i];
  }
  d0 *= beta;
  d1 *= beta;
  d2 *= beta;
  d3 *= beta;
  for (let i = k; i < m; i++) {
    const x = a[v + i];
    a[c0 + i] -= d0 * x;
    a[c1 + i] -= d1 * x;
    a[c2 + i] -= d2 * x;
    a[c3 + i] -= d3 * x;
  }
}
