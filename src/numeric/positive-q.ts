import { applyReflections, type Reflections } from './reflections.ts';

/** Reflections that are applied together, a multiple of 4. */
const BLOCK = 32;

/**
 * Replaces a matrix of m rows and n ≤ m columns, column c at `c m`, by the Q of its QR decomposition with
 * positive diagonal of R: Householder's reflections in blocks `I - V T Vᵀ`, then
 * `Q = H₀ … H_{n-1} diag(sgn R)`, `sgn 0 = 1`. About `4 m n² - 4 n³/3` operations.
 * Reference: Golub and Van Loan 2013, Matrix Computations, algorithms 5.2.1 and 5.1.5; the blocks:
 * Schreiber and Van Loan 1989, doi:10.1137/0910005
 */
export function positiveQ(matrix: Float64Array, m: number, n: number): void {
  // Columns are taken in pairs, so that there must be room for one more.
  const a = new Float64Array((n + 1) * m);
  a.set(matrix.subarray(0, n * m));
  const signs = new Float64Array(n);
  const betas = new Float64Array(n);
  const w = new Float64Array((n + 1) * BLOCK);
  for (let first = 0; first < n; first += BLOCK) {
    const end = Math.min(first + BLOCK, n);
    for (let k = first; k < end; k++) {
      signs[k] = makeReflection(a, m, k, betas);
      for (let c = k + 1; c < end; c++) reflect(a, m, k, betas[k], c);
    }
    if (end === n) break;
    applyReflections(reflectionsOf(a, m, first, end, betas), a, m, end, n, w, true);
  }
  const q = new Float64Array((n + 1) * m);
  for (let c = 0; c < n; c++) q[c * m + c] = signs[c];
  for (let first = Math.floor((n - 1) / BLOCK) * BLOCK; first >= 0; first -= BLOCK) {
    const end = Math.min(first + BLOCK, n);
    applyReflections(reflectionsOf(a, m, first, end, betas), q, m, first, n, w, false);
  }
  matrix.set(q.subarray(0, n * m));
}

/**
 * Puts the vector v of the reflection `I - β v vᵀ` that makes column k zero below its diagonal in the
 * place of that column, from row k on. Returns the sign of what is then on the diagonal.
 */
function makeReflection(a: Float64Array, m: number, k: number, betas: Float64Array): number {
  const column = k * m;
  let tail = 0;
  for (let i = column + k + 1; i < column + m; i++) tail += a[i] * a[i];
  const head = a[column + k];
  const norm = Math.sqrt(head * head + tail);
  const alpha = head > 0 ? -norm : norm;
  const v0 = head - alpha;
  a[column + k] = v0;
  betas[k] = v0 === 0 ? 0 : 2 / (v0 * v0 + tail);
  return alpha < 0 ? -1 : 1;
}

/** Applies the reflection of column k to column c. */
function reflect(a: Float64Array, m: number, k: number, beta: number, c: number): void {
  const [v, x] = [k * m, c * m];
  let dot = 0;
  for (let i = k; i < m; i++) dot += a[v + i] * a[x + i];
  dot *= beta;
  for (let i = k; i < m; i++) a[x + i] -= dot * a[v + i];
}

/** The reflections of columns `first` to before `end` as one block. */
function reflectionsOf(
  a: Float64Array,
  m: number,
  first: number,
  end: number,
  betas: Float64Array,
): Reflections {
  const count = Math.ceil((end - first) / 4) * 4;
  const v = new Float64Array(count * m);
  const t = new Float64Array(BLOCK * BLOCK);
  for (let j = 0; j < end - first; j++) {
    const k = first + j;
    const own = v.subarray(j * m, (j + 1) * m);
    own.set(a.subarray(k * m + k, (k + 1) * m), k);
    t[j * BLOCK + j] = betas[k];
    // The last column of T of one reflection more is -β T Vᵀ v, above β.
    const products = Float64Array.from({ length: j }, (_, l) => {
      let sum = 0;
      for (let i = k; i < m; i++) sum += v[l * m + i] * own[i];
      return sum;
    });
    for (let l = 0; l < j; l++) {
      let sum = 0;
      for (let i = l; i < j; i++) sum += t[l * BLOCK + i] * products[i];
      t[l * BLOCK + j] = -betas[k] * sum;
    }
  }
  return { first, count, width: BLOCK, v, t };
}
