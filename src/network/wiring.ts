import type { Graph, Node } from '../graph/index.ts';

/** The input slot of a node that reads a value. */
export interface Use {
  readonly node: Node;
  readonly slot: number;
}

/** A graph with its edges in both directions. */
export interface Wiring {
  readonly graph: Graph;
  /** The node that makes a value; graph inputs and constants have none. */
  readonly producer: ReadonlyMap<string, Node>;
  /** The uses of a value, in the order of the nodes. */
  readonly uses: ReadonlyMap<string, readonly Use[]>;
  /** Position of each node in topological order. */
  readonly order: ReadonlyMap<Node, number>;
  /**
   * Whether a value belongs to the signal: it depends on what flows in, more than by its shape, or
   * on a stored table that the network treats as a signal (`latents.ts`).
   */
  readonly isData: (value: string) => boolean;
}

/** Operators whose result depends on the shape of what they read and not on its values. */
export const READS_SHAPE: ReadonlySet<string> = new Set([
  'Shape',
  'Size',
  'ConstantOfShape',
  'RandomNormalLike',
  'RandomUniformLike',
  'EyeLike',
]);

/** Follows every edge of a graph once. `sources` are values that count as data besides the inputs. */
export function wire(graph: Graph, sources: ReadonlySet<string> = new Set()): Wiring {
  const producer = new Map<string, Node>();
  const uses = new Map<string, Use[]>();
  const order = new Map<Node, number>();
  const data = new Set<string>(graph.inputs.map((input) => input.name));
  const isOuter = (value: string): boolean =>
    value !== '' && !producer.has(value) && !graph.constants.has(value);

  for (const [position, node] of graph.nodes.entries()) {
    order.set(node, position);
    let fed = false;
    for (const [slot, value] of node.inputs.entries()) {
      if (value === '') continue;
      fed ||= data.has(value) || isOuter(value);
      const list = uses.get(value);
      if (list === undefined) uses.set(value, [{ node, slot }]);
      else list.push({ node, slot });
    }
    const isLive = (fed && !READS_SHAPE.has(node.operator)) || hasSubgraph(node);
    for (const value of node.outputs) {
      if (value === '') continue;
      producer.set(value, node);
      if (isLive || sources.has(value)) data.add(value);
    }
  }
  return { graph, producer, uses, order, isData: (value) => data.has(value) };
}

/** The uses of a value; none for an output that nobody reads. */
export function usesOf(wiring: Wiring, value: string): readonly Use[] {
  return wiring.uses.get(value) ?? [];
}

/** The inputs of a node that belong to the signal. */
export function dataInputs(wiring: Wiring, node: Node): string[] {
  return node.inputs.filter((input) => wiring.isData(input));
}

function hasSubgraph(node: Node): boolean {
  return node.operator === 'If' || node.operator === 'Loop' || node.operator === 'Scan';
}
