import type { Graph, Node } from '../../graph/index.ts';
import { nodeText } from '../wording.ts';

/** The subgraph in an attribute. `RangeError` where there is none. */
export function bodyOf(node: Node, name: string): Graph {
  const value = node.attributes[name];
  if (typeof value === 'object' && 'nodes' in value) return value;
  throw new RangeError(`${nodeText(node)}: must have a graph ${name}, got none`);
}
