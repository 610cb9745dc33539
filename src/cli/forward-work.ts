import { valueTypes } from '../autodiff/index.ts';
import type { Graph } from '../graph/index.ts';
import type { Feeds } from '../measure/index.ts';
import type { Network } from '../network/index.ts';
import { sizeOf } from '../tensor/index.ts';

/**
 * Multiplications by weights that a run on these inputs takes: fan-in times elements of the output of every
 * linear map. Where shapes are not known beforehand every weight counts once for each example.
 */
export function forwardWork(graph: Graph, network: Network, feeds: Feeds): number {
  const shapes = new Map(Object.entries(feeds).map(([name, { shape }]) => [name, shape]));
  const examples = Math.max(1, ...[...shapes.values()].map((shape) => shape[0] ?? 1));
  const known = typesOf(graph, shapes);
  const outputs = new Map(graph.nodes.map((node) => [node.name, node.outputs[0]]));
  return network.parameters.reduce((sum, { shape, fanIn, node }) => {
    if (fanIn === null) return sum;
    const output = known?.get(outputs.get(node ?? '') ?? '')?.shape ?? null;
    const extents = output?.flatMap((extent) => (typeof extent === 'number' ? [extent] : [])) ?? [];
    const isKnown = output !== null && extents.length === output.length;
    return sum + (isKnown ? sizeOf(extents) * fanIn : sizeOf(shape) * examples);
  }, 0);
}

/** What is known of the values of a graph; `null` where it has operators of forms that are no more. */
function typesOf(
  graph: Graph,
  shapes: ReadonlyMap<string, readonly number[]>,
): ReturnType<typeof valueTypes> | null {
  try {
    return valueTypes(graph, shapes);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return null;
    throw error;
  }
}
