import type { Graph, Node } from '../../graph/index.ts';
import type { Numbers } from './array.ts';

/** How an operator runs a subgraph: outputs from inputs, in order. */
export type RunBody = (body: Graph, inputs: readonly Numbers[]) => Numbers[];

/** The outputs of a node in float64; an omitted input is `undefined`. */
export type Kernel = (
  node: Node,
  inputs: readonly (Numbers | undefined)[],
  run: RunBody,
) => readonly Numbers[];

/** A kernel of a node whose inputs are all given. */
export function kernel(
  compute: (inputs: readonly Numbers[], node: Node) => Numbers | readonly Numbers[],
): Kernel {
  return (node, inputs) => {
    const given = inputs.filter((input) => input !== undefined);
    const made = compute(given, node);
    return 'data' in made ? [made] : made;
  };
}
