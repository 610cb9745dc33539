/**
 * `A Bᵀ` for A of m × k and B of n × k, all in rows: element (i, j) at `i n + j` of the result.
 */
export function productTransposed(
  a: Float64Array,
  b: Float64Array,
  m: number,
  n: number,
  k: number,
): Float64Array {
  const c = new Float64Array(m * n);
  // Tiles keep a part of B in the cache; within them 4 × 2 sums share their loads.
  const tile = Math.max(8, Math.floor(24_576 / Math.max(k, 1)) & ~1);
  for (let from = 0; from < n; from += tile) {
    const to = Math.min(from + tile, n);
    for (let i = 0; i < m; i += 4) {
      for (let j = from; j < to; j += 2) {
        if (i + 4 <= m && j + 2 <= to) addBlock(a, b, c, i, j, n, k);
        else addEdge(a, b, c, i, Math.min(i + 4, m), j, Math.min(j + 2, to), n, k);
      }
    }
  }
  return c;
}

function addBlock(
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  i: number,
  j: number,
  n: number,
  k: number,
): void {
  const a0 = i * k;
  const a1 = a0 + k;
  const a2 = a1 + k;
  const a3 = a2 + k;
  const b0 = j * k;
  const b1 = b0 + k;
  let s00 = 0;
  let s01 = 0;
  let s10 = 0;
  let s11 = 0;
  let s20 = 0;
  let s21 = 0;
  let s30 = 0;
  let s31 = 0;
  for (let l = 0; l < k; l++) {
    const x = b[b0 + l];
    const y = b[b1 + l];
    const w0 = a[a0 + l];
    const w1 = a[a1 + l];
    const w2 = a[a2 + l];
    const w3 = a[a3 + l];
    s00 += w0 * x;
    s01 += w0 * y;
    s10 += w1 * x;
    s11 += w1 * y;
    s20 += w2 * x;
    s21 += w2 * y;
    s30 += w3 * x;
    s31 += w3 * y;
  }
  const at = i * n + j;
  c[at] = s00;
  c[at + 1] = s01;
  c[at + n] = s10;
  c[at + n + 1] = s11;
  c[at + 2 * n] = s20;
  c[at + 2 * n + 1] = s21;
  c[at + 3 * n] = s30;
  c[at + 3 * n + 1] = s31;
}

function addEdge(
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  i: number,
  iEnd: number,
  j: number,
  jEnd: number,
  n: number,
  k: number,
): void {
  for (let row = i; row < iEnd; row++) {
    for (let column = j; column < jEnd; column++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += a[row * k + l] * b[column * k + l];
      c[row * n + column] = sum;
    }
  }
}

/** The transpose of a matrix of m × n, all in rows. */
export function transposed(a: Float64Array, m: number, n: number): Float64Array {
  const b = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) b[j * m + i] = a[i * n + j];
  return b;
}
