import type { Attribute, Graph, Node } from '../graph/index.ts';

/** The subgraphs in an attribute. */
export function graphsIn(attribute: Attribute): readonly Graph[] {
  if (typeof attribute !== 'object') return [];
  if ('nodes' in attribute) return [attribute];
  if (!('length' in attribute)) return [];
  const graphs: Graph[] = [];
  for (const item of attribute) if (typeof item === 'object') graphs.push(item);
  return graphs;
}

/** The values of the graphs around it that a subgraph reads, each once. */
function freeOf(graph: Graph): string[] {
  const own = new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.constants.keys(),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
  const read = [...graph.nodes.flatMap(readsOf), ...graph.outputs.map(({ name }) => name)];
  return [...new Set(read)].filter((name) => name !== '' && !own.has(name));
}

/** The values that the subgraphs of a node read from the graph around it, each once. */
export function capturedBy(node: Node): string[] {
  const graphs = Object.values(node.attributes).flatMap(graphsIn);
  return graphs.length === 0 ? [] : [...new Set(graphs.flatMap(freeOf))];
}

/** What a node reads: its inputs, `''` for those omitted, then what its subgraphs read. */
export function readsOf(node: Node): string[] {
  return [...node.inputs, ...capturedBy(node)];
}
