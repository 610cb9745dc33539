import { positiveQ } from '../../numeric/index.ts';
import { sizeOf, type Tensor } from '../../tensor/index.ts';

/**
 * How far an orthogonal matrix is from a framework's, per unit of gain, at most. 2e-6 is usual; a square Gaussian matrix that is
 * nearly singular, one in twenty, multiplies the framework's own float32 rounding by more.
 */
export const ORTHOGONAL_TOLERANCE: number = 1e-5;

/**
 * What frameworks call orthogonal: a Gaussian matrix A of `max(rows, cols) × min(rows, cols)`, `A = Q R` with
 * positive diagonal of R, Q or, for rows < cols, its transpose, times `gain`. `normal` draws A. The factors
 * are found by Householder reflections in float64, so that what is left of the distance to a
 * framework's values is the rounding of its own float32 factors.
 * Reference: Mezzadri 2007, How to generate random matrices from the classical compact groups, arXiv:math-ph/0609050
 */
export function orthogonalFrom(
  rows: number,
  cols: number,
  gain: number,
  shape: readonly number[],
  normal: (shape: readonly [number, number]) => Tensor<'float32'>,
): Tensor<'float32'> {
  const data = new Float32Array(sizeOf(shape));
  if (data.length === 0) return { dtype: 'float32', shape, data };
  const m = Math.max(rows, cols);
  const n = Math.min(rows, cols);
  const { data: a } = normal([m, n]);
  // Column c stands at c m.
  const byColumn = new Float64Array(n * m);
  for (let i = 0; i < m; i++) for (let c = 0; c < n; c++) byColumn[c * m + i] = a[i * n + c];
  positiveQ(byColumn, m, n);
  const factor = Math.fround(gain);
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      const at = rows < cols ? row * m + col : col * m + row;
      data[row * cols + col] = factor * Math.fround(byColumn[at]);
    }
  }
  return { dtype: 'float32', shape, data };
}
