import type { Graph } from '../graph/index.ts';

/**
 * The bytes of the values that a run of a graph holds at once at most, where each is let go after it was last
 * read; `bytes` gives those of a value that a node makes. Inputs and stored tensors are not counted.
 */
export function peakBytes(graph: Graph, bytes: (name: string) => number): number {
  const lastRead = new Map<string, number>();
  for (const [index, node] of graph.nodes.entries()) {
    for (const name of node.inputs) lastRead.set(name, index);
  }
  for (const { name } of graph.outputs) lastRead.set(name, graph.nodes.length);
  let held = 0;
  let peak = 0;
  const made = new Set<string>();
  for (const [index, node] of graph.nodes.entries()) {
    for (const name of node.outputs) {
      if (name === '') continue;
      made.add(name);
      held += bytes(name);
    }
    peak = Math.max(peak, held);
    for (const name of new Set([...node.inputs, ...node.outputs])) {
      if (made.has(name) && (lastRead.get(name) ?? index) <= index) {
        made.delete(name);
        held -= bytes(name);
      }
    }
  }
  return peak;
}
