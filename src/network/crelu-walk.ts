import type { Constant, Graph, Node } from '../graph/index.ts';
import type { Channels } from './channels.ts';
import type { Layer } from './layer.ts';
import type { Order } from './widening.ts';
import type { Wiring } from './wiring.ts';

/**
 * Where the channels of a value stand, as `Channels` has it for the graph as it was, and what they are
 * from now on: `order[p]` is the old channel at position p, or `-1 - channel` where it is the negative
 * half of it, which the function does not depend on yet.
 */
export interface State {
  readonly channels: Channels;
  readonly order: Order | null;
}

/** One use of a stored tensor in a new order. */
export interface Demand {
  readonly node: Node;
  readonly slot: number;
  readonly constant: Constant;
  readonly make: (name: string) => Constant;
  /** Equal for demands that make the same tensor. */
  readonly key: string;
}

/** What is known so far, and what is to change. */
export interface Walk {
  readonly wiring: Wiring;
  readonly layerOf: ReadonlyMap<Node, Layer>;
  readonly states: Map<string, State>;
  /** The concatenation of a rectifier's halves, by the rectifier's output. */
  readonly both: Map<string, string>;
  readonly added: Map<string, Node[]>;
  readonly inputs: Map<string, string[]>;
  readonly demands: Demand[];
  /** The extent along one axis of what a stored tensor becomes on its way to a layer. */
  readonly extents: Map<string, readonly [axis: number, extent: number]>;
  readonly taken: Set<string>;
}

/** Throws the sentence that says what a node must be. */
export function refuse(node: Node, sentence: string): never {
  throw new RangeError(`crelu: ${node.name} (${node.operator}) ${sentence}`);
}

/** A name that nothing has yet. */
export function fresh({ taken }: Walk, wanted: string): string {
  let name = wanted;
  for (let i = 2; taken.has(name); i++) name = `${wanted}_${i}`;
  taken.add(name);
  return name;
}

/** What is asked of a node behind a concatenated rectifier. */
export const NOT_KEPT: string =
  'must leave channels apart, to stand behind a concatenated ReLU, got an operator or a shape that does not';

/** Every name of a value in a graph and the bodies inside it. */
export function namesIn({ nodes, constants, inputs, outputs, values }: Graph): Set<string> {
  const names = new Set<string>([...constants.keys(), ...values.keys()]);
  for (const { name } of [...inputs, ...outputs]) names.add(name);
  for (const node of nodes) {
    for (const name of [...node.inputs, ...node.outputs, node.name]) names.add(name);
    for (const body of bodiesOf(node)) for (const name of namesIn(body)) names.add(name);
  }
  return names;
}

/** The graphs inside a node. */
export function bodiesOf(node: Node): Graph[] {
  return Object.values(node.attributes).flatMap((value) =>
    typeof value === 'object' && 'nodes' in value ? [value] : [],
  );
}
