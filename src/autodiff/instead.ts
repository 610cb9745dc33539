import type { Node } from '../graph/index.ts';
import type { Scope } from './scope.ts';

/**
 * Writes other nodes in the place of one that stands in `scope`, which may read what stands before it. `write` gives the values
 * that take the names of the outputs of that node, and what else is to come back.
 */
export function insteadOf<T>(
  scope: Scope,
  node: Node,
  write: (place: Scope) => readonly [outputs: readonly string[], more: T],
): T {
  const place: Scope = { ...scope, nodes: [], positions: new Map(), written: new Map() };
  const [values, more] = write(place);
  const names = new Map(
    node.outputs.flatMap((output, index) => (output === '' ? [] : [[values[index], output]])),
  );
  const named = (name: string): string => names.get(name) ?? name;
  const renamed = (one: Node): Node => {
    return { ...one, inputs: one.inputs.map(named), outputs: one.outputs.map(named) };
  };
  const nodes = place.nodes.map(renamed);
  for (const [value, output] of names) {
    const maker = scope.makers.get(value);
    if (maker !== undefined) scope.makers.set(output, maker);
  }
  const position = scope.positions.get(node.name) ?? scope.nodes.length;
  scope.positions.delete(node.name);
  scope.nodes.splice(position, 1, ...nodes);
  for (let at = position; at < scope.nodes.length; at++) {
    scope.positions.set(scope.nodes[at].name, at);
  }
  return more;
}
