import { numberAttribute, textAttribute, type Node } from '../../graph/index.ts';
import { emit } from '../emit.ts';
import { equationOf, type Equation } from '../equation.ts';
import {
  expandLike,
  rankOf,
  reshape,
  reshapeLike,
  squeeze,
  sumTo,
  times,
  transpose,
  unsqueeze,
} from '../ops.ts';
import { ints, typeOf, type Scope } from '../scope.ts';
import { nodeText } from '../wording.ts';
import { byExpansion, rule, type Rule } from './rule.ts';

const flag = (value: boolean): number => (value ? 1 : 0);

/** Columns from which on it pays to transpose the left side of a product before it. */
const manyColumns = 32;

/**
 * `α op(A) op(B)` of matrices. A left side that the product would have to transpose is transposed before it:
 * onnxruntime takes 4/3 of the time of a plain product otherwise.
 */
export function matrixProduct(
  s: Scope,
  left: string,
  right: string,
  transA: boolean,
  transB: boolean,
  alpha = 1,
): string {
  const columns = typeOf(s, left).shape?.[1];
  const isBefore = transA && typeof columns === 'number' && columns >= manyColumns;
  return emit(
    s,
    'Gemm',
    [isBefore ? emit(s, 'Transpose', [left], { perm: [1, 0] }) : left, right],
    {
      ...(alpha === 1 ? {} : { alpha }),
      transA: flag(transA && !isBefore),
      transB: flag(transB),
    },
  );
}

/** `Y = α op(A) op(B) + β C`. */
const gemm: Rule = rule((s, node, g) => {
  const [a, b, c = ''] = node.inputs;
  const isAT = numberAttribute(node, 'transA', 0) !== 0;
  const isBT = numberAttribute(node, 'transB', 0) !== 0;
  const alpha = numberAttribute(node, 'alpha', 1);
  const product = (left: string, right: string, transA: boolean, transB: boolean): string =>
    matrixProduct(s, left, right, transA, transB, alpha);
  return [
    () => (isAT ? product(b, g, isBT, true) : product(g, b, false, !isBT)),
    () => (isBT ? product(g, a, true, isAT) : product(a, g, !isAT, false)),
    () => sumTo(s, times(s, numberAttribute(node, 'beta', 1), g), c),
  ];
});

/** The last two axes exchanged; a matrix is told by its rank. */
function transposed(s: Scope, value: string, rank: number): string {
  const perm = Array.from({ length: rank }, (_, axis) => axis);
  perm.push(...perm.splice(-2, 2).reverse());
  return transpose(s, value, perm);
}

/** Rows of a value: all its axes but the last as one. */
export function rows(s: Scope, value: string): string {
  const last = typeOf(s, value).shape?.at(-1);
  if (typeof last === 'number') return reshape(s, value, [-1, last]);
  const extent = emit(s, 'Shape', [value], { start: -1 });
  return emit(s, 'Reshape', [value, emit(s, 'Concat', [ints(s, [-1]), extent], { axis: 0 })]);
}

/** `Y = A B` on the last two axes; a vector counts as a row on the left and as a column on the right. */
const matMul: Rule = rule((s, node, g) => {
  const [a, b] = node.inputs;
  const [rankA, rankB] = [rankOf(s, a), rankOf(s, b)];
  if (rankB === 2 && rankA === null) {
    return [
      () => emit(s, 'MatMul', [g, transposed(s, b, 2)]),
      () => matrixProduct(s, rows(s, a), rows(s, g), true, false),
    ];
  }
  if (rankA === null || rankB === null) {
    throw new RangeError(
      `${nodeText(node)}: the ranks of its operands must be known to differentiate it, got unknown ones`,
    );
  }
  if (rankB === 2 && rankA > 2) {
    return [
      () => reshapeLike(s, emit(s, 'Gemm', [rows(s, g), b], { transB: 1 }), a),
      () => matrixProduct(s, rows(s, a), rows(s, g), true, false),
    ];
  }
  const left = rankA === 1 ? unsqueeze(s, a, [0]) : a;
  const right = rankB === 1 ? unsqueeze(s, b, [1]) : b;
  const whole = unsqueeze(s, rankB === 1 ? unsqueeze(s, g, [-1]) : g, rankA === 1 ? [-2] : []);
  return [
    () => {
      const sum = sumTo(
        s,
        emit(s, 'MatMul', [whole, transposed(s, right, Math.max(rankB, 2))]),
        left,
      );
      return rankA === 1 ? squeeze(s, sum, [0]) : sum;
    },
    () => {
      const sum = sumTo(
        s,
        emit(s, 'MatMul', [transposed(s, left, Math.max(rankA, 2)), whole]),
        right,
      );
      return rankB === 1 ? squeeze(s, sum, [1]) : sum;
    },
  ];
});

