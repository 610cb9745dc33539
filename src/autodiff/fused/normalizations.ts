import { numberAttribute, type Node } from '../../graph/index.ts';
import { emit, emitAll } from '../emit.ts';
import { add, mul, plus } from '../ops.ts';
import { ints, type Scope } from '../scope.ts';
import type { Expansion } from './expansion.ts';

const sum = (s: Scope, values: readonly string[]): string =>
  values.filter((value) => value !== '').reduce((total, value) => add(s, total, value));

/** `x / √(⟨x²⟩ + ε) · scale` over the axes from `axis` on, and the factor `1 / √(⟨x²⟩ + ε)`. */
function rms(s: Scope, x: string, scale: string, axis: number, epsilon: number) {
  const axes = Array.from({ length: -axis }, (_, index) => axis + index);
  const square = emit(s, 'ReduceMean', [mul(s, x, x), ints(s, axes)], { keepdims: 1 });
  const inverse = emit(s, 'Reciprocal', [emit(s, 'Sqrt', [plus(s, square, epsilon)])]);
  return [mul(s, mul(s, x, inverse), scale), inverse] as const;
}

const epsilonOf = (node: Node, fallback: number): number =>
  numberAttribute(node, 'epsilon', fallback);

const simplified: Expansion = (s, node) => {
  const [x, scale] = node.inputs;
  const axis = numberAttribute(node, 'axis', -1);
  return axis >= 0 ? null : rms(s, x, scale, axis, epsilonOf(node, 1e-5));
};

const skipLayer: Expansion = (s, node) => {
  const [x, skip, scale, shift = '', bias = ''] = node.inputs;
  const all = sum(s, [x, skip, bias]);
  const inputs = shift === '' ? [all, scale] : [all, scale, shift];
  const attributes = { axis: -1, epsilon: epsilonOf(node, 1e-12) };
  return [...emitAll(s, 'LayerNormalization', inputs, attributes, 3), all];
};

const skipSimplified: Expansion = (s, node) => {
  const [x, skip, scale, bias = ''] = node.inputs;
  const all = sum(s, [x, skip, bias]);
  const [y, inverse] = rms(s, all, scale, -1, epsilonOf(node, 1e-12));
  return [y, '', inverse, all];
};

/** Sums of rows of tables, normalised. */
const embedLayer: Expansion = (s, node) => {
  const [tokens, segments, words, positions, segmentTable, scale, shift, mask = ''] = node.inputs;
  if (mask !== '') return null;
  const rows = (table: string, at: string): string => emit(s, 'Gather', [table, at], { axis: 0 });
  const count = emit(s, 'Squeeze', [emit(s, 'Shape', [tokens], { start: 1, end: 2 })]);
  const places = emit(s, 'Range', [ints(s, [0], []), count, ints(s, [1], [])]);
  const at = node.inputs[8] ?? '';
  const all = sum(s, [
    rows(words, tokens),
    rows(positions, at === '' ? places : at),
    segments === '' ? '' : rows(segmentTable, segments),
  ]);
  const attributes = { axis: -1, epsilon: epsilonOf(node, 1e-12) };
  const zeros = emit(s, 'Expand', [ints(s, [0]), emit(s, 'Shape', [tokens], { end: 1 })]);
  const lengths = emit(s, 'Cast', [zeros], { to: 6 });
  return [emit(s, 'LayerNormalization', [all, scale, shift], attributes), lengths, all];
};

/** Normalisations with the sum before them, and one that onnxruntime has among the standard operators. */
export const normalizations: Readonly<
  Record<'standard' | 'fused', Readonly<Record<string, Expansion>>>
> = {
  standard: { SimplifiedLayerNormalization: simplified },
  fused: {
    SimplifiedLayerNormalization: simplified,
    SkipLayerNormalization: skipLayer,
    SkipSimplifiedLayerNormalization: skipSimplified,
    EmbedLayerNormalization: embedLayer,
  },
};
