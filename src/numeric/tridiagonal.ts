/** Eigenvalues in ascending order, and of each the last element of its eigenvector of length 1. */
export interface TridiagonalEigen {
  readonly values: Float64Array;
  readonly last: Float64Array;
}

/** Sweeps per eigenvalue after which the search is given up; two are usual. */
const SWEEPS = 60;

/**
 * Eigenvalues of the symmetric tridiagonal matrix with the `diagonal` d_0 … d_(n-1) and e_0 … e_(n-2) beside
 * it, by QL sweeps with Wilkinson's shift; accurate to some ε of the largest. All numbers must be finite.
 * Reference: Golub and Van Loan 2013, Matrix Computations, section 8.3
 */
export function tridiagonalEigen(
  diagonal: ArrayLike<number>,
  beside: ArrayLike<number>,
): TridiagonalEigen {
  const n = diagonal.length;
  const d = Float64Array.from(diagonal);
  const e = new Float64Array(n);
  for (let i = 0; i + 1 < n; i++) e[i] = beside[i];
  const z = new Float64Array(n);
  if (n > 0) z[n - 1] = 1;
  // Beside zeros on the diagonal, as a matrix without full rank has them, nothing else tells what is small.
  const negligible = 2 ** -52 * Math.max(largestOf(d), largestOf(e));
  for (let low = 0; low < n; low++) {
    for (let sweep = 0; ; sweep++) {
      const high = firstGap(d, e, low, negligible);
      if (high === low) break;
      if (sweep === SWEEPS) {
        throw new RangeError(
          `tridiagonalEigen: elements must be finite, so that ${SWEEPS} sweeps find an eigenvalue, got none for number ${low} of ${n}`,
        );
      }
      sweepUp(d, e, z, low, high);
    }
  }
  const order = Uint32Array.from(d, (_, i) => i).sort((i, j) => d[i] - d[j]);
  return {
    values: Float64Array.from(order, (i) => d[i]),
    last: Float64Array.from(order, (i) => z[i]),
  };
}

const largestOf = (values: Float64Array): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The first index from `low` on after which the matrix falls apart to working precision. */
function firstGap(d: Float64Array, e: Float64Array, low: number, negligible: number): number {
  let i = low;
  while (i + 1 < d.length) {
    const size = Math.abs(d[i]) + Math.abs(d[i + 1]);
    if (Math.abs(e[i]) <= Math.max(2 ** -53 * size, negligible)) break;
    i++;
  }
  return i;
}

/** One implicit QL sweep over the rows `low` … `high`; `z` turns as the last row of the eigenvectors. */
function sweepUp(
  d: Float64Array,
  e: Float64Array,
  z: Float64Array,
  low: number,
  high: number,
): void {
  // The eigenvalue of the leading 2 × 2 block that is nearer to its first element.
  const half = (d[low + 1] - d[low]) / (2 * e[low]);
  const root = Math.hypot(half, 1);
  const shift = d[low] - e[low] / (half < 0 ? half - root : half + root);
  let bulge = d[high] - shift;
  let s = 1;
  let c = 1;
  let moved = 0;
  for (let i = high - 1; i >= low; i--) {
    const f = s * e[i];
    const b = c * e[i];
    const r = Math.hypot(f, bulge);
    e[i + 1] = r;
    if (r === 0) {
      // The rotation is undefined: the matrix has come apart here.
      d[i + 1] -= moved;
      e[high] = 0;
      return;
    }
    s = f / r;
    c = bulge / r;
    const lower = d[i + 1] - moved;
    const turned = (d[i] - lower) * s + 2 * c * b;
    moved = s * turned;
    d[i + 1] = lower + moved;
    bulge = c * turned - b;
    const last = z[i + 1];
    z[i + 1] = s * z[i] + c * last;
    z[i] = c * z[i] - s * last;
  }
  d[low] -= moved;
  e[low] = bulge;
  e[high] = 0;
}
