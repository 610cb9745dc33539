import type { Node } from '../../graph/index.ts';
import { insteadOf } from '../instead.ts';
import { readsOf } from '../reads.ts';
import type { Scope } from '../scope.ts';

/** How a cotangent is written once it is needed; `null` where a value has no influence. */
export type Lazy = (() => string | null) | null;

/** Reverse accumulation through nodes of `scope`: cotangents of `wanted` from those of some values. */
export type Backward = (
  scope: Scope,
  nodes: readonly Node[],
  seeds: readonly (readonly [value: string, cotangent: string])[],
  wanted: readonly string[],
) => ReadonlyMap<string, string>;

/**
 * What a rule sees of a node of the graph `scope`: the cotangents of its outputs (`null` for those that
 * nothing depends on) and which values derivatives are asked for.
 */
export interface Call {
  readonly scope: Scope;
  readonly node: Node;
  readonly cotangents: readonly (string | null)[];
  readonly isActive: (value: string) => boolean;
  readonly backward: Backward;
}

/**
 * The vector-Jacobian product `x̄ = (∂y/∂x)ᵀ ȳ` of an operator: cotangents of its inputs, then of the
 * values that its subgraphs read, written in the same operators.
 */
export interface Rule {
  readonly vjp: (call: Call) => readonly Lazy[];
}

/** A rule for an operator with one output: `write(scope, node, ȳ)`. */
export function rule(write: (scope: Scope, node: Node, g: string) => readonly Lazy[]): Rule {
  return {
    vjp: ({ scope, node, cotangents: [g] }) => (g === null ? [] : write(scope, node, g)),
  };
}

/**
 * A rule for an operator that is a composition of others: `expand` writes it in those and gives its
 * outputs, and the derivative is theirs.
 */
export function byExpansion(expand: (scope: Scope, node: Node) => readonly string[]): Rule {
  return {
    vjp: (call) => {
      const { scope, node } = call;
      const trace = new Set<string>();
      scope.traces.push(trace);
      const outputs = expand(scope, node);
      scope.traces.pop();
      return throughNodes(call, [...trace], outputs);
    },
  };
}

/**
 * The same where the composition takes the place of the node, so that nothing of it is computed twice: for operators that take
 * as long as what they are composed of.
 */
export function inPlace(expand: (scope: Scope, node: Node) => readonly string[]): Rule {
  return {
    vjp: (call) => {
      const { scope, node } = call;
      const names = insteadOf(scope, node, (place) => {
        const outputs = expand(place, node);
        return [outputs, place.nodes.map(({ name }) => name)];
      });
      return throughNodes(call, names, node.outputs);
    },
  };
}

/** The cotangents of what a node reads, through nodes of the scope that make its outputs. */
function throughNodes(
  { scope, node, cotangents, isActive, backward }: Call,
  names: readonly string[],
  outputs: readonly string[],
): readonly Lazy[] {
  const nodes = names.map((name) => scope.nodes[scope.positions.get(name) ?? -1]);
  const seeds = cotangents.flatMap((g, index) =>
    g === null ? [] : [[outputs[index], g] as const],
  );
  const reads = readsOf(node);
  const wanted = [...new Set(reads)].filter((name) => name !== '' && isActive(name));
  const found = backward(scope, nodes, seeds, wanted);
  return reads.map((name, index) => {
    const g = found.get(name);
    const isFirst = reads.indexOf(name) === index;
    return g === undefined || !isFirst ? null : () => g;
  });
}
