import { symmetricEigenvalues } from '../numeric/index.ts';
import { sizeOf, type FloatDType, type Tensor } from '../tensor/index.ts';
import { numbersIn } from './moments.ts';

/** A matrix of examples and positions × units, row after row. */
interface Matrix {
  readonly rows: number;
  readonly units: number;
  readonly elements: Float64Array;
}

/**
 * The effective rank `exp(-Σ p_i ln p_i)`, `p_i = σ_i / Σ σ`, of the matrix of examples and positions × units that
 * tensors make, one below the other; a unit is an index along `unitAxis`. From 1 to the smaller side of the matrix;
 * `null` where all is zero or something is not finite. The σ_i are roots of eigenvalues of the smaller of `XᵀX`
 * and `XXᵀ`, so those below 1.5e-8 of the largest are noise.
 * Reference: Roy and Vetterli 2007, "The effective rank: a measure of effective dimensionality", EUSIPCO
 */
export function effectiveRank(
  tensors: readonly Tensor<FloatDType>[],
  unitAxis: number,
): number | null {
  const { rows, units, elements } = matrixOf(tensors, unitAxis);
  const isTall = rows >= units;
  const gram = isTall ? columnProducts(elements, rows, units) : rowProducts(elements, rows, units);
  const size = isTall ? units : rows;
  if (!gram.every(Number.isFinite)) return null;
  const values = symmetricEigenvalues(gram, size).map((value) => Math.sqrt(Math.max(0, value)));
  const total = values.reduce((sum, value) => sum + value, 0);
  if (!(total > 0)) return null;
  let entropy = 0;
  for (const value of values) {
    const p = value / total;
    if (p > 0) entropy -= p * Math.log(p);
  }
  return Math.exp(entropy);
}

function matrixOf(tensors: readonly Tensor<FloatDType>[], unitAxis: number): Matrix {
  const [{ shape }] = tensors;
  const axis = unitAxis < 0 || unitAxis >= shape.length ? shape.length - 1 : unitAxis;
  const units = axis < 0 ? 1 : shape[axis];
  const alike = tensors.filter((tensor) => axis < 0 || tensor.shape[axis] === units);
  const total = alike.reduce((sum, tensor) => sum + tensor.data.length, 0);
  const elements = new Float64Array(total);
  let row = 0;
  for (const tensor of alike) {
    const inner = sizeOf(tensor.shape.slice(axis + 1));
    const values = numbersIn(tensor);
    for (let start = 0; start < values.length; start += units * inner, row += inner) {
      for (let unit = 0, index = start; unit < units; unit++) {
        for (let place = 0; place < inner; place++, index++) {
          elements[(row + place) * units + unit] = values[index];
        }
      }
    }
  }
  return { rows: total / units, units, elements };
}

/** `XᵀX`, four rows at a time: each element of the sum is then fetched once for four products. */
function columnProducts(x: Float64Array, rows: number, columns: number): Float64Array {
  const gram = new Float64Array(columns * columns);
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    const first = row * columns;
    const second = first + columns;
    const third = second + columns;
    const fourth = third + columns;
    for (let i = 0; i < columns; i++) {
      const a = x[first + i];
      const b = x[second + i];
      const c = x[third + i];
      const d = x[fourth + i];
      const to = i * columns;
      for (let j = 0; j <= i; j++) {
        gram[to + j] +=
          a * x[first + j] + b * x[second + j] + (c * x[third + j] + d * x[fourth + j]);
      }
    }
  }
  for (; row < rows; row++) {
    const from = row * columns;
    for (let i = 0; i < columns; i++) {
      const value = x[from + i];
      for (let j = 0; j <= i; j++) gram[i * columns + j] += value * x[from + j];
    }
  }
  return mirrored(gram, columns);
}

/** `XXᵀ`, four elements of a row at a time. */
function rowProducts(x: Float64Array, rows: number, columns: number): Float64Array {
  const gram = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    const own = i * columns;
    for (let first = 0; first <= i; first += 4) {
      // Beyond the last row the products are those of the last, and not kept.
      const [a, b, c, d] = [0, 1, 2, 3].map((more) => Math.min(first + more, i) * columns);
      let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0];
      for (let k = 0; k < columns; k++) {
        const value = x[own + k];
        sumA += value * x[a + k];
        sumB += value * x[b + k];
        sumC += value * x[c + k];
        sumD += value * x[d + k];
      }
      const sums = [sumA, sumB, sumC, sumD];
      for (let j = first; j <= Math.min(first + 3, i); j++) gram[i * rows + j] = sums[j - first];
    }
  }
  return mirrored(gram, rows);
}

function mirrored(gram: Float64Array, n: number): Float64Array {
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) gram[j * n + i] = gram[i * n + j];
  return gram;
}
