/** A long vector in pieces, such as the gradients of all parameters. */
export type Pieces = readonly (Float32Array | Float64Array)[];

/** Elements that are taken at a time, so that those of `v` stay in the cache while others pass by. */
const TILE = 4096;

/** The dot products of `v` with other vectors of the same pieces, summed in float64. */
export function dots(v: Pieces, others: readonly Pieces[]): Float64Array {
  const sums = new Float64Array(others.length);
  for (const [p, piece] of v.entries()) {
    for (let from = 0; from < piece.length; from += TILE) {
      const to = Math.min(from + TILE, piece.length);
      let i = 0;
      for (; i + 4 <= others.length; i += 4) {
        addFour(piece, others[i][p], others[i + 1][p], others[i + 2][p], others[i + 3][p], {
          sums,
          i,
          from,
          to,
        });
      }
      for (; i < others.length; i++) {
        const other = others[i][p];
        let sum = 0;
        for (let l = from; l < to; l++) sum += piece[l] * other[l];
        sums[i] += sum;
      }
    }
  }
  return sums;
}

interface Part {
  readonly sums: Float64Array;
  readonly i: number;
  readonly from: number;
  readonly to: number;
}

function addFour(
  v: Float32Array | Float64Array,
  a: Float32Array | Float64Array,
  b: Float32Array | Float64Array,
  c: Float32Array | Float64Array,
  d: Float32Array | Float64Array,
  { sums, i, from, to }: Part,
): void {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let l = from; l < to; l++) {
    const x = v[l];
    s0 += x * a[l];
    s1 += x * b[l];
    s2 += x * c[l];
    s3 += x * d[l];
  }
  sums[i] += s0;
  sums[i + 1] += s1;
  sums[i + 2] += s2;
  sums[i + 3] += s3;
}
