/**
 * The solution `x` of `A x = b`, `A` row-major `n × n`, by Gaussian elimination with the largest pivot of each
 * column. `RangeError` where sizes do not fit or a column has no pivot. `A` and `b` stay as they are.
 */
export function solveLinear(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  if (a.length !== n * n) {
    throw new RangeError(`solveLinear: A must be ${n} x ${n}, got ${a.length} numbers`);
  }
  const m = a.slice();
  const x = b.slice();
  const rows = Array.from({ length: n }, (_, i) => i);
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k + 1; i < n; i++) {
      if (Math.abs(m[rows[i] * n + k]) > Math.abs(m[rows[best] * n + k])) best = i;
    }
    [rows[k], rows[best]] = [rows[best], rows[k]];
    const pivotRow = rows[k] * n;
    const pivot = m[pivotRow + k];
    if (!(Math.abs(pivot) > 0)) {
      throw new RangeError(`solveLinear: A must be regular, got no pivot in column ${k}`);
    }
    for (let i = k + 1; i < n; i++) {
      const row = rows[i] * n;
      const factor = m[row + k] / pivot;
      if (factor === 0) continue;
      for (let j = k + 1; j < n; j++) m[row + j] -= factor * m[pivotRow + j];
      x[rows[i]] -= factor * x[rows[k]];
    }
  }
  const solution = new Float64Array(n);
  for (let k = n - 1; k >= 0; k--) {
    let rest = x[rows[k]];
    for (let j = k + 1; j < n; j++) rest -= m[rows[k] * n + j] * solution[j];
    solution[k] = rest / m[rows[k] * n + k];
  }
  return solution;
}
