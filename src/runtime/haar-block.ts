import type { FloatArray, Kernels, Key } from '../random/index.ts';

/** Where a block of reflections stands: the first of them and their number, in an m × n matrix. */
export interface Block {
  readonly first: number;
  readonly count: number;
  /** Rows of the result that lie below the block's, and columns to the right of its square. */
  readonly rowsAfter: number;
  readonly columnsAfter: number;
}

/** Reflections `I - τ v vᵀ` and what they do to the sign of a column. */
export interface Reflections {
  /** The first `count` elements of the vectors, an upper triangle of `count × count`. */
  readonly head: FloatArray;
  /** The others, `count × columnsAfter`. */
  readonly tail: FloatArray;
  /** `1 / τ = ‖v‖² / 2`. */
  readonly halfNorms: Float64Array;
  /** `-sgn x₀`, with which the column of the result is multiplied. */
  readonly signs: Int8Array;
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
 * Draws the vectors `v = x + sgn(x₀) ‖x‖ e₀` of a block, each element rounded to the type of `head` and
 * `tail`, which it fills. τ belongs to the rounded vector, so that the reflection is orthogonal to the
 * last bit of it. `row` has room for the longest of the vectors.
 */
export function drawReflections(
  key: Key,
  m: number,
  { first, count, columnsAfter }: Block,
  kernels: Kernels,
  row: FloatArray,
  head: FloatArray,
  tail: FloatArray,
): Reflections {
  const halfNorms = new Float64Array(count);
  const signs = new Int8Array(count);
  head.fill(0);
  for (let j = 0; j < count; j++) {
    const k = first + j;
    const x = row.subarray(0, m - k);
    kernels.normal(key, x, 0, 1, k * m + k);
    const rest = squares(x);
    const norm = Math.sqrt(rest + x[0] * x[0]);
    const isNegative = x[0] < 0;
    x[0] += isNegative ? -norm : norm;
    halfNorms[j] = (rest + x[0] * x[0]) / 2;
    signs[j] = isNegative ? 1 : -1;
    head.set(x.subarray(0, count - j), j * count + j);
    tail.set(x.subarray(count - j), j * columnsAfter);
  }
  return { head, tail, halfNorms, signs };
}

/**
 * The inverse of an upper triangle of `size × size`, its strict part from `above` and its diagonal given
 * apart, in float64 and then rounded to the type of `above`.
 */
export function invertTriangle(
  above: FloatArray,
  diagonal: Float64Array,
  size: number,
): FloatArray {
  const inverse = new Float64Array(size * size);
  // Row i of the inverse is (e_i - Σ_{k>i} s_ik row_k) / s_ii.
  for (let i = size - 1; i >= 0; i--) {
    const at = i * size;
    for (let k = i + 1; k < size; k++) {
      const factor = above[at + k];
      const from = k * size;
      for (let c = k; c < size; c++) inverse[at + c] -= factor * inverse[from + c];
    }
    inverse[at + i] = 1;
    for (let c = i; c < size; c++) inverse[at + c] /= diagonal[i];
  }
  return above instanceof Float32Array ? Float32Array.from(inverse) : inverse;
}
