import type { Node } from '../graph/index.ts';
import { isFloat } from '../tensor/index.ts';
import { emit } from './emit.ts';
import { readsOf } from './reads.ts';
import { isStop, ruleOf } from './rules/index.ts';
import { typeOf, type Scope } from './scope.ts';
import { merged } from './type.ts';

/** Whether a value can have a derivative: a float, or of a type that is not known. */
export function isSmooth(scope: Scope, name: string): boolean {
  const { dtype } = typeOf(scope, name);
  return dtype === null || isFloat(dtype);
}

/** What a node reads numbers from; of some inputs it only takes the type. */
function smoothReads(node: Node): readonly string[] {
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
