import { transposed } from './product.ts';
import { tridiagonalEigen } from './tridiagonal.ts';

/**
 * The min(m, n) singular values of a matrix of m × n, all in rows, in ascending order, each accurate to some
 * `(m + n) ε` of the largest. Costs `4 m n² - 4 n³/3` operations for n ≤ m. All elements must be finite.
 * Reference: Golub and Kahan 1965, doi:10.1137/0702016
 */
export function singularValues(matrix: Float64Array, m: number, n: number): Float64Array {
  const short = Math.min(m, n);
  const long = Math.max(m, n);
  if (short === 0) return new Float64Array(0);
  const largest = matrix.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0) return new Float64Array(short);
  // Sums of squares are to neither overflow nor vanish.
  const a = m >= n ? matrix.slice() : transposed(matrix, m, n);
  for (let i = 0; i < a.length; i++) a[i] /= largest;
  const { diagonal, beside } = bidiagonal(a, long, short);
  // [0 B; Bᵀ 0] has the eigenvalues ±σ and, with rows and columns in turn, is tridiagonal.
  const between = new Float64Array(2 * short - 1);
  for (let i = 0; i < short; i++) {
    between[2 * i] = diagonal[i];
    if (i + 1 < short) between[2 * i + 1] = beside[i];
  }
  const { values } = tridiagonalEigen(new Float64Array(2 * short), between);
  return values.subarray(short).map((value) => largest * Math.max(value, 0));
}

interface Bidiagonal {
  readonly diagonal: Float64Array;
  readonly beside: Float64Array;
}

/**
 * The absolute values of `B` in `A = U B Vᵀ` for m ≥ n, upper bidiagonal, by reflections of columns and rows
 * in turn; A is lost.
 */
function bidiagonal(a: Float64Array, m: number, n: number): Bidiagonal {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(Math.max(n - 1, 0));
  const v = new Float64Array(m);
  const w = new Float64Array(n);
  const u = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < m; i++) v[i] = a[i * n + j];
    const left = reflector(v, j, m);
    diagonal[j] = left.norm;
    if (j + 1 === n) break;
    productWithRows(a, v, w, j, m, n);
    // Row j is the first to be reflected, and says how rows are.
    const row = j * n;
    for (let l = j + 1; l < n; l++) u[l] = a[row + l] - left.tau * v[j] * w[l];
    const right = reflector(u, j + 1, n);
    beside[j] = right.norm;
    for (let i = j + 1; i < m; i++)
      reflectRow(a, i * n, left.tau * v[i], w, u, right.tau, j + 1, n);
  }
  return { diagonal, beside };
}

interface Reflector {
  /** Length of the vector that was reflected onto its first axis. */
  readonly norm: number;
  /** `H = I - τ x xᵀ`; 0 for a vector of zeros. */
  readonly tau: number;
}

/** Vectors that are shorter count as zero: the square of their length is to keep its digits. */
const VANISHED = 1e-140;

/** Makes the vector in `x[from … to - 1]` that of the reflection that takes it to its first axis. */
function reflector(x: Float64Array, from: number, to: number): Reflector {
  let sum = 0;
  for (let i = from; i < to; i++) sum += x[i] * x[i];
  const norm = Math.sqrt(sum);
  // The largest element of the matrix is 1: what is left of one without full rank can be no normal float64 squared.
  if (norm < VANISHED) return { norm: 0, tau: 0 };
  const tau = 1 / (norm * (norm + Math.abs(x[from])));
  x[from] += x[from] < 0 ? -norm : norm;
  return { norm, tau };
}

/** `w = vᵀ A` over the rows from j on, in the columns after j. */
function productWithRows(
  a: Float64Array,
  v: Float64Array,
  w: Float64Array,
  j: number,
  m: number,
  n: number,
): void {
  w.fill(0, j + 1);
  let i = j;
  for (; i + 4 <= m; i += 4) {
    const v0 = v[i];
    const v1 = v[i + 1];
    const v2 = v[i + 2];
    const v3 = v[i + 3];
    const r0 = i * n;
    const r1 = r0 + n;
    const r2 = r1 + n;
    const r3 = r2 + n;
    for (let l = j + 1; l < n; l++) {
      w[l] += v0 * a[r0 + l] + v1 * a[r1 + l] + (v2 * a[r2 + l] + v3 * a[r3 + l]);
    }
  }
  for (; i < m; i++) {
    const x = v[i];
    for (let l = j + 1; l < n; l++) w[l] += x * a[i * n + l];
  }
}

/** A row after the reflection from the left (`- x wᵀ`) and that from the right (`- τ (row · u) uᵀ`). */
function reflectRow(
  a: Float64Array,
  row: number,
  x: number,
  w: Float64Array,
  u: Float64Array,
  tau: number,
  from: number,
  n: number,
): void {
  let dot = 0;
  for (let l = from; l < n; l++) {
    const value = a[row + l] - x * w[l];
    a[row + l] = value;
    dot += value * u[l];
  }
  const factor = tau * dot;
  for (let l = from; l < n; l++) a[row + l] -= factor * u[l];
}
