import {
  numberAttribute,
  numbersAttribute,
  textAttribute,
  type Attribute,
  type Node,
} from '../graph/index.ts';
import { sizeOf } from '../tensor/index.ts';

/** A node that reads what depends on the vectors, and the means to write it for many of them. */
export interface Writer {
  readonly node: Node;
  /** Whether a value depends on the vectors: it is stored with an axis of them in front. */
  readonly carries: (name: string) => boolean;
  /** The shape of a value for one vector, without that axis. */
  readonly shape: (name: string) => readonly number[];
  /** The integers in a value, `null` where they are not known. */
  readonly integers: (name: string) => readonly number[] | null;
  /** Stores integers. */
  readonly store: (values: readonly number[]) => string;
  /** Applies an operator and gives its outputs. */
  readonly emit: (
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
    outputs?: number,
  ) => readonly string[];
  /** A value that does not depend on the vectors, repeated for each. */
  readonly repeated: (name: string) => string;
}

/** The outputs for many vectors, `null` where a form of the operator cannot be written so. */
export type Rule = (writer: Writer) => readonly string[] | null;

const rankOf = ({ shape }: Writer, name: string): number => shape(name).length;

const fromStart = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** A value in other extents for each vector. */
const reshaped = ({ emit, store }: Writer, name: string, to: readonly number[]): string =>
  emit('Reshape', [name, store([-1, ...to])])[0];

/** An operand that stands, as in a broadcast, at the end of a result of some rank. */
function lifted(writer: Writer, name: string, rank: number): string {
  const own = writer.shape(name);
  if (!writer.carries(name) || own.length === rank) return name;
  const ones = Array.from({ length: rank - own.length }, () => 1);
  return reshaped(writer, name, [...ones, ...own]);
}

/** Element by element: operands are aligned at their ends. */
const elementwise: Rule = (writer) => {
  const { node, emit } = writer;
  const rank = rankOf(writer, node.outputs[0]);
  const inputs = node.inputs.map((name) => (name === '' ? '' : lifted(writer, name, rank)));
  return emit(node.operator, inputs, node.attributes);
};

const isFirst = ({ node, carries }: Writer): boolean =>
  node.inputs.every((name, index) => carries(name) === (index === 0));

/** Of the type of another value, which may depend on the vectors. */
const castLike: Rule = ({ node, carries, emit }) =>
  carries(node.inputs[0]) ? emit('CastLike', node.inputs) : null;

/** Same elements, other extents. */
const reshape: Rule = (writer) => {
  const { node, shape } = writer;
  const [from, to] = [node.inputs[0], node.outputs[0]].map(shape);
  if (!isFirst(writer) || sizeOf(from) !== sizeOf(to)) return null;
  return [reshaped(writer, node.inputs[0], to)];
};

const expand: Rule = (writer) => {
  const { node, shape, store, emit } = writer;
  if (!isFirst(writer)) return null;
  const to = shape(node.outputs[0]);
  return emit('Expand', [lifted(writer, node.inputs[0], to.length), store([1, ...to])]);
};

const reduce: Rule = (writer) => {
  const { node, integers, store, emit } = writer;
  const rank = rankOf(writer, node.inputs[0]);
  const isGiven = (node.inputs[1] ?? '') !== '';
  const given = numbersAttribute(node, 'axes') ?? (isGiven ? integers(node.inputs[1]) : []);
  if (given === null || !isFirst(writer)) return null;
  if (given.length === 0 && numberAttribute(node, 'noop_with_empty_axes', 0) === 1) {
    return emit('Identity', [node.inputs[0]]);
  }
  const axes = given.length > 0 ? given : Array.from({ length: rank }, (_, axis) => axis);
  const behind = axes.map((axis) => fromStart(axis, rank) + 1);
  // Without axes, as of a number, nothing is to be done.
  if (behind.length === 0) return emit('Identity', [node.inputs[0]]);
  const { keepdims = 1 } = node.attributes;
  return emit(node.operator, [node.inputs[0], store(behind)], { keepdims });
};

const transpose: Rule = (writer) => {
  const { node, emit } = writer;
  const rank = rankOf(writer, node.inputs[0]);
  const reversed = Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  const perm = numbersAttribute(node, 'perm') ?? reversed;
  return emit('Transpose', node.inputs, { perm: [0, ...perm.map((axis) => axis + 1)] });
};

const matMul: Rule = (writer) => {
  const { node, carries, shape, emit } = writer;
  const [a, b] = node.inputs;
  const [left, right] = [shape(a), shape(b)];
  const rank = Math.max(left.length, right.length);
  // A vector from the left is a row, as it is with others in front of it.
  if (left.length === 1 && carries(a) && right.length === 2 && !carries(b)) {
    return emit('MatMul', [a, b]);
  }
  if ((carries(a) && left.length < 2) || (carries(b) && right.length < 2)) return null;
  return emit('MatMul', [lifted(writer, a, rank), lifted(writer, b, rank)]);
};

const swapped = { perm: [0, 2, 1] };

const gemm: Rule = (writer) => {
  const { node, carries, shape, emit } = writer;
  const [a, b, c = ''] = node.inputs;
  const [transA, transB] = ['transA', 'transB'].map((name) => numberAttribute(node, name, 0));
  const alpha = numberAttribute(node, 'alpha', 1);
  if (c !== '') return null;
  const to = shape(node.outputs[0]);
  // Axes in front of those of a matrix are no different from its rows.
  if (!carries(b) && transA === 0 && transB === 0 && alpha === 1) return emit('MatMul', [a, b]);
  if (!carries(b)) {
    const rows = transA === 0 ? a : emit('Transpose', [a], swapped)[0];
    const width = shape(a)[transA === 0 ? 1 : 0];
    const [product] = emit('Gemm', [reshaped(writer, rows, [width]), b], { transB, alpha });
    return [reshaped(writer, product, to)];
  }
  if (alpha !== 1) return null;
  const turned = (name: string, isTurned: boolean): string => {
    if (!isTurned) return name;
    return emit('Transpose', [name], carries(name) ? swapped : { perm: [1, 0] })[0];
  };
  return emit('MatMul', [turned(a, transA !== 0), turned(b, transB !== 0)]);
};

