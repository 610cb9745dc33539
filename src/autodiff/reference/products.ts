import { numberAttribute, textAttribute } from '../../graph/index.ts';
import { productTransposed, transposed } from '../../numeric/index.ts';
import { sizeOf } from '../../tensor/index.ts';
import { equationOf } from '../equation.ts';
import { commonShape, expanded, filled, permuted, rowStrides, type Numbers } from './array.ts';
import { map, zip } from './elementwise.ts';
import { kernel, type Kernel } from './kernel.ts';

/** The row count below which a product is not worth a transposed copy of its right operand. */
const fewRows = 4;

/** `a b` of matrices in row-major order. */
function multiply(
  a: Float64Array,
  b: Float64Array,
  rows: number,
  inner: number,
  columns: number,
): Float64Array {
  if (rows >= fewRows) {
    return productTransposed(a, transposed(b, inner, columns), rows, columns, inner);
  }
  const result = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const target = result.subarray(row * columns, (row + 1) * columns);
    for (let k = 0; k < inner; k++) {
      const factor = a[row * inner + k];
      const from = k * columns;
      for (let column = 0; column < columns; column++) target[column] += factor * b[from + column];
    }
  }
  return result;
}

/** The product on the last two axes, with broadcasting of the others. */
export function matMul(a: Numbers, b: Numbers): Numbers {
  const left = a.shape.length === 1 ? { ...a, shape: [1, ...a.shape] } : a;
  const right = b.shape.length === 1 ? { ...b, shape: [...b.shape, 1] } : b;
  const batch = commonShape([left.shape.slice(0, -2), right.shape.slice(0, -2)]);
  const [rows, inner] = left.shape.slice(-2);
  const columns = right.shape[right.shape.length - 1];
  const x = expanded(left, [...batch, rows, inner]).data;
  const y = expanded(right, [...batch, inner, columns]).data;
  const result = filled(a.dtype, [...batch, rows, columns]);
  for (let at = 0; at < sizeOf(batch); at++) {
    const own = x.subarray(at * rows * inner, (at + 1) * rows * inner);
    const other = y.subarray(at * inner * columns, (at + 1) * inner * columns);
    result.data.set(multiply(own, other, rows, inner, columns), at * rows * columns);
  }
  const shape = [
    ...batch,
    ...(a.shape.length === 1 ? [] : [rows]),
    ...(b.shape.length === 1 ? [] : [columns]),
  ];
  return { ...result, shape };
}

const gemm: Kernel = (node, [a, b, c]) => {
  if (a === undefined || b === undefined) return [];
  const left = numberAttribute(node, 'transA', 0) === 0 ? a : permuted(a, [1, 0]);
  const [rows, inner] = left.shape;
  const isTransposed = numberAttribute(node, 'transB', 0) !== 0;
  const columns = b.shape[isTransposed ? 0 : 1];
  const data = isTransposed
    ? productTransposed(left.data, b.data, rows, columns, inner)
    : multiply(left.data, b.data, rows, inner, columns);
  const alpha = numberAttribute(node, 'alpha', 1);
  const beta = numberAttribute(node, 'beta', 1);
  const product = map({ dtype: a.dtype, shape: [rows, columns], data }, (value) => alpha * value);
  return [c === undefined ? product : zip(product, c, (x, y) => x + beta * y)];
};

const einsum = kernel((inputs, node) => {
  const ranks = inputs.map(({ shape }) => shape.length);
  const equation = equationOf(textAttribute(node, 'equation', ''), ranks);
  if (equation === null) return [];
  const { operands, result } = equation;
  const extents = new Map<string, number>();
  for (const [index, labels] of operands.entries()) {
    for (const [axis, label] of labels.entries()) {
      extents.set(label, Math.max(extents.get(label) ?? 1, inputs[index].shape[axis]));
    }
  }
  const inner = [...extents.keys()].filter((label) => !result.includes(label));
  const order = [...result, ...inner];
  const shape = order.map((label) => extents.get(label) ?? 1);
  const strides = rowStrides(shape);
  const made = filled(
    inputs[0].dtype,
    result.map((label) => extents.get(label) ?? 1),
  );
  const repeat = sizeOf(inner.map((label) => extents.get(label) ?? 1));
  for (let place = 0; place < sizeOf(shape); place++) {
    let product = 1;
    for (const [index, labels] of operands.entries()) {
      const { shape: own, data } = inputs[index];
      let source = 0;
      for (const [axis, label] of labels.entries()) {
        const at = order.indexOf(label);
        const coordinate = Math.floor(place / strides[at]) % shape[at];
        source = source * own[axis] + (own[axis] === 1 ? 0 : coordinate);
      }
      product *= data[source];
    }
    made.data[Math.floor(place / repeat)] += product;
  }
  return made;
});

/** Products of matrices, in float64. */
export const products: Readonly<Record<string, Kernel>> = {
  MatMul: kernel(([a, b]) => matMul(a, b)),
  Gemm: gemm,
  Einsum: einsum,
};
