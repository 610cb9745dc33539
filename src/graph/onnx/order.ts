import type { GraphProto, NodeProto } from 'onnx-buf';
import { subgraphsOf } from './attribute.ts';
import { quoted } from './wording.ts';

/** Names that a subgraph reads from the graphs around it. */
function captured(graph: GraphProto): Set<string> {
  const names = new Set<string>();
  for (const node of graph.node) for (const name of readsOf(node)) names.add(name);
  for (const { name } of graph.output) names.add(name);
  for (const { output } of graph.node) for (const name of output) names.delete(name);
  for (const { name } of [...graph.input, ...graph.initializer]) names.delete(name);
  for (const { values } of graph.sparseInitializer) names.delete(values?.name ?? '');
  return names;
}

/** Names of the values that a node needs: its inputs, and what its subgraphs read from around it. */
export function readsOf(node: NodeProto): Set<string> {
  const names = new Set(node.input);
  for (const graph of subgraphsOf(node.attribute)) {
    for (const name of captured(graph)) names.add(name);
  }
  names.delete('');
  return names;
}

/** A node with its position in the file. */
export type Placed = readonly [node: NodeProto, index: number];

const label = (node: NodeProto): string => quoted(node.name === '' ? node.opType : node.name);

function producersOf(nodes: readonly NodeProto[], where: string): ReadonlyMap<string, number> {
  const producers = new Map<string, number>();
  for (const [index, { output }] of nodes.entries()) {
    for (const name of output) {
      if (name === '') continue;
      if (producers.has(name)) {
        throw new RangeError(`${where}: a value must be produced once, got ${quoted(name)} twice`);
      }
      producers.set(name, index);
    }
  }
  return producers;
}

/** The nodes that each node waits for. */
function needsOf(
  nodes: readonly NodeProto[],
  isKnown: (name: string) => boolean,
  where: string,
): readonly (readonly number[])[] {
  const producers = producersOf(nodes, where);
  return nodes.map((node) => {
    const needs: number[] = [];
    for (const name of readsOf(node)) {
      const producer = producers.get(name);
      if (producer !== undefined) needs.push(producer);
      else if (!isKnown(name)) {
        throw new RangeError(
          `${where}: a value that a node reads must be an input, stored or produced, got ${quoted(name)} in ${label(node)}`,
        );
      }
    }
    return needs;
  });
}

/**
 * The nodes in topological order: the file's own order where that is one, each node after what it needs
 * where it is not. `RangeError` if a value has two producers or none, or if nodes form a cycle.
 */
export function inTopologicalOrder(
  nodes: readonly NodeProto[],
  isKnown: (name: string) => boolean,
  where: string,
): readonly Placed[] {
  const needs = needsOf(nodes, isKnown, where);
  const order: Placed[] = [];
  /** How many needs of a node have been followed; one more once it is placed. */
  const followed = new Int32Array(nodes.length);
  for (let root = 0; root < nodes.length; root++) {
    if (followed[root] > 0) continue;
    const path = [root];
    const isOnPath = new Set(path);
    while (path.length > 0) {
      const index = path[path.length - 1];
      const next = needs[index][followed[index]++];
      if (next === undefined) {
        order.push([nodes[index], index]);
        isOnPath.delete(index);
        path.pop();
      } else if (isOnPath.has(next)) {
        throw new RangeError(
          `${where}: the nodes must not form a cycle, got one through ${label(nodes[next])}`,
        );
      } else if (followed[next] === 0) {
        path.push(next);
        isOnPath.add(next);
      }
    }
  }
  return order;
}
