/** Sweeps per eigenvalue after which the search is given up; two are usual. */
const SWEEPS = 60;

/**
 * The eigenvalues of the symmetric tridiagonal matrix with the `diagonal` d_0 … d_(n-1) and e_0 … e_(n-2) beside it, in
 * ascending order, by QL sweeps on the squares of e, without roots; accurate to some ε of the largest. All numbers must
 * be finite and their squares must be float64.
 * Reference: Parlett 1998, The Symmetric Eigenvalue Problem, section 8.15 (Pal, Walker and Kahan)
 */
export function tridiagonalValues(
  diagonal: ArrayLike<number>,
  beside: ArrayLike<number>,
): Float64Array {
  const n = diagonal.length;
  const d = Float64Array.from(diagonal);
  const e2 = new Float64Array(n);
  let largest = 0;
  for (let i = 0; i < n; i++) {
    largest = Math.max(largest, Math.abs(d[i]));
    if (i + 1 >= n) continue;
    e2[i] = beside[i] * beside[i];
    largest = Math.max(largest, Math.abs(beside[i]));
  }
  if (!(largest < Infinity)) {
    throw new RangeError(`tridiagonalValues: all elements must be finite, got ${largest}`);
  }
  const negligible = (2 ** -53 * largest) ** 2;
  for (let low = 0; low < n; low++) {
    for (let sweep = 0; ; sweep++) {
      let high = low;
      while (high + 1 < n && e2[high] > negligible) high++;
      if (high === low) break;
      e2[high] = 0;
      if (sweep === SWEEPS) {
        throw new RangeError(
          `tridiagonalValues: ${SWEEPS} sweeps must find an eigenvalue, got none for number ${low} of ${n}`,
        );
      }
      sweepUp(d, e2, low, high);
    }
  }
  return d.sort();
}

/** One QL sweep over the rows `low` … `high`, with Wilkinson's shift. */
function sweepUp(d: Float64Array, e2: Float64Array, low: number, high: number): void {
  const root = Math.sqrt(e2[low]);
  const half = (d[low + 1] - d[low]) / (2 * root);
  const length = Math.sqrt(half * half + 1);
  const shift = d[low] - root / (half < 0 ? half - length : half + length);
  let c2 = 1;
  let s2 = 0;
  let gamma = d[high] - shift;
  let p = gamma * gamma;
  for (let i = high - 1; i >= low; i--) {
    const square = e2[i];
    const r = p + square;
    e2[i + 1] = i + 1 === high ? 0 : s2 * r;
    const [before, gammaBefore] = [c2, gamma];
    // A row of zeros turns by nothing.
    c2 = r === 0 ? 1 : p / r;
    s2 = r === 0 ? 0 : square / r;
    gamma = c2 * (d[i] - shift) - s2 * gammaBefore;
    d[i + 1] = gammaBefore + (d[i] - gamma);
    p = c2 === 0 ? before * square : (gamma * gamma) / c2;
  }
  e2[low] = s2 * p;
  d[low] = shift + gamma;
}
