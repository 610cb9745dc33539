import { numberAttribute, numbersAttribute, textAttribute, type Node } from '../../graph/index.ts';
import { emit, type Attributes } from '../emit.ts';
import { add, rankOf, times, transpose } from '../ops.ts';
import { scalar, type Scope } from '../scope.ts';
import type { Expansion } from './expansion.ts';

/** Names of the parameters of activations, in the order of `activation_params`. */
const parameters: Readonly<Record<string, readonly string[]>> = {
  Relu: [],
  Tanh: [],
  Sigmoid: [],
  LeakyRelu: ['alpha'],
  HardSigmoid: ['alpha', 'beta'],
};

function activated(s: Scope, node: Node, x: string): string | null {
  const operator = textAttribute(node, 'activation', '');
  if (operator === '') return x;
  const given = numbersAttribute(node, 'activation_params') ?? [];
  if (operator === 'Clip') {
    const [low, high] = given;
    return emit(s, 'Clip', [x, scalar(s, low, x), scalar(s, high, x)]);
  }
  const names = parameters[operator];
  if (names === undefined) return null;
  const each = names.flatMap((name, index) => {
    const own = given[index] ?? numberAttribute(node, `activation_${name}`, NaN);
    return Number.isNaN(own) ? [] : [[name, own] as const];
  });
  return emit(s, operator, [x], Object.fromEntries(each));
}

function standard(node: Node): Attributes {
  const own = Object.entries(node.attributes).filter(([name]) => !name.startsWith('activation'));
  return Object.fromEntries(own);
}

/** A convolution, then another value added, then an activation. */
const conv: Expansion = (s, node) => {
  const [x, w, b = '', z = ''] = node.inputs;
  const y = emit(s, 'Conv', b === '' ? [x, w] : [x, w, b], standard(node));
  const made = activated(s, node, z === '' ? y : add(s, y, z));
  return made === null ? null : [made];
};

const gemm: Expansion = (s, node) => {
  const made = activated(s, node, emit(s, 'Gemm', node.inputs, standard(node)));
  return made === null ? null : [made];
};

/** `α op(A) op(B)`; a batch axis may stand before the last one. */
const matMul: Expansion = (s, node) => {
  const flag = (name: string): boolean => numberAttribute(node, name, 0) !== 0;
  const turned = (value: string, side: 'A' | 'B'): string | null => {
    const isTurned = flag(`trans${side}`);
    const isBatchTurned = flag(`transBatch${side}`);
    const rank = rankOf(s, value);
    if (!isTurned && !isBatchTurned) return value;
    if (rank === null) return null;
    const perm = Array.from({ length: rank }, (_, axis) => axis);
    // The first axis goes behind the other batch axes.
    if (isBatchTurned) perm.splice(rank - 2, 0, ...perm.splice(0, 1));
    if (isTurned && rank > 1) perm.push(...perm.splice(-2, 2).reverse());
    return transpose(s, value, perm);
  };
  const [a, b] = [turned(node.inputs[0], 'A'), turned(node.inputs[1], 'B')];
  if (a === null || b === null) return null;
  return [times(s, numberAttribute(node, 'alpha', 1), emit(s, 'MatMul', [a, b]))];
};

/** Products with what follows them. */
export const products: Readonly<Record<string, Expansion>> = {
  FusedConv: conv,
  FusedGemm: gemm,
  FusedMatMul: matMul,
  TransposeMatMul: matMul,
};
