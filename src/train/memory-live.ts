import { readsOf, valueTypes, type ValueType } from '../autodiff/index.ts';
import type { Constant, Graph, Node, ValueInfo } from '../graph/index.ts';
import { bytesPerElement, sizeOf } from '../tensor/index.ts';

type Types = ReadonlyMap<string, ValueType>;

/** Operators that show what they read in another shape. */
const views: ReadonlySet<string> = new Set([
  'Flatten',
  'Identity',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
]);

/** Operators that write over what they read if nothing reads it later. */
const inPlace: ReadonlySet<string> = new Set(
  'Abs Add Cast Clip Div Elu Erf Exp Gelu LeakyRelu Log Mul Neg Pow Reciprocal Relu Sigmoid Sign Softplus Sqrt Sub Tanh Where'.split(
    ' ',
  ),
);

/** Bytes of a value; 0 where its shape is not known. */
export function bytesOfType(type: ValueType | undefined): number {
  if (type === undefined || type.dtype === null || type.shape === null) return 0;
  const extents = type.shape.map((extent) => (typeof extent === 'number' ? extent : 1));
  return sizeOf(extents) * bytesPerElement(type.dtype);
}

function bodiesOf({ attributes }: Node): Graph[] {
  return Object.values(attributes).flatMap((value) =>
    typeof value === 'object' && 'nodes' in value ? [value] : [],
  );
}

/** What is known of the first extents of a body's inputs where its node reads values of these types. */
function typesInside(
  node: Node,
  body: Graph,
  types: Types,
  constants: ReadonlyMap<string, Constant>,
): Types {
  const isScan = node.operator === 'Scan';
  const isLoop = node.operator === 'Loop';
  const sequences = Number(node.attributes['num_scan_inputs'] ?? 0);
  const axes = node.attributes['scan_input_axes'];
  const own = body.inputs.map((info, index): ValueInfo => {
    const type = types.get(node.inputs[index] ?? '');
    if (isLoop && index < 2) return info;
    if (type === undefined || type.shape === null) return info;
    const dtype = type.dtype ?? info.dtype;
    const sequence = isScan ? index - (node.inputs.length - sequences) : -1;
    if (sequence < 0) return { name: info.name, dtype, shape: type.shape };
    const axis = Array.isArray(axes) ? Number(axes[sequence] ?? 0) : 0;
    return { name: info.name, dtype, shape: type.shape.filter((_, at) => at !== axis) };
  });
  const inner = new Set([...body.inputs.map(({ name }) => name), ...body.constants.keys()]);
  const around = [...new Set(body.nodes.flatMap(readsOf))].filter((name) => !inner.has(name));
  const captured = around.flatMap((name): ValueInfo[] => {
    const type = types.get(name);
    return type === undefined || constants.has(name) ? [] : [{ name, ...type }];
  });
  const stored = around.flatMap((name) => {
    const constant = constants.get(name);
    return constant === undefined ? [] : [[name, constant] as const];
  });
  return valueTypes({
    ...body,
    inputs: [...own, ...captured],
    constants: new Map([...body.constants, ...stored]),
  });
}

/** Most bytes that a body holds at a time, with its state before and after a step. */
function insideOf(
  node: Node,
  body: Graph,
  types: Types,
  constants: ReadonlyMap<string, Constant>,
): number {
  const inside = typesInside(node, body, types, constants);
  const all = new Map([...constants, ...body.constants]);
  const states = node.outputs.length > 0 && node.operator !== 'If' ? body.inputs : [];
  const read = states.reduce((sum, { name }) => sum + bytesOfType(inside.get(name)), 0);
  return read + mostLive(body, inside, all);
}

/**
 * Most bytes that the values of a graph take at a time when its nodes run one after the other, each value given back behind
 * its last use; what the graph is fed with and stores does not count. Some operators write over what they read, and
 * reshapes take nothing.
 */
export function mostLive(
  graph: Graph,
  types: Types,
  constants: ReadonlyMap<string, Constant> = graph.constants,
): number {
  const { nodes } = graph;
  const reads = nodes.map(readsOf);
  const roots = new Map<string, string>();
  const rootOf = (name: string): string => roots.get(name) ?? name;
  for (const [index, node] of nodes.entries()) {
    if (views.has(node.operator)) roots.set(node.outputs[0], rootOf(reads[index][0]));
  }
  const last = new Map<string, number>();
  for (const [index, names] of reads.entries()) {
    for (const name of names) last.set(rootOf(name), index);
  }
  for (const { name } of graph.outputs) last.set(rootOf(name), nodes.length);
  const held = new Map<string, number>();
  let now = 0;
  let most = 0;
  const release = (name: string): void => {
    now -= held.get(name) ?? 0;
    held.delete(name);
  };
  for (const [index, node] of nodes.entries()) {
    if (!views.has(node.operator)) {
      const size = bytesOfType(types.get(node.outputs[0]));
      const over = inPlace.has(node.operator)
        ? reads[index]
            .map(rootOf)
            .find((name) => last.get(name) === index && held.get(name) === size)
        : undefined;
      if (over !== undefined) release(over);
      for (const output of node.outputs) {
        if (output === '') continue;
        const bytes = bytesOfType(types.get(output));
        held.set(output, bytes);
        now += bytes;
      }
      const inside = bodiesOf(node).map((body) => insideOf(node, body, types, constants));
      most = Math.max(most, now + Math.max(0, ...inside));
    }
    for (const name of [...reads[index].map(rootOf), ...node.outputs.map(rootOf)]) {
      if ((last.get(name) ?? -1) <= index) release(name);
    }
  }
  return most;
}
