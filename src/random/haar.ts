import type { Key } from './key.ts';
import { fillNormal } from './normal.ts';

/** Reflections that are applied together. */
const BLOCK = 32;
/** Rows that are taken through all columns while a block's part of V for them is in the cache. */
const ROWS = 256;

/**
 * A block of reflections `I - V T Vᵀ`: `v` holds their vectors, each of m elements, `t` the upper
 * triangle T. `count` is a multiple of 4; the reflections that fill it up have v = 0 and T = 0.
 */
interface Block {
  readonly first: number;
  readonly count: number;
  readonly v: Float64Array;
  readonly t: Float64Array;
}

/**
 * Columns of a Haar-distributed orthogonal matrix: Q with m rows and n ≤ m orthonormal columns, column c
 * at `c m … c m + m - 1`. Q is what `A = Q R` with positive diagonal of R gives for a Gaussian A,
 * reached without A: `Q = H₀ H₁ … H_{n-1} D`, where `H_k` reflects the Gaussian vector `x_k` of length
 * m - k (elements `k m + k … k m + m - 1` of the stream) onto its first axis and `D_kk = -sgn x_k0`,
 * `sgn 0 = 1`. Costs `2 m n² - 2 n³/3` operations.
 * Reference: Stewart 1980, The efficient generation of random orthogonal matrices, doi:10.1137/0717034;
 * the blocks: Schreiber and Van Loan 1989, doi:10.1137/0910005
 */
export function haarColumns(key: Key, m: number, n: number): Float64Array {
  // Columns are taken in pairs; where n is odd the last is paired with one of zeros.
  const q = new Float64Array((n + (n % 2)) * m);
  for (let c = 0; c < n; c++) q[c * m + c] = 1;
  const signs = new Float64Array(n);
  const v = new Float64Array(Math.min(BLOCK, Math.ceil(n / 4) * 4) * m);
  const w = new Float64Array((n + 1) * BLOCK);
  for (let first = Math.floor((n - 1) / BLOCK) * BLOCK; first >= 0; first -= BLOCK) {
    const block = drawBlock(key, m, first, Math.min(BLOCK, n - first), v, signs);
    applyBlock(block, m, n, q, w);
  }
  for (let c = 0; c < n; c++) {
    if (signs[c] < 0) for (let i = c * m; i < (c + 1) * m; i++) q[i] = -q[i];
  }
  return q.subarray(0, n * m);
}

function drawBlock(
  key: Key,
  m: number,
  first: number,
  reflections: number,
  v: Float64Array,
  signs: Float64Array,
): Block {
  const t = new Float64Array(BLOCK * BLOCK);
  v.fill(0);
  for (let j = 0; j < reflections; j++) {
    const k = first + j;
    const row = v.subarray(j * m, (j + 1) * m);
    const tail = row.subarray(k);
    fillNormal(key, tail, 0, 1, k * m + k);
    const norm = Math.sqrt(dot(tail, tail));
    // v = x + sgn(x₀) ‖x‖ e₁, ‖v‖² = 2 ‖x‖ (‖x‖ + |x₀|), and H x = -sgn(x₀) ‖x‖ e₁.
    const sign = tail[0] < 0 ? -1 : 1;
    const tau = 1 / (norm * (norm + sign * tail[0]));
    tail[0] += sign * norm;
    signs[k] = -sign;
    // T of one reflection more: its last column is -τ T Vᵀ v, above τ.
    t[j * BLOCK + j] = tau;
    const products = new Float64Array(j);
    for (let l = 0; l < j; l++) products[l] = dot(v.subarray(l * m + k, (l + 1) * m), tail);
    for (let l = 0; l < j; l++) {
      const columns = t.subarray(l * BLOCK + l, l * BLOCK + j);
      t[l * BLOCK + j] = -tau * dot(columns, products.subarray(l));
    }
  }
  return { first, count: Math.ceil(reflections / 4) * 4, v, t };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** `Q ← Q - V (T (Vᵀ Q))`; `w` is room for `Vᵀ Q`, 32 numbers per column. */
function applyBlock(block: Block, m: number, n: number, q: Float64Array, w: Float64Array): void {
  const { first, count, t } = block;
  w.fill(0);
  for (let from = first; from < m; from += ROWS) {
    const to = Math.min(from + ROWS, m);
    for (let c = first; c < n; c += 2) {
      for (let j = 0; j < count; j += 4) addProducts(block, m, from, to, q, c, w, j);
    }
  }
  for (let c = first; c < n; c++) {
    const at = c * BLOCK;
    for (let j = 0; j < count; j++) {
      let sum = 0;
      for (let l = j; l < count; l++) sum += t[j * BLOCK + l] * w[at + l];
      w[at + j] = sum;
    }
  }
  for (let from = first; from < m; from += ROWS) {
    const to = Math.min(from + ROWS, m);
    for (let c = first; c < n; c += 2) {
      for (let j = 0; j < count; j += 4) subtractProducts(block, m, from, to, q, c, w, j);
    }
  }
}

/** `W += Vᵀ Q` for four reflections, two columns and a range of rows. */
function addProducts(
  { v }: Block,
  m: number,
  from: number,
  to: number,
  q: Float64Array,
  c: number,
  w: Float64Array,
  j: number,
): void {
  const r0 = j * m;
  const r1 = r0 + m;
  const r2 = r1 + m;
  const r3 = r2 + m;
  const left = c * m;
  const right = left + m;
  let a0 = 0;
  let a1 = 0;
  let a2 = 0;
  let a3 = 0;
  let b0 = 0;
  let b1 = 0;
  let b2 = 0;
  let b3 = 0;
  for (let i = from; i < to; i++) {
    const x = q[left + i];
    const y = q[right + i];
    const v0 = v[r0 + i];
    const v1 = v[r1 + i];
    const v2 = v[r2 + i];
    const v3 = v[r3 + i];
    a0 += v0 * x;
    a1 += v1 * x;
    a2 += v2 * x;
    a3 += v3 * x;
    b0 += v0 * y;
    b1 += v1 * y;
    b2 += v2 * y;
    b3 += v3 * y;
  }
  const at = c * BLOCK + j;
  w[at] += a0;
  w[at + 1] += a1;
  w[at + 2] += a2;
  w[at + 3] += a3;
  w[at + BLOCK] += b0;
  w[at + BLOCK + 1] += b1;
  w[at + BLOCK + 2] += b2;
  w[at + BLOCK + 3] += b3;
}

/** `Q -= V W` for four reflections, two columns and a range of rows. */
function subtractProducts(
  { v }: Block,
  m: number,
  from: number,
  to: number,
  q: Float64Array,
  c: number,
  w: Float64Array,
  j: number,
): void {
  const r0 = j * m;
  const r1 = r0 + m;
  const r2 = r1 + m;
  const r3 = r2 + m;
  const left = c * m;
  const right = left + m;
  const at = c * BLOCK + j;
  const a0 = w[at];
  const a1 = w[at + 1];
  const a2 = w[at + 2];
  const a3 = w[at + 3];
  const b0 = w[at + BLOCK];
  const b1 = w[at + BLOCK + 1];
  const b2 = w[at + BLOCK + 2];
  const b3 = w[at + BLOCK + 3];
  for (let i = from; i < to; i++) {
    const v0 = v[r0 + i];
    const v1 = v[r1 + i];
    const v2 = v[r2 + i];
    const v3 = v[r3 + i];
    q[left + i] -= v0 * a0 + v1 * a1 + (v2 * a2 + v3 * a3);
    q[right + i] -= v0 * b0 + v1 * b1 + (v2 * b2 + v3 * b3);
  }
}
