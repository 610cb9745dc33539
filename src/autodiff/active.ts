import type { Node } from '../graph/index.ts';
import { isFloat } from '../tensor/index.ts';
import { isStop } from './flat.ts';
import { readsOf } from './reads.ts';
import { typeOf, type Scope } from './scope.ts';

/** Whether a value can have a derivative: a float, or of a type that is not known. */
export function isSmooth(scope: Scope, name: string): boolean {
  const { dtype } = typeOf(scope, name);
  return dtype === null || isFloat(dtype);
}

/** What a node reads numbers from; of some inputs it only takes the type. */
export function smoothReads(node: Node): readonly string[] {
  return node.operator === 'CastLike' ? node.inputs.slice(0, 1) : readsOf(node);
}

/** Those of the values that depend on `wanted` through operators with a derivative, and those themselves. */
export function activeValues(
  scope: Scope,
  nodes: readonly Node[],
  wanted: readonly string[],
): Set<string> {
  const active = new Set(wanted);
  for (const node of nodes) {
    if (isStop(node) || !smoothReads(node).some((name) => active.has(name))) continue;
    for (const output of node.outputs) {
      if (output !== '' && isSmooth(scope, output)) active.add(output);
    }
  }
  return active;
}
