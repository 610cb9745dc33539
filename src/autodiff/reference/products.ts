import { numberAttribute, textAttribute } from '../../graph/index.ts';
import { sizeOf } from '../../tensor/index.ts';
import { equationOf } from '../equation.ts';
import { commonShape, expanded, filled, permuted, rowStrides, type Numbers } from './array.ts';
import { map, zip } from './elementwise.ts';
import { kernel, type Kernel } from './kernel.ts';

/** `a b` of matrices in row-major order, added to `into`. */
export function multiplyInto(
  into: Float64Array,
  a: Float64Array,
  b: Float64Array,
  rows: number,
  inner: number,
  columns: number,
): void {
  const blocked = inner - (inner % 4);
  for (let row = 0; row < rows; row++) {
    const target = row * columns;
    for (let k = 0; k < blocked; k += 4) {
      const at = row * inner + k;
      const [f0, f1, f2, f3] = [a[at], a[at + 1], a[at + 2], a[at + 3]];
      const [b0, b1] = [k * columns, (k + 1) * columns];
      const [b2, b3] = [(k + 2) * columns, (k + 3) * columns];
      for (let column = 0; column < columns; column++) {
        into[target + column] +=
          f0 * b[b0 + column] + f1 * b[b1 + column] + f2 * b[b2 + column] + f3 * b[b3 + column];
      }
    }
    for (let k = blocked; k < inner; k++) {
      const factor = a[row * inner + k];
      for (let column = 0; column < columns; column++) {
        into[target + column] += factor * b[k * columns + column];
      }
    }
  }
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
    multiplyInto(
      result.data.subarray(at * rows * columns, (at + 1) * rows * columns),
      x.subarray(at * rows * inner, (at + 1) * rows * inner),
      y.subarray(at * inner * columns, (at + 1) * inner * columns),
      rows,
      inner,
      columns,
    );
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
  const right = numberAttribute(node, 'transB', 0) === 0 ? b : permuted(b, [1, 0]);
  const alpha = numberAttribute(node, 'alpha', 1);
  const beta = numberAttribute(node, 'beta', 1);
  const product = map(matMul(left, right), (value) => alpha * value);
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
