import { tridiagonalise } from './symmetric.ts';
import { tridiagonalEigen } from './tridiagonal.ts';

/**
 * The eigenvalues of a symmetric matrix, n × n by rows, in ascending order, each accurate to some n ε of the
 * largest. All elements must be finite.
 * Reference: Golub and Van Loan 2013, Matrix Computations, sections 8.3.1 and 8.3.3
 */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  if (n === 0) return new Float64Array(0);
  const largest = matrix.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0) return new Float64Array(n);
  // Sums of squares are to neither overflow nor vanish.
  const { diagonal, beside } = tridiagonalise(
    matrix.map((value) => value / largest),
    n,
  );
  return tridiagonalEigen(diagonal, beside).values.map((value) => value * largest);
}