const isRepeated = (labels: readonly string[]): boolean => new Set(labels).size < labels.length;

function equationFor(s: Scope, node: Node): Equation {
  const text = textAttribute(node, 'equation', '');
  const equation = equationOf(
    text,
    node.inputs.map((input) => rankOf(s, input)),
  );
  if (equation !== null) return equation;
  throw new RangeError(
    `${nodeText(node)}: under an ellipsis the operands must be of known rank to be differentiated, got ${JSON.stringify(text)}`,
  );
}

const written = (operands: readonly (readonly string[])[], result: readonly string[]): string =>
  `${operands.map((labels) => labels.join('')).join(',')}->${result.join('')}`;

/** The cotangent of an operand is the sum over what is in the result and the other operands. */
const einsumOfDistinct: Rule = rule((s, node, g) => {
  const { operands, result } = equationFor(s, node);
  return node.inputs.map((input, index) => () => {
    const others = operands.filter((_, at) => at !== index);
    const known = new Set([...result, ...others.flat()]);
    const own = operands[index];
    const present = own.filter((label) => known.has(label));
    const product = emit(s, 'Einsum', [g, ...node.inputs.filter((_, at) => at !== index)], {
      equation: written([result, ...others], present),
    });
    const missing = own.flatMap((label, axis) => (known.has(label) ? [] : [axis]));
    return sumTo(s, expandLike(s, unsqueeze(s, product, missing), input), input);
  });
});

/** The elements of `x` whose indices along some axes are the same: those axes as one, the last. */
function diagonal(s: Scope, x: string, axes: readonly number[], rank: number): string {
  const others = Array.from({ length: rank }, (_, axis) => axis).filter(
    (axis) => !axes.includes(axis),
  );
  const turned = transpose(s, x, [...others, ...axes]);
  const count = emit(s, 'Shape', [turned], { start: others.length, end: others.length + 1 });
  // Along the diagonal one step passes 1 + n + n² + … elements.
  let step = ints(s, [1]);
  for (let power = 1; power < axes.length; power++) {
    step = emit(s, 'Add', [emit(s, 'Mul', [step, count]), ints(s, [1])]);
  }
  const head = emit(s, 'Shape', [turned], { end: others.length });
  const square = axes.slice(1).reduce((size) => emit(s, 'Mul', [size, count]), count);
  const target = emit(s, 'Concat', [head, square], { axis: 0 });
  const flat = emit(s, 'Reshape', [turned, target], { allowzero: 1 });
  const last = ints(s, [others.length]);
  return emit(s, 'Slice', [flat, ints(s, [0]), square, last, step]);
}

/** An index that an operand has twice stands for its diagonal. */
const einsumOfDiagonals: Rule = byExpansion((s, node) => {
  const { operands, result } = equationFor(s, node);
  const values: string[] = [];
  const terms: string[][] = [];
  for (const [index, labels] of operands.entries()) {
    let [value, own] = [node.inputs[index], [...labels]];
    for (;;) {
      const twice = own.find((label) => own.indexOf(label) !== own.lastIndexOf(label));
      if (twice === undefined) break;
      const axes = own.flatMap((label, axis) => (label === twice ? [axis] : []));
      value = diagonal(s, value, axes, own.length);
      own = [...own.filter((label) => label !== twice), twice];
    }
    values.push(value);
    terms.push(own);
  }
  return [emit(s, 'Einsum', values, { equation: written(terms, result) })];
});

const einsum: Rule = {
  vjp: (call) => {
    const { operands } = equationFor(call.scope, call.node);
    return (operands.some(isRepeated) ? einsumOfDiagonals : einsumOfDistinct).vjp(call);
  },
};

/** Products of matrices. */
export const products: Readonly<Record<string, Rule>> = {
  Gemm: gemm,
  MatMul: matMul,
  Einsum: einsum,
};
