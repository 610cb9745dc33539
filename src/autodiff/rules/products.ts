import { numberAttribute, textAttribute } from '../../graph/index.ts';
import { emit } from '../emit.ts';
import { equationOf } from '../equation.ts';
import {
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
import { rule, type Rule } from './rule.ts';

const flag = (value: boolean): number => (value ? 1 : 0);

/** `Y = α op(A) op(B) + β C`. */
const gemm: Rule = rule((s, node, g) => {
  const [a, b, c = ''] = node.inputs;
  const isAT = numberAttribute(node, 'transA', 0) !== 0;
  const isBT = numberAttribute(node, 'transB', 0) !== 0;
  const alpha = numberAttribute(node, 'alpha', 1);
  const product = (left: string, right: string, transA: boolean, transB: boolean): string =>
    emit(s, 'Gemm', [left, right], {
      ...(alpha === 1 ? {} : { alpha }),
      transA: flag(transA),
      transB: flag(transB),
    });
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
function rows(s: Scope, value: string): string {
  const last = typeOf(s, value).shape?.at(-1);
  if (typeof last === 'number') return reshape(s, value, [-1, last]);
  const extent = emit(s, 'Shape', [value], { start: -1 });
  return emit(s, 'Reshape', [value, emit(s, 'Concat', [ints(s, [-1]), extent], { axis: 0 })]);
}

/** `Y = A B` on the last two axes; a vector counts as a row on the left and as a column on the right. */
const matMul: Rule = rule((s, node, g) => {
  const [a, b] = node.inputs;
  const [rankA, rankB] = [rankOf(s, a), rankOf(s, b)];
  if (rankA === null || rankB === null) {
    throw new RangeError(
      `${nodeText(node)}: the ranks of its operands must be known to differentiate it, got unknown ones`,
    );
  }
  if (rankB === 2 && rankA > 2) {
    return [
      () => reshapeLike(s, emit(s, 'Gemm', [rows(s, g), b], { transB: 1 }), a),
      () => emit(s, 'Gemm', [rows(s, a), rows(s, g)], { transA: 1 }),
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

/** The cotangent of an operand is the sum over what is in the result and the other operands. */
const einsum: Rule = rule((s, node, g) => {
  const text = textAttribute(node, 'equation', '');
  const ranks = node.inputs.map((input) => rankOf(s, input));
  const equation = equationOf(text, ranks);
  const isRepeated = (labels: readonly string[]): boolean => new Set(labels).size < labels.length;
  if (equation === null || equation.operands.some(isRepeated)) {
    throw new RangeError(
      `${nodeText(node)}: the equation must have operands of known rank with distinct indices to be differentiated, got ${JSON.stringify(text)}`,
    );
  }
  const { operands, result } = equation;
  return node.inputs.map((input, index) => () => {
    const others = operands.filter((_, at) => at !== index);
    const known = new Set([...result, ...others.flat()]);
    const own = operands[index];
    const present = own.filter((label) => known.has(label));
    const product = emit(s, 'Einsum', [g, ...node.inputs.filter((_, at) => at !== index)], {
      equation: `${[result, ...others].map((labels) => labels.join('')).join(',')}->${present.join('')}`,
    });
    const missing = own.flatMap((label, axis) => (known.has(label) ? [] : [axis]));
    const whole = unsqueeze(s, product, missing);
    const reduced = missing.length === 0 ? sumTo(s, whole, input) : whole;
    return emit(s, 'Expand', [reduced, emit(s, 'Shape', [input])]);
  });
});

/** Products of matrices. */
export const products: Readonly<Record<string, Rule>> = {
  Gemm: gemm,
  MatMul: matMul,
  Einsum: einsum,
};
