/** The singular value decomposition `A = Σ σ_i u_i v_iᵀ` of a square matrix, the largest value first. */
export interface SingularVectors {
  readonly values: Float64Array;
  /** Row i is `u_i`; 0 where the value is 0 but for rounding. */
  readonly left: Float64Array;
  /** Row i is `v_i`; 0 where the value is 0 but for rounding. */
  readonly right: Float64Array;
}

/** Two columns are orthogonal if their cosine is below this many units in the last place. */
const TOLERANCE = 2 ** -50;

/** Sweeps are few: after the first ones the cosines are squared in each. */
const MOST_SWEEPS = 40;

/**
 * Singular values and vectors of `a`, n × n by rows, by one-sided Jacobi rotations, to some n units
 * in the last place of the largest value. Only + − × ÷ √ are used, so every engine gives the same bits.
 * Reference: Golub & Van Loan, Matrix Computations, section 8.6.3
 */
export function singularVectors(a: Float64Array, n: number): SingularVectors {
  const columns = transposed(a, n);
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    if (!rotateAll(columns, n)) break;
  }
  const norms = Float64Array.from({ length: n }, (_, i) =>
    Math.sqrt(dot(columns, i * n, i * n, n)),
  );
  const order = Array.from(norms.keys()).sort((i, j) => norms[j] - norms[i] || i - j);
  const values = new Float64Array(n);
  const left = new Float64Array(n * n);
  const right = new Float64Array(n * n);
  const least = n * 2 ** -52 * (norms[order[0]] ?? 0);
  for (const [place, column] of order.entries()) {
    const value = norms[column];
    values[place] = value;
    if (value <= least) continue;
    for (let i = 0; i < n; i++) {
      const u = columns[column * n + i] / value;
      left[place * n + i] = u;
      if (u === 0) continue;
      const scale = u / value;
      for (let j = 0; j < n; j++) right[place * n + j] += scale * a[i * n + j];
    }
  }
  return { values, left, right };
}

function transposed(a: Float64Array, n: number): Float64Array {
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) result[j * n + i] = a[i * n + j];
  return result;
}

/** Makes every pair of rows orthogonal once; whether any was not. */
function rotateAll(rows: Float64Array, n: number): boolean {
  let changed = false;
  const squares = Float64Array.from({ length: n }, (_, i) => dot(rows, i * n, i * n, n));
  for (let p = 0; p < n - 1; p++) {
    for (let q = p + 1; q < n; q++) {
      const product = dot(rows, p * n, q * n, n);
      if (product * product <= TOLERANCE * TOLERANCE * squares[p] * squares[q]) continue;
      changed = true;
      const zeta = (squares[q] - squares[p]) / (2 * product);
      const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
      const c = 1 / Math.sqrt(1 + t * t);
      rotate(rows, p * n, q * n, n, c, c * t);
      squares[p] = Math.max(0, squares[p] - t * product);
      squares[q] += t * product;
    }
  }
  return changed;
}

function dot(rows: Float64Array, p: number, q: number, n: number): number {
  let even = 0;
  let odd = 0;
  const last = n - (n % 2);
  for (let i = 0; i < last; i += 2) {
    even += rows[p + i] * rows[q + i];
    odd += rows[p + i + 1] * rows[q + i + 1];
  }
  return last === n ? even + odd : even + odd + rows[p + last] * rows[q + last];
}

function rotate(rows: Float64Array, p: number, q: number, n: number, c: number, s: number): void {
  for (let i = 0; i < n; i++) {
    const x = rows[p + i];
    const y = rows[q + i];
    rows[p + i] = c * x - s * y;
    rows[q + i] = s * x + c * y;
  }
}
