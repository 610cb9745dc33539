import type { FloatArray, Kernels, Key } from '../random/index.ts';

/** Where a block of reflections stands: the first of them and their number. */
export interface Block {
  readonly first: number;
  readonly count: number;
  /** Rows of the transposed result below those of the block, and columns to the right of its square. */
  readonly rowsAfter: number;
  readonly columnsAfter: number;
}

/** The vectors of a block: what every thread that works at it sees. */
export interface Vectors {
  /** The first `count` elements of the vectors, an upper triangle of `count × count`. */
  readonly head: FloatArray;
  /** The others, `count × columnsAfter`. */
  readonly tail: FloatArray;
  /** `1 / τ = ‖v‖² / 2` of the reflections `I - τ v vᵀ`. */
  readonly halfNorms: Float64Array;
  /** `-sgn x₀`, which the columns of the result are multiplied by. */
  readonly signs: Float64Array;
}

/** The sum of squares of `x[1 …]`. */
function squares(x: FloatArray): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 1;
  for (; i + 3 < x.length; i += 4) {
    a += x[i] * x[i];
    b += x[i + 1] * x[i + 1];
    c += x[i + 2] * x[i + 2];
    d += x[i + 3] * x[i + 3];
  }
  for (; i < x.length; i++) a += x[i] * x[i];
  return a + b + (c + d);
}

/**
 * Draws vector j of a block, `v = x + sgn(x₀) ‖x‖ e₀`, rounded to the type of the arrays. τ belongs to the
 * rounded vector, so that the reflection is orthogonal whatever the rounding. `row` has room for m numbers.
 */
export function drawVector(
  key: Key,
  m: number,
  { first, count, columnsAfter }: Block,
  j: number,
  kernels: Kernels,
  row: FloatArray,
  { head, tail, halfNorms, signs }: Vectors,
): void {
  const k = first + j;
  const x = row.subarray(0, m - k);
  kernels.normal(key, x, 0, 1, k * m + k);
  const rest = squares(x);
  const norm = Math.sqrt(rest + x[0] * x[0]);
  const isNegative = x[0] < 0;
  x[0] += isNegative ? -norm : norm;
  halfNorms[j] = (rest + x[0] * x[0]) / 2;
  signs[j] = isNegative ? 1 : -1;
  head.fill(0, j * count, j * count + j);
  head.set(x.subarray(0, count - j), j * count + j);
  tail.set(x.subarray(count - j), j * columnsAfter);
}

/**
 * Replaces an upper triangle S by its inverse, in float64 and rounded to the type of the array. The
 * diagonal of S is given apart; what stands on and below it in the array does not matter.
 */
export function invertTriangle(triangle: FloatArray, diagonal: Float64Array): void {
  const size = diagonal.length;
  const inverse = new Float64Array(size * size);
  for (let i = size - 1; i >= 0; i--) {
    // Row i is (e_i - Σ s_ik row_k) / s_ii over k > i, four of them at a time.
    const row = inverse.subarray(i * size, (i + 1) * size);
    const s = triangle.subarray(i * size, (i + 1) * size);
    let k = i + 1;
    for (; k + 3 < size; k += 4) {
      const a = s[k];
      const b = s[k + 1];
      const c = s[k + 2];
      const d = s[k + 3];
      const first = k * size;
      const second = first + size;
      const third = second + size;
      const fourth = third + size;
      for (let l = k; l < size; l++) {
        row[l] -=
          a * inverse[first + l] +
          b * inverse[second + l] +
          (c * inverse[third + l] + d * inverse[fourth + l]);
      }
    }
    for (; k < size; k++) {
      for (let l = k; l < size; l++) row[l] -= s[k] * inverse[k * size + l];
    }
    row[i] = 1;
    for (let l = i; l < size; l++) row[l] /= diagonal[i];
  }
  triangle.set(inverse);
}

/** Columns `from … to - 1` of the upper triangle `head`, down to the diagonal, row after row. */
export function columnsOf(
  head: FloatArray,
  count: number,
  from: number,
  to: number,
  out: FloatArray,
): void {
  const width = to - from;
  for (let r = 0; r < to; r++) {
    out.set(head.subarray(r * count + from, r * count + to), r * width);
  }
}

/** Side of the squares in which a matrix is transposed. */
const SQUARE = 16;

/** Rows `from … to - 1` and the first columns of `V = headᵀ`, with the signs of the columns of Q that they make. */
export function signedRows(
  { head, signs }: Vectors,
  count: number,
  from: number,
  to: number,
  columns: number,
  out: FloatArray,
): void {
  for (let k0 = 0; k0 < columns; k0 += SQUARE) {
    const k1 = Math.min(k0 + SQUARE, columns);
    for (let r = from; r < to; r++) {
      const sign = signs[r];
      const at = (r - from) * columns;
      for (let k = k0; k < k1; k++) out[at + k] = sign * head[k * count + r];
    }
  }
}
