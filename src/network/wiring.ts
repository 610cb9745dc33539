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
  /** Whether a value depends on the data that flows in, more than by its shape. */
  readonly isData: (value: string) => boolean;
}

/** Operators whose result depends on the shape of what they read and not on its values. */
export const READS_SHAPE: ReadonlySet<string> = new Set([
  'Shape',
  'Size',
  'ConstantOfShape',
  'RandomNormalLike',
  'EyeLike',
]);

/** Follows every edge of a graph once. */
export function wire(graph: Graph): Wiring {
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
      if (isLive) data.add(value);
    }
  }
  return { graph, producer, uses, order, isData: (value) => data.has(value) };
}

/** The uses of a value; none for an output that nobody reads. */
export function usesOf(wiring: Wiring, value: string): readonly Use[] {
  return wiring.uses.get(value) ?? [];
}

/** The stored integers behind a value, or `null` if it is computed. */
export function storedIntegers(wiring: Wiring, value: string | undefined): number[] | null {
  if (value === undefined || value === '') return null;
  const constant = wiring.graph.constants.get(value);
  if (constant !== undefined) {
    if (constant.dtype !== 'int64' && constant.dtype !== 'int32') return null;
    return Array.from(constant.read().data as ArrayLike<number | bigint>, Number);
  }
  const node = wiring.producer.get(value);
  if (node?.operator === 'Identity' || node?.operator === 'Cast') {
    return storedIntegers(wiring, node.inputs[0]);
  }
  return null;
}

function hasSubgraph(node: Node): boolean {
  return node.operator === 'If' || node.operator === 'Loop' || node.operator === 'Scan';
}
