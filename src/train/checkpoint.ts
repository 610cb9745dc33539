import { numberAttribute, type Constant, type Graph, type Node } from '../graph/index.ts';
import { claimer } from './rolled-names.ts';
import { partOfConstant } from './rolled-stack.ts';
import type { Rolled } from './rolled.ts';

/** A loop over equal layers taken apart. */
interface Layers {
  readonly node: Node;
  readonly body: Graph;
  readonly states: readonly string[];
  readonly stacks: readonly Constant[];
}

/** The loop that a node is, if all that its steps have of their own is stored for it alone; `null` for other nodes. */
function layersOf(graph: Graph, node: Node, readers: ReadonlyMap<string, number>): Layers | null {
  const { body } = node.attributes;
  if (node.operator !== 'Scan' || typeof body !== 'object' || !('nodes' in body)) return null;
  if (node.attributes['scan_input_axes'] !== undefined) return null;
  const count = node.inputs.length - numberAttribute(node, 'num_scan_inputs', 0);
  const sequences = node.inputs.slice(count);
  const stacks = sequences.flatMap((name) => graph.constants.get(name) ?? []);
  const isAlone = sequences.every((name) => readers.get(name) === 1);
  const hasStates = node.outputs.length === count;
  if (stacks.length < sequences.length || !isAlone || !hasStates) return null;
  return { node, body, states: node.inputs.slice(0, count), stacks };
}

function readersOf({ nodes, outputs }: Graph): ReadonlyMap<string, number> {
  const readers = new Map<string, number>();
  const count = (name: string): void => {
    readers.set(name, (readers.get(name) ?? 0) + 1);
  };
  for (const { inputs } of nodes) inputs.forEach(count);
  for (const { name } of outputs) count(name);
  return readers;
}

/** What is written in the place of a loop. */
interface Written {
  readonly nodes: readonly Node[];
  readonly constants: readonly Constant[];
  /** The stacks that each stack has become. */
  readonly parts: ReadonlyMap<string, readonly Constant[]>;
}

type Claim = (name: string) => string;

/** A loop over blocks of layers, whose stacks are shown as [blocks, layers of a block, …]. */
function blocked(layers: Layers, every: number, outputs: readonly string[], claim: Claim): Written {
  const { node, body, states, stacks } = layers;
  const blocks = stacks[0].shape[0] / every;
  const constants: Constant[] = [];
  const nodes: Node[] = [];
  const views = stacks.map(({ name, shape }) => {
    const target = claim(`${name}:shape`);
    const extents = [blocks, every, ...shape.slice(1)];
    const data = BigInt64Array.from(extents, BigInt);
    const tensor = { dtype: 'int64', shape: [extents.length], data } as const;
    constants.push({ ...tensor, name: target, source: 'initializer', read: () => tensor });
    const view = claim(`${name}:blocks`);
    nodes.push({
      name: view,
      operator: 'Reshape',
      domain: '',
      inputs: [name, target],
      outputs: [view],
      attributes: {},
    });
    return view;
  });
  const inputs = body.inputs.map(({ name, dtype, shape }, index) => ({
    name: claim(`${name}:block`),
    dtype,
    shape: index < states.length ? shape : [every, ...(shape ?? [])],
  }));
  const results = body.outputs.map(({ name, dtype, shape }) => ({
    name: claim(`${name}:block`),
    dtype,
    shape,
  }));
  const inner: Node = {
    ...node,
    name: claim(`${node.name}:inner`),
    inputs: inputs.map(({ name }) => name),
    outputs: results.map(({ name }) => name),
  };
  const block: Graph = {
    ...body,
    name: `${body.name}s`,
    inputs,
    outputs: results,
    nodes: [inner],
  };
  const attributes = { ...node.attributes, body: block };
  nodes.push({ ...node, inputs: [...states, ...views], outputs, attributes });
  return { nodes, constants, parts: new Map() };
}

/** A loop as one over blocks, and one over the layers that remain. */
function split(layers: Layers, every: number, claim: Claim): Written | null {
  const { node, states, stacks } = layers;
  const [count] = stacks[0].shape;
  const inBlocks = count - (count % every);
  if (every >= count) return null;
  if (inBlocks === count) return blocked(layers, every, node.outputs, claim);
  const first = stacks.map((stack) => partOfConstant(stack, stack.name, 0, inBlocks));
  const rest = stacks.map((stack) => {
    return partOfConstant(stack, claim(`${stack.name}:rest`), inBlocks, count);
  });
  const between = node.outputs.map((output) => claim(`${output}:blocks`));
  const whole = blocked({ ...layers, stacks: first }, every, between, claim);
  const remainder: Node = {
    ...node,
    name: claim(`${node.name}:rest`),
    inputs: [...between.slice(0, states.length), ...rest.map(({ name }) => name)],
  };
  const parts = new Map(stacks.map(({ name }, index) => [name, [first[index], rest[index]]]));
  return { nodes: [...whole.nodes, remainder], constants: whole.constants, parts };
}

/**
 * Writes every loop over equal layers as a loop over blocks of `every` layers, so that its derivative keeps the state before each block,
 * and computes those inside of a block again, one block after the other: for about `√L` layers in a block, memory falls
 * from `L` states to about `2√L`, for one more forward pass. Layers that do not fill a block stand alone at the end, with
 * stacks of their own. The gradients are the same, and the values. `RangeError` unless `every` is a whole number from 1; with 1, or
 * as many as there are layers, nothing changes. Reference: Chen et al. 2016, section 4.2, arXiv:1604.06174.
 */
export function checkpointed(rolled: Rolled, every: number): Rolled {
  if (!Number.isInteger(every) || every < 1) {
    throw new RangeError(`checkpointed: every must be a whole number of at least 1, got ${every}`);
  }
  if (every === 1) return rolled;
  const { graph } = rolled;
  const claim = claimer(graph);
  const readers = readersOf(graph);
  const constants = new Map(graph.constants);
  const stacks = new Map(rolled.stacks);
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const layers = layersOf(graph, node, readers);
    const written = layers === null ? null : split(layers, every, claim);
    nodes.push(...(written?.nodes ?? [node]));
    for (const constant of written?.constants ?? []) constants.set(constant.name, constant);
    for (const [name, parts] of written?.parts ?? []) {
      const members = stacks.get(name);
      let from = 0;
      for (const part of parts) {
        constants.set(part.name, part);
        const to = from + part.shape[0];
        if (members !== undefined) stacks.set(part.name, members.slice(from, to));
        from = to;
      }
    }
  }
  return { ...rolled, graph: { ...graph, nodes, constants }, stacks };
}
