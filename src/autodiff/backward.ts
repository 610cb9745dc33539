import type { Node } from '../graph/index.ts';
import { activeValues, smoothReads } from './active.ts';
import { emit } from './emit.ts';
import { readsOf } from './reads.ts';
import { isStop } from './flat.ts';
import { ruleOf } from './rules/index.ts';
import { typeOf, type Scope } from './scope.ts';
import { merged } from './type.ts';

function addUp(scope: Scope, terms: readonly string[]): string {
  return terms.reduce((sum, term) => emit(scope, 'Add', [sum, term]));
}

/**
 * Reverse accumulation: the cotangents of `wanted` from those of some values (`seeds`), through `nodes` of
 * the graph `scope`. Values without influence are missing. `RangeError` for an operator without a rule.
 */
export function backward(
  scope: Scope,
  nodes: readonly Node[],
  seeds: readonly (readonly [value: string, cotangent: string])[],
  wanted: readonly string[],
): ReadonlyMap<string, string> {
  const active = activeValues(scope, nodes, wanted);
  const terms = new Map<string, string[]>();
  const put = (value: string, cotangent: string): void => {
    const list = terms.get(value);
    if (list === undefined) terms.set(value, [cotangent]);
    else list.push(cotangent);
  };
  const total = (value: string): string | null => {
    const list = terms.get(value);
    if (list === undefined) return null;
    const sum = addUp(scope, list);
    terms.set(value, [sum]);
    const { dtype, shape } = typeOf(scope, value);
    scope.types.set(sum, merged(typeOf(scope, sum), { dtype, shape, value: null }));
    return sum;
  };
  for (const [value, cotangent] of seeds) if (active.has(value)) put(value, cotangent);
  const isActive = (value: string): boolean => active.has(value);
  for (const node of nodes.toReversed()) {
    if (isStop(node)) continue;
    if (!smoothReads(node).some(isActive)) continue;
    const reads = readsOf(node);
    const cotangents = node.outputs.map((output) => (output === '' ? null : total(output)));
    if (cotangents.every((cotangent) => cotangent === null)) continue;
    const lazies = ruleOf(node).vjp({ scope, node, cotangents, isActive, backward });
    for (const [index, lazy] of lazies.entries()) {
      const value = reads[index];
      if (lazy === null || value === '' || !isActive(value)) continue;
      const cotangent = lazy();
      if (cotangent !== null) put(value, cotangent);
    }
  }
  return new Map(
    wanted.flatMap((value) => {
      const sum = total(value);
      return sum === null ? [] : [[value, sum] as const];
    }),
  );
}
