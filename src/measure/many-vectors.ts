import type { ValueType } from '../autodiff/index.ts';
import {
  numberAttribute,
  numbersAttribute,
  type Attribute,
  type Constant,
  type Graph,
  type Node,
} from '../graph/index.ts';
import { sizeOf, type Tensor } from '../tensor/index.ts';

/** A node that reads what depends on the vectors, with what is known about its values. */
interface Reader {
  readonly node: Node;
  /** Whether a value has one row for each vector, on axis 0. */
  readonly carries: (name: string) => boolean;
  /** The shape of a value for one vector. */
  readonly shape: (name: string) => readonly number[] | null;
  /** Known integers. */
  readonly integers: (name: string) => readonly number[] | null;
  /** Stores integers under a new name. */
  readonly store: (values: readonly number[], shape?: readonly number[]) => string;
}

/** The node for any number of vectors, `null` where it would mix or miss some. */
type Rule = (reader: Reader) => Node | null;

/** Whether all operands stand with axis 0 under axis 0 of a result of this rank, or before its end. */
function areAligned({ node, carries, shape }: Reader): boolean {
  const rank = shape(node.outputs[0])?.length ?? 0;
  return node.inputs.every((name) => {
    const own = shape(name);
    if (own === null) return false;
    if (carries(name)) return own.length === rank && own[0] === 1;
    return own.length < rank || (own.length === rank && own[0] === 1);
  });
}

const aligned: Rule = (reader) => (areAligned(reader) ? reader.node : null);

/** Only the first input carries. */
const first: Rule = ({ node, carries }) =>
  node.inputs.every((name, index) => carries(name) === (index === 0)) ? node : null;

/** A product of matrices: the vectors are rows of the first, or axis 0 is one of many matrices. */
const matMul: Rule = ({ node, carries, shape }) => {
  const [a, b] = node.inputs;
  const [left, right] = [shape(a), shape(b)];
  if (left === null || right === null) return null;
  if (left.length === 2 && right.length <= 2) return carries(a) && !carries(b) ? node : null;
  const rank = Math.max(left.length, right.length);
  const fits = (name: string, own: readonly number[]): boolean =>
    carries(name) ? own.length === rank && rank >= 3 : own.length < rank || own[0] === 1;
  return fits(a, left) && fits(b, right) ? node : null;
};

const gemm: Rule = (reader) =>
  numberAttribute(reader.node, 'transA', 0) === 0 && reader.node.inputs.length === 2
    ? first(reader)
    : null;

/** Weights are no vectors; a bias would be added to each. */
const conv: Rule = (reader) => (reader.node.inputs.length === 2 ? first(reader) : null);

const transpose: Rule = ({ node }) => (numbersAttribute(node, 'perm')?.[0] === 0 ? node : null);

const withInput = (node: Node, index: number, name: string): Node => ({
  ...node,
  inputs: node.inputs.map((own, at) => (at === index ? name : own)),
});

/** What is one row for one vector becomes as many rows as there are vectors. */
const reshape: Rule = ({ node, carries, shape, store }) => {
  const from = shape(node.inputs[0]);
  const to = shape(node.outputs[0]);
  if (from?.[0] !== 1 || to?.[0] !== 1 || !carries(node.inputs[0])) return null;
  if (sizeOf(from) === 0 || sizeOf(from) !== sizeOf(to)) return null;
  return { ...withInput(node, 1, store([-1, ...to.slice(1)])), attributes: {} };
};

const expand: Rule = ({ node, carries, shape, store }) => {
  const from = shape(node.inputs[0]);
  const to = shape(node.outputs[0]);
  if (from === null || to?.[0] !== 1 || !carries(node.inputs[0])) return null;
  return from.length === to.length ? withInput(node, 1, store(to)) : null;
};

const axesOf = ({ node, integers }: Reader, index: number): readonly number[] | null =>
  numbersAttribute(node, 'axes') ?? integers(node.inputs[index] ?? '');

/** Sums and means of the axes behind the first. */
const reduce: Rule = (reader) => {
  const { node, carries, shape, store } = reader;
  const rank = shape(node.inputs[0])?.length ?? 0;
  const axes = axesOf(reader, 1);
  if (axes === null || axes.length === 0 || !carries(node.inputs[0])) return null;
  if (axes.some((axis) => (axis < 0 ? axis + rank : axis) === 0)) return null;
  return node.inputs.length > 1 ? withInput(node, 1, store(axes)) : node;
};

/** Axes of extent 1 behind the first come or go. */
const otherAxes: Rule = (reader) => {
  const { node, shape, carries, store } = reader;
  const axes = axesOf(reader, 1);
  const longer = Math.max(shape(node.inputs[0])?.length ?? 0, shape(node.outputs[0])?.length ?? 0);
  if (axes === null || !carries(node.inputs[0])) return null;
  if (axes.some((axis) => (axis < 0 ? axis + longer : axis) === 0)) return null;
  return withInput(node, 1, store(axes));
};

const concat: Rule = (reader) => {
  const { node, carries, shape } = reader;
  const axis = numberAttribute(node, 'axis', 0);
  const rank = shape(node.outputs[0])?.length ?? 0;
  const isBehind = (axis < 0 ? axis + rank : axis) > 0;
  return isBehind && node.inputs.every(carries) ? node : null;
};

const slice: Rule = (reader) => {
  const { node, shape, integers } = reader;
  const rank = shape(node.inputs[0])?.length ?? 0;
  const axes = integers(node.inputs[3] ?? '');
  if (axes === null || axes.some((axis) => (axis < 0 ? axis + rank : axis) === 0)) return null;
  return first(reader);
};