/** What treats the examples on axis 0 one by one takes those of all vectors together. */
const byExample: Rule = (writer) => {
  const { node, shape, emit } = writer;
  if (!isFirst(writer) || node.inputs.length > 2) return null;
  const [x, ...rest] = node.inputs;
  const all = reshaped(writer, x, shape(x).slice(1));
  const [y] = emit(node.operator, [all, ...rest], node.attributes);
  return [reshaped(writer, y, shape(node.outputs[0]))];
};

/** Along an axis that an attribute gives. */
const alongAxis: Rule = (writer) => {
  const { node, emit } = writer;
  if (!isFirst(writer)) return null;
  const axis = fromStart(numberAttribute(node, 'axis', 0), rankOf(writer, node.inputs[0]));
  const attributes = { ...node.attributes, axis: axis + 1 };
  return emit(node.operator, node.inputs, attributes, node.outputs.length);
};

const concat: Rule = ({ node, carries, shape, repeated, emit }) => {
  const axis = fromStart(numberAttribute(node, 'axis', 0), shape(node.outputs[0]).length);
  const inputs = node.inputs.map((name) => (carries(name) ? name : repeated(name)));
  return emit('Concat', inputs, { axis: axis + 1 });
};

/** Places along an axis that stored indices give, for each vector the same. */
const elements: Rule = ({ node, carries, shape, repeated, emit }) => {
  if (carries(node.inputs[1])) return null;
  const axis = fromStart(numberAttribute(node, 'axis', 0), shape(node.inputs[0]).length);
  const inputs = node.inputs.map((name) => (carries(name) ? name : repeated(name)));
  return emit(node.operator, inputs, { ...node.attributes, axis: axis + 1 });
};

const gatherND: Rule = (writer) => {
  const { node, repeated, emit } = writer;
  if (!isFirst(writer)) return null;
  const batch = numberAttribute(node, 'batch_dims', 0) + 1;
  return emit('GatherND', [node.inputs[0], repeated(node.inputs[1])], { batch_dims: batch });
};

const slice: Rule = (writer) => {
  const { node, shape, integers, store, emit } = writer;
  const [x, starts, ends, axes = '', ...steps] = node.inputs;
  const rank = rankOf(writer, x);
  const given =
    axes === '' ? Array.from({ length: shape(starts)[0] }, (_, axis) => axis) : integers(axes);
  if (given === null || !isFirst(writer)) return null;
  const behind = store(given.map((axis) => fromStart(axis, rank) + 1));
  return emit('Slice', [x, starts, ends, behind, ...steps]);
};

const pad: Rule = (writer) => {
  const { node, integers, store, emit } = writer;
  const [x, pads, value = '', axes = ''] = node.inputs;
  const rank = rankOf(writer, x);
  const given = integers(pads);
  if (given === null || axes !== '' || !isFirst(writer)) return null;
  const all = store([0, ...given.slice(0, rank), 0, ...given.slice(rank)]);
  return emit('Pad', value === '' ? [x, all] : [x, all, value], node.attributes);
};

const tile: Rule = (writer) => {
  const { node, integers, store, emit } = writer;
  const repeats = integers(node.inputs[1]);
  if (repeats === null || !isFirst(writer)) return null;
  return emit('Tile', [node.inputs[0], store([1, ...repeats])]);
};

const einsum: Rule = ({ node, carries, emit }) => {
  const equation = textAttribute(node, 'equation', '').replaceAll(' ', '');
  const [left, right] = equation.split('->');
  const letter = Array.from('zyxwvutsrqponmlkjihgfedcba').find((one) => !equation.includes(one));
  if (right === undefined || equation.includes('.') || letter === undefined) return null;
  const terms = left
    .split(',')
    .map((term, at) => (carries(node.inputs[at]) ? letter + term : term));
  return emit('Einsum', node.inputs, { equation: `${terms.join(',')}->${letter}${right}` });
};

/** On the last axes, whatever stands in front. */
const trailing: Rule = (writer) =>
  isFirst(writer)
    ? writer.emit(writer.node.operator, writer.node.inputs, writer.node.attributes)
    : null;

/** How operators that are linear in what carries the vectors are written for many of them. */
export const manyVectorRules: Readonly<Record<string, Rule>> = {
  Add: elementwise,
  AveragePool: byExample,
  Cast: trailing,
  CastLike: castLike,
  Concat: concat,
  Conv: byExample,
  ConvTranspose: byExample,
  DepthToSpace: byExample,
  Div: elementwise,
  Einsum: einsum,
  Expand: expand,
  Flatten: reshape,
  Gather: alongAxis,
  GatherElements: elements,
  GatherND: gatherND,
  Gemm: gemm,
  GlobalAveragePool: byExample,
  Identity: trailing,
  MatMul: matMul,
  Mul: elementwise,
  Neg: trailing,
  Pad: pad,
  ReduceMean: reduce,
  ReduceSum: reduce,
  Reshape: reshape,
  ScatterElements: elements,
  Slice: slice,
  SpaceToDepth: byExample,
  Split: alongAxis,
  Squeeze: reshape,
  Sub: elementwise,
  Sum: elementwise,
  Tile: tile,
  Transpose: transpose,
  Trilu: trailing,
  Unsqueeze: reshape,
  Where: elementwise,
};
