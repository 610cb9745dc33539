import {
  singularValues,
  tridiagonalForm,
  tridiagonalValues,
  type RankUpdate,
} from '../numeric/index.ts';
import { addProduct, matrixAt } from '../runtime/index.ts';

/** Rows up to which the plain loops have done their work before the engine has heard of it. */
const FEW_ROWS = 128;

/** Numbers of a piece of the matrix that is turned to float64 at a time, 16 MiB. */
const PIECE = 2 ** 21;

/**
 * The singular values of a float32 matrix M of m rows and at least as many columns, in ascending order: roots of the
 * eigenvalues of `M Mᵀ` in float64, of which onnxruntime makes the products. Each is accurate to `m ε σ_max² / σ`, and
 * what is below some `√(m ε)` of the largest, 3e-7 for 1000 rows, is not told apart: less than the rounding of M to
 * float32 moves it. All elements must be finite.
 */
export async function singularValuesOnEngine(
  matrix: Float32Array,
  m: number,
  n: number,
  threads = 0,
): Promise<Float64Array> {
  if (m <= FEW_ROWS) return singularValues(Float64Array.from(matrix), m, n);
  let largest = 0;
  for (let i = 0; i < matrix.length; i++) largest = Math.max(largest, Math.abs(matrix[i]));
  if (largest === 0) return new Float64Array(m);
  const gram = await squareOf(matrix, m, n, 1 / largest, threads);
  const update = ({ rows, p, q, width }: RankUpdate): Promise<void> =>
    addProduct(
      matrixAt(rows, 0, rows.length / m, m),
      matrixAt(p, 0, p.length / width, width),
      matrixAt(q, 0, m, width),
      { minus: true, threads },
    );
  const { diagonal, beside } = await tridiagonalForm(gram, m, update);
  return tridiagonalValues(diagonal, beside).map(
    (value) => largest * Math.sqrt(Math.max(value, 0)),
  );
}

/** `(f M) (f M)ᵀ` in float64. */
async function squareOf(
  matrix: Float32Array,
  m: number,
  n: number,
  factor: number,
  threads: number,
): Promise<Float64Array> {
  const gram = new Float64Array(m * m);
  const most = Math.max(1, Math.floor(PIECE / m));
  const piece = new Float64Array(m * Math.min(most, n));
  for (let first = 0; first < n; first += most) {
    const width = Math.min(most, n - first);
    for (let i = 0; i < m; i++) {
      const from = i * n + first;
      for (let j = 0; j < width; j++) piece[i * width + j] = factor * matrix[from + j];
    }
    const part = matrixAt(piece, 0, m, width);
    await addProduct(matrixAt(gram, 0, m, m), part, part, { threads });
  }
  return gram;
}
