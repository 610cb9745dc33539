/** A symmetric matrix as `H_0 H_1 … T … H_1 H_0` with T tridiagonal and reflections `H = I - τ v vᵀ`. */
export interface Tridiagonal {
  /** The diagonal of T, and the elements beside it (one less). */
  readonly diagonal: Float64Array;
  readonly beside: Float64Array;
  /** Row k is the v of `H_k`, 0 up to element k. */
  readonly vectors: Float64Array;
  readonly taus: Float64Array;
}

/**
 * The tridiagonal form of a symmetric matrix, n × n by rows, which is overwritten.
 * Reference: Golub & Van Loan, Matrix Computations, algorithm 8.3.1
 */
export function tridiagonalise(s: Float64Array, n: number): Tridiagonal {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(Math.max(0, n - 1));
  const vectors = new Float64Array(n * n);
  const taus = new Float64Array(n);
  const p = new Float64Array(n);
  for (let k = 0; k < n - 1; k++) {
    diagonal[k] = s[k * n + k];
    const v = vectors.subarray(k * n, (k + 1) * n);
    let square = 0;
    for (let i = k + 1; i < n; i++) {
      v[i] = s[k * n + i];
      square += v[i] * v[i];
    }
    const norm = Math.sqrt(square);
    beside[k] = v[k + 1] > 0 ? -norm : norm;
    v[k + 1] -= beside[k];
    const length = square - beside[k] * s[k * n + k + 1];
    // What is so small is as good as 0, and the inverse of its square would leave float64.
    if (length < 2 ** -900) continue;
    // vᵀv = 2 length.
    const tau = 1 / length;
    taus[k] = tau;
    reflectBoth(s, n, k + 1, v, tau, p);
  }
  if (n > 0) diagonal[n - 1] = s[n * n - 1];
  return { diagonal, beside, vectors, taus };
}

/** `S ← H S H` on the rows and columns from `first` on: `S - v wᵀ - w vᵀ`, `w = τ S v - ½ τ (τ vᵀ S v) v`. */
function reflectBoth(
  s: Float64Array,
  n: number,
  first: number,
  v: Float64Array,
  tau: number,
  w: Float64Array,
): void {
  let along = 0;
  for (let i = first; i < n; i++) {
    let sum = 0;
    for (let j = first; j < n; j++) sum += s[i * n + j] * v[j];
    w[i] = tau * sum;
    along += w[i] * v[i];
  }
  for (let i = first; i < n; i++) w[i] -= 0.5 * tau * along * v[i];
  for (let i = first; i < n; i++) {
    const [vi, wi] = [v[i], w[i]];
    for (let j = first; j < n; j++) s[i * n + j] -= vi * w[j] + wi * v[j];
  }
}

/** `y ← H_0 H_1 … y`: an eigenvector of T becomes one of the matrix. */
export function reflectBack({ vectors, taus }: Tridiagonal, y: Float64Array): void {
  const n = y.length;
  for (let k = n - 2; k >= 0; k--) {
    let sum = 0;
    for (let i = k + 1; i < n; i++) sum += vectors[k * n + i] * y[i];
    const scale = taus[k] * sum;
    for (let i = k + 1; i < n; i++) y[i] -= scale * vectors[k * n + i];
  }
}

/** How many eigenvalues of T are above x. Reference: Golub & Van Loan, section 8.4.1 */
function above({ diagonal, beside }: Tridiagonal, x: number, tiny: number): number {
  let count = 0;
  let pivot = 1;
  for (let i = 0; i < diagonal.length; i++) {
    const e = i === 0 ? 0 : beside[i - 1];
    pivot = diagonal[i] - x - (e * e) / pivot;
    if (Math.abs(pivot) < tiny) pivot = -tiny;
    if (pivot > 0) count++;
  }
  return count;
}

/** The `count` largest eigenvalues of T, by bisection. */
export function largestEigenvalues(form: Tridiagonal, count: number): Float64Array {
  const { diagonal, beside } = form;
  let bound = 0;
  for (let i = 0; i < diagonal.length; i++) {
    const reach = Math.abs(beside[i - 1] ?? 0) + Math.abs(beside[i] ?? 0);
    bound = Math.max(bound, Math.abs(diagonal[i]) + reach);
  }
  const tiny = bound * 2 ** -104 + 2 ** -1000;
  const values = new Float64Array(count);
  let high = bound * (1 + 2 ** -50) + 2 ** -1000;
  for (let i = 0; i < count; i++) {
    let low = -bound * (1 + 2 ** -50) - 2 ** -1000;
    let top = high;
    for (let middle = low / 2 + top / 2; middle > low && middle < top; middle = low / 2 + top / 2) {
      if (top - low <= bound * 2 ** -53) break;
      if (above(form, middle, tiny) > i) low = middle;
      else top = middle;
    }
    values[i] = low / 2 + top / 2;
    high = top;
  }
  return values;
}
