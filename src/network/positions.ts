import type { Node } from '../graph/index.ts';
import type { Layer } from './layer.ts';
import type { ParameterInfo } from './parameter.ts';
import type { Wiring } from './wiring.ts';

type Position = NonNullable<ParameterInfo['position']>;

/** Where the layers of a graph stand. */
export interface Positions {
  readonly of: (layer: Layer) => Position;
  /** The same for layers inside the body of a node, from where they stand in that body. */
  readonly inside: (node: Node, position: Position | null) => Position | null;
  /** Layers on the longest chain. */
  readonly depth: number;
}

/**
 * Where layers stand: whether layers come before and after, and the longest chain of them. `depthOf` is
 * the number of layers in a row that a node stands for: 1 for a layer, more for a body with layers.
 */
export function layerPositions(wiring: Wiring, depthOf: (node: Node) => number): Positions {
  const before = new Map<string, number>();
  const after = new Set<string>();
  let depth = 0;
  const deepest = (node: Node): number =>
    node.inputs.reduce((most, input) => Math.max(most, before.get(input) ?? 0), 0);
  for (const node of wiring.graph.nodes) {
    const count = deepest(node) + depthOf(node);
    depth = Math.max(depth, count);
    for (const output of node.outputs) if (output !== '') before.set(output, count);
  }
  const isFollowed = (node: Node): boolean => node.outputs.some((output) => after.has(output));
  for (const node of [...wiring.graph.nodes].reverse()) {
    if (depthOf(node) === 0 && !isFollowed(node)) continue;
    for (const input of node.inputs) if (input !== '') after.add(input);
  }
  return {
    of: (layer) => {
      if (!isFollowed(layer.node)) return 'head';
      return (before.get(layer.input) ?? 0) === 0 ? 'first' : 'hidden';
    },
    inside: (node, position) => {
      if (position === 'head' && isFollowed(node)) return deepest(node) === 0 ? 'first' : 'hidden';
      return position === 'first' && deepest(node) > 0 ? 'hidden' : position;
    },
    depth,
  };
}
