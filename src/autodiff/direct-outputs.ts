import type { Graph, Node } from '../graph/index.ts';
import { capturedBy } from './reads.ts';

/**
 * The graph with values that are only copied to an output made under the name of that output: a copy costs time,
 * and thousands of them as much as all else while an engine loads the graph. Values that subgraphs read keep
 * their names.
 */
export function withDirectOutputs(graph: Graph): Graph {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const made = new Set(graph.nodes.flatMap((node) => node.outputs));
  const fixed = new Set([...outputs, ...graph.nodes.flatMap(capturedBy)]);
  const names = new Map<string, string>();
  const copies = new Set<Node>();
  for (const node of graph.nodes) {
    const [from] = node.inputs;
    const [to] = node.outputs;
    if (node.operator !== 'Identity' || !outputs.has(to)) continue;
    if (!made.has(from) || fixed.has(from) || names.has(from)) continue;
    names.set(from, to);
    copies.add(node);
  }
  if (copies.size === 0) return graph;
  const own = (name: string): string => names.get(name) ?? name;
  const renamed = (node: Node): Node => {
    return { ...node, inputs: node.inputs.map(own), outputs: node.outputs.map(own) };
  };
  const nodes = graph.nodes.filter((node) => !copies.has(node)).map(renamed);
  return { ...graph, nodes };
}
