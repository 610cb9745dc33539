/** Rows and columns that are taken together: elements of one line of the cache. */
const TILE = 16;

/**
 * Changes rows and columns of an n × n matrix about, in place: of rows `from … to - 1` the part before
 * the diagonal with what mirrors it. Bands of rows together make the whole, in any order.
 */
export function transposeSquare(
  values: Float32Array | Float64Array,
  n: number,
  from: number = 0,
  to: number = n,
): void {
  for (let i0 = from; i0 < to; i0 += TILE) {
    const i1 = Math.min(i0 + TILE, to);
    for (let j0 = 0; j0 < i1; j0 += TILE) {
      for (let i = i0; i < i1; i++) {
        const j1 = Math.min(j0 + TILE, i);
        for (let j = j0; j < j1; j++) {
          const above = values[j * n + i];
          values[j * n + i] = values[i * n + j];
          values[i * n + j] = above;
        }
      }
    }
  }
}
