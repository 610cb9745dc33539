import { readsOf } from '../autodiff/index.ts';
import type { Graph, Node } from '../graph/index.ts';

/** The nodes of a graph in an order in which equal layers stand one after the other, and who reads what. */
export interface Wiring {
  readonly graph: Graph;
  readonly nodes: readonly Node[];
  /** What a node reads; for nodes without subgraphs its inputs, slot by slot. */
  readonly reads: readonly (readonly string[])[];
  /** The position of the node that makes a value. */
  readonly makers: ReadonlyMap<string, number>;
  /** The first and the last position where a value is read; an output of the graph is read at the end. */
  readonly first: ReadonlyMap<string, number>;
  readonly last: ReadonlyMap<string, number>;
}

/**
 * The nodes that the outputs need, each right behind what it reads: from an output back to the start of the network,
 * inputs of a node in their order. So a layer is one stretch, however the file mixes it with others.
 */
function behindInputs(graph: Graph): Node[] {
  const makers = new Map<string, Node>();
  for (const node of graph.nodes) for (const output of node.outputs) makers.set(output, node);
  const order: Node[] = [];
  const seen = new Set<Node>();
  const stack: { readonly node: Node; readonly reads: readonly string[]; at: number }[] = [];
  const visit = (value: string): void => {
    const node = value === '' ? undefined : makers.get(value);
    if (node === undefined || seen.has(node)) return;
    seen.add(node);
    stack.push({ node, reads: readsOf(node), at: 0 });
  };
  for (const { name } of graph.outputs) {
    visit(name);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      if (top.at < top.reads.length) {
        visit(top.reads[top.at++]);
      } else {
        order.push(top.node);
        stack.pop();
      }
    }
  }
  return order;
}

/** Reads the wiring of a graph. */
export function wiringOf(graph: Graph): Wiring {
  const nodes = behindInputs(graph);
  const reads = nodes.map(readsOf);
  const makers = new Map<string, number>();
  const first = new Map<string, number>();
  const last = new Map<string, number>();
  for (const [position, node] of nodes.entries()) {
    for (const output of node.outputs) if (output !== '') makers.set(output, position);
    for (const name of reads[position]) {
      if (!first.has(name)) first.set(name, position);
      last.set(name, position);
    }
  }
  for (const { name } of graph.outputs) {
    if (!first.has(name)) first.set(name, nodes.length);
    last.set(name, nodes.length);
  }
  return { graph, nodes, reads, makers, first, last };
}
