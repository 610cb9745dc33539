import type { SingularVectors } from './svd.ts';
import { largestEigenvalues, reflectBack, tridiagonalise, type Tridiagonal } from './symmetric.ts';

/**
 * The `rank` largest singular values of `a`, n × n by rows, with their vectors, by inverse iteration
 * on the tridiagonal form of `AᵀA`: many times faster than all of them, and exact to
 * `ε σ_1² / (σ_rank (σ_i - σ_(i+1)))`, so for the larger part of them. Only + − × ÷ √ are used.
 */
export function leadingVectors(a: Float64Array, n: number, rank: number): SingularVectors {
  const form = tridiagonalise(gram(a, n), n);
  const eigenvalues = largestEigenvalues(form, rank);
  const values = new Float64Array(rank);
  const left = new Float64Array(rank * n);
  const right = new Float64Array(rank * n);
  const found: Float64Array[] = [];
  for (let i = 0; i < rank; i++) {
    const y = eigenvector(form, eigenvalues[i], found, i);
    found.push(y);
    const v = right.subarray(i * n, (i + 1) * n);
    v.set(y);
    reflectBack(form, v);
    const u = left.subarray(i * n, (i + 1) * n);
    for (let j = 0; j < n; j++) u[j] = dot(a.subarray(j * n, (j + 1) * n), v);
    values[i] = Math.sqrt(dot(u, u));
    if (values[i] > 0) for (let j = 0; j < n; j++) u[j] /= values[i];
  }
  return { values, left, right };
}

/** `AᵀA`. */
function gram(a: Float64Array, n: number): Float64Array {
  const s = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const x = a[i * n + j];
      for (let k = j; k < n; k++) s[j * n + k] += x * a[i * n + k];
    }
  }
  for (let j = 0; j < n; j++) for (let k = 0; k < j; k++) s[j * n + k] = s[k * n + j];
  return s;
}

/** Two rounds bring a vector to the last place, a third makes up for a start of bad luck. */
const ROUNDS = 3;

/** The eigenvector of T for a value, orthogonal to those that were found before. */
function eigenvector(
  { diagonal, beside }: Tridiagonal,
  value: number,
  before: readonly Float64Array[],
  seed: number,
): Float64Array {
  const n = diagonal.length;
  const y = Float64Array.from(
    { length: n },
    (_, i) => 1 + ((i * 7919 + seed * 104729) % 1009) / 1009,
  );
  const size = diagonal.reduce(
    (most, x, i) => Math.max(most, Math.abs(x), Math.abs(beside[i] ?? 0)),
    0,
  );
  for (let round = 0; round < ROUNDS; round++) {
    solveShifted(diagonal, beside, value, size * 2 ** -52 + 2 ** -1000, y);
    normalise(y);
    for (let pass = 0; pass < 2; pass++) {
      for (const other of before) {
        const along = dot(other, y);
        for (let i = 0; i < n; i++) y[i] -= along * other[i];
      }
      normalise(y);
    }
  }
  return y;
}

/**
 * `y ← (T - x I)⁻¹ y` by elimination with the larger of two rows as pivot; a pivot of 0 becomes `tiny`.
 */
function solveShifted(
  diagonal: Float64Array,
  beside: Float64Array,
  x: number,
  tiny: number,
  y: Float64Array,
): void {
  const n = diagonal.length;
  // Row i of the eliminated matrix has elements at i, i + 1 and i + 2.
  const [u0, u1, u2] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  let [d, e] = [diagonal[0] - x, beside[0] ?? 0];
  for (let i = 0; i < n - 1; i++) {
    const below = beside[i];
    const [nextD, nextE] = [diagonal[i + 1] - x, beside[i + 1] ?? 0];
    if (Math.abs(d) >= Math.abs(below)) {
      const pivot = d === 0 ? tiny : d;
      const factor = below / pivot;
      [u0[i], u1[i], u2[i]] = [pivot, e, 0];
      y[i + 1] -= factor * y[i];
      [d, e] = [nextD - factor * e, nextE];
    } else {
      const factor = d / below;
      [u0[i], u1[i], u2[i]] = [below, nextD, nextE];
      const own = y[i];
      y[i] = y[i + 1];
      y[i + 1] = own - factor * y[i];
      [d, e] = [e - factor * nextD, -factor * nextE];
    }
  }
  u0[n - 1] = Math.abs(d) < tiny ? tiny : d;
  for (let i = n - 1; i >= 0; i--) {
    const known = u1[i] * (y[i + 1] ?? 0) + u2[i] * (y[i + 2] ?? 0);
    y[i] = (y[i] - known) / u0[i];
  }
}

function normalise(y: Float64Array): void {
  const largest = y.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  if (largest === 0) {
    y[0] = 1;
    return;
  }
  for (let i = 0; i < y.length; i++) y[i] /= largest;
  const norm = Math.sqrt(dot(y, y));
  for (let i = 0; i < y.length; i++) y[i] /= norm;
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}
