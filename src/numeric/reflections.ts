/**
 * Some reflections one after another, `I - V T Vᵀ`: `v` has their vectors, each of m elements and zero
 * before row `first`, `t` the upper triangle T in rows of `width`. `count` is a multiple of 4; what
 * fills it up is zero.
 */
export interface Reflections {
  readonly first: number;
  readonly count: number;
  readonly width: number;
  readonly v: Float64Array;
  readonly t: Float64Array;
}

/** Rows that are taken through all columns while a block's part of V for them is in the cache. */
const ROWS = 256;

/**
 * `X ← X - V T Vᵀ X`, or with Tᵀ where they are to be applied in the other order, for the columns of X
 * from `from` to before `to`, each of m elements; `w` is room for `width` numbers per column. Columns are taken
 * in pairs: X and `w` must have room for one more, which may be changed.
 */
export function applyReflections(
  { first, count, width, v, t }: Reflections,
  x: Float64Array,
  m: number,
  from: number,
  to: number,
  w: Float64Array,
  isReversed: boolean,
): void {
  w.fill(0);
  for (let row = first; row < m; row += ROWS) {
    const end = Math.min(row + ROWS, m);
    for (let c = from; c < to; c += 2) {
      for (let j = 0; j < count; j += 4)
        addProducts(v, j * m, m, row, end, x, c * m, w, c * width + j, width);
    }
  }
  const product = new Float64Array(count);
  for (let c = from; c < to; c++) {
    const at = c * width;
    for (let j = 0; j < count; j++) {
      let sum = 0;
      if (isReversed) for (let l = 0; l <= j; l++) sum += t[l * width + j] * w[at + l];
      else for (let l = j; l < count; l++) sum += t[j * width + l] * w[at + l];
      product[j] = sum;
    }
    w.set(product, at);
  }
  for (let row = first; row < m; row += ROWS) {
    const end = Math.min(row + ROWS, m);
    for (let c = from; c < to; c += 2) {
      for (let j = 0; j < count; j += 4) {
        subtractProducts(v, j * m, m, row, end, x, c * m, w, c * width + j, width);
      }
    }
  }
}

/** `W += Vᵀ X` for four reflections, two columns and some rows. */
function addProducts(
  v: Float64Array,
  v0: number,
  m: number,
  row: number,
  end: number,
  x: Float64Array,
  left: number,
  w: Float64Array,
  at: number,
  width: number,
): void {
  const v1 = v0 + m;
  const v2 = v1 + m;
  const v3 = v2 + m;
  const right = left + m;
  let a0 = 0;
  let a1 = 0;
  let a2 = 0;
  let a3 = 0;
  let b0 = 0;
  let b1 = 0;
  let b2 = 0;
  let b3 = 0;
  for (let i = row; i < end; i++) {
    const p = x[left + i];
    const q = x[right + i];
    const u0 = v[v0 + i];
    const u1 = v[v1 + i];
    const u2 = v[v2 + i];
    const u3 = v[v3 + i];
    a0 += u0 * p;
    a1 += u1 * p;
    a2 += u2 * p;
    a3 += u3 * p;
    b0 += u0 * q;
    b1 += u1 * q;
    b2 += u2 * q;
    b3 += u3 * q;
  }
  w[at] += a0;
  w[at + 1] += a1;
  w[at + 2] += a2;
  w[at + 3] += a3;
  w[at + width] += b0;
  w[at + width + 1] += b1;
  w[at + width + 2] += b2;
  w[at + width + 3] += b3;
}

/** `X -= V W` for four reflections, two columns and some rows. */
function subtractProducts(
  v: Float64Array,
  v0: number,
  m: number,
  row: number,
  end: number,
  x: Float64Array,
  left: number,
  w: Float64Array,
  at: number,
  width: number,
): void {
  const v1 = v0 + m;
  const v2 = v1 + m;
  const v3 = v2 + m;
  const right = left + m;
  const a0 = w[at];
  const a1 = w[at + 1];
  const a2 = w[at + 2];
  const a3 = w[at + 3];
  const b0 = w[at + width];
  const b1 = w[at + width + 1];
  const b2 = w[at + width + 2];
  const b3 = w[at + width + 3];
  for (let i = row; i < end; i++) {
    const u0 = v[v0 + i];
    const u1 = v[v1 + i];
    const u2 = v[v2 + i];
    const u3 = v[v3 + i];
    x[left + i] -= u0 * a0 + u1 * a1 + (u2 * a2 + u3 * a3);
    x[right + i] -= u0 * b0 + u1 * b1 + (u2 * b2 + u3 * b3);
  }
}