const split: Rule = (reader) => {
  const { node, shape } = reader;
  const axis = numberAttribute(node, 'axis', 0);
  const rank = shape(node.inputs[0])?.length ?? 0;
  return (axis < 0 ? axis + rank : axis) > 0 ? first(reader) : null;
};

const pad: Rule = (reader) => {
  const { node, shape, integers } = reader;
  const rank = shape(node.inputs[0])?.length ?? 0;
  const pads = integers(node.inputs[1] ?? '');
  if (pads === null || (node.inputs[3] ?? '') !== '' || pads.length !== 2 * rank) return null;
  return pads[0] === 0 && pads[rank] === 0 ? first(reader) : null;
};

const gather: Rule = (reader) => {
  const { node, shape } = reader;
  const axis = numberAttribute(node, 'axis', 0);
  const rank = shape(node.inputs[0])?.length ?? 0;
  return (axis < 0 ? axis + rank : axis) > 0 ? first(reader) : null;
};

/** The shape of one row is known and asked for by those who treat single rows. */
const ownShape: Rule = ({ node, shape, store, integers }) => {
  const values = integers(node.outputs[0]);
  const own = shape(node.outputs[0]);
  if (values === null || own === null) return null;
  return { ...node, operator: 'Identity', inputs: [store(values, own)], attributes: {} };
};

/**
 * Operators for which an operand with one row for each vector on axis 0 gives a result with one row for each,
 * that of this vector alone.
 */
const rules: Readonly<Record<string, Rule>> = {
  Add: aligned,
  Cast: first,
  CastLike: aligned,
  Concat: concat,
  Conv: conv,
  ConvTranspose: conv,
  Div: aligned,
  Expand: expand,
  Gather: gather,
  Gemm: gemm,
  Identity: first,
  MatMul: matMul,
  Mul: aligned,
  Neg: first,
  Pad: pad,
  ReduceMean: reduce,
  ReduceSum: reduce,
  Reshape: reshape,
  Shape: ownShape,
  Size: ownShape,
  Slice: slice,
  Split: split,
  Squeeze: otherAxes,
  Sub: aligned,
  Sum: aligned,
  Transpose: transpose,
  Unsqueeze: otherAxes,
  Where: aligned,
};

/** Whether an attribute holds graphs. */
function holdsGraph(attribute: Attribute): boolean {
  if (typeof attribute !== 'object') return false;
  if ('nodes' in attribute) return true;
  return Array.isArray(attribute) && attribute.some((item) => typeof item === 'object');
}

/**
 * A derivative, linear in its input `seed`, for any number of vectors at once: what does not depend on the
 * vectors stays as it is, computed once for one example, and what does gets one row for each on axis 0. `types`
 * are those of all its values for one example and one vector, whose axis 0 has extent 1. `null` unless every
 * operator on the way is known to treat each row by itself.
 */
export function forManyVectors(
  graph: Graph,
  seed: string,
  types: ReadonlyMap<string, ValueType>,
): Graph | null {
  const shape = (name: string): readonly number[] | null => fixed(types.get(name)?.shape ?? null);
  const constants = new Map<string, Constant>(graph.constants);
  const store = (values: readonly number[], own: readonly number[] = [values.length]): string => {
    const name = `vectors/${own.join('x')}:${values.join(',')}`;
    const data = BigInt64Array.from(values, BigInt);
    const read = (): Tensor => ({ dtype: 'int64', shape: own, data });
    constants.set(name, { name, dtype: 'int64', shape: own, source: 'initializer', read });
    return name;
  };
  const carrying = new Set([seed]);
  const carries = (name: string): boolean => carrying.has(name);
  if (shape(seed)?.[0] !== 1) return null;
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    // What a subgraph reads from around it is not looked into.
    const isOpaque = Object.values(node.attributes).some(holdsGraph);
    if (
      !node.inputs.some(carries) &&
      !(isOpaque && nodes.some(({ outputs }) => outputs.some(carries)))
    ) {
      nodes.push(node);
      continue;
    }
    const rule = node.domain === '' && !isOpaque ? rules[node.operator] : undefined;
    const integers = (name: string): readonly number[] | null => types.get(name)?.value ?? null;
    const own = rule?.({ node, carries, shape, integers, store }) ?? null;
    if (own === null) return null;
    nodes.push(own);
    if (node.operator === 'Shape' || node.operator === 'Size') continue;
    for (const output of node.outputs) {
      if (output !== '' && shape(output)?.[0] !== 1) return null;
      carrying.add(output);
    }
  }
  const open = <
    Info extends { readonly name: string; readonly dtype: Graph['inputs'][number]['dtype'] },
  >(
    info: Info,
  ): Graph['inputs'][number] => ({
    name: info.name,
    dtype: info.dtype,
    shape: [null, ...(shape(info.name) ?? []).slice(1)],
  });
  if (!graph.outputs.every(({ name }) => carries(name))) return null;
  return {
    ...graph,
    inputs: graph.inputs.map((input) => (input.name === seed ? open(input) : input)),
    outputs: graph.outputs.map(open),
    nodes,
    constants,
  };
}

function fixed(shape: ValueType['shape']): readonly number[] | null {
  const numbers = (shape ?? [null]).filter((extent) => typeof extent === 'number');
  return shape !== null && numbers.length === shape.length ? numbers : null;
}
