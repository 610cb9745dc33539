import { readsOf } from '../autodiff/index.ts';
import type { Graph, Node } from '../graph/index.ts';
import { isShift } from './blocked-channels.ts';
import { DOMAIN } from './blocked-writing.ts';

/** Activations that a convolution in blocks applies to what it gives. */
const ACTIVATIONS: ReadonlySet<string> = new Set(['Relu']);

/** How often values are read, as outputs too. */
function readersOf({ nodes, outputs }: Graph): ReadonlyMap<string, number> {
  const readers = new Map<string, number>();
  for (const name of [...nodes.flatMap(readsOf), ...outputs.map((output) => output.name)]) {
    readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  return readers;
}

/** A convolution in blocks that can take over what is done to its output `x`, which nothing else reads. */
type Open = (x: string) => Node | null;

/** A convolution, and the one that does its work and that of a node behind it. */
interface Joined {
  readonly taken: Node;
  readonly whole: Node;
}

/** A shift by channel, a sum or an activation joined with a convolution in front of it. */
function joined(node: Node, open: Open, isBlocked: (name: string) => boolean): Joined | null {
  const { operator, domain, inputs, outputs } = node;
  if (isShift(node)) {
    const conv = open(inputs[0]);
    if (conv?.inputs.length !== 2) return null;
    return { taken: conv, whole: { ...conv, inputs: [...conv.inputs, inputs[2]], outputs } };
  }
  if (domain !== '') return null;
  if (ACTIVATIONS.has(operator)) {
    const conv = open(inputs[0]);
    if (conv === null) return null;
    const attributes = { ...conv.attributes, activation: operator };
    return { taken: conv, whole: { ...conv, outputs, attributes } };
  }
  if (operator !== 'Add' || inputs[0] === inputs[1] || !inputs.every(isBlocked)) return null;
  for (const [own, other] of [inputs, inputs.toReversed()]) {
    const conv = open(own);
    if (conv === null || conv.inputs.length > 3) continue;
    const [image, kernel, bias = ''] = conv.inputs;
    return { taken: conv, whole: { ...conv, inputs: [image, kernel, bias, other], outputs } };
  }
  return null;
}

/**
 * The graph with shifts, sums and activations of what convolutions in blocks give as part of these convolutions, which
 * saves a pass over the images each. `blocked` are the values in blocks.
 */
export function fused(graph: Graph, blocked: ReadonlySet<string>): Graph {
  const readers = readersOf(graph);
  const makers = new Map<string, Node>();
  const open: Open = (x) => {
    const node = makers.get(x);
    if (node?.domain !== DOMAIN || node.operator !== 'Conv' || readers.get(x) !== 1) return null;
    return 'activation' in node.attributes ? null : node;
  };
  const nodes = new Set<Node>();
  for (const node of graph.nodes) {
    const found = joined(node, open, (name) => blocked.has(name));
    const whole = found?.whole ?? node;
    if (found !== null) nodes.delete(found.taken);
    nodes.add(whole);
    for (const name of whole.outputs) makers.set(name, whole);
  }
  return { ...graph, nodes: [...nodes] };
}
