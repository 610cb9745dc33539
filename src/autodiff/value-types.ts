import type { Dimension, Graph } from '../graph/index.ts';
import type { DType } from '../tensor/index.ts';
import { instantiate } from './instantiate.ts';
import { writtenOpset } from './modernise.ts';
import { addInput, rootScope, typeOf } from './scope.ts';
import { typed } from './type.ts';

/** What is known about a value before anything runs; `null` where nothing is. */
export interface ValueType {
  readonly dtype: DType | null;
  readonly shape: readonly Dimension[] | null;
  /** The numbers in a small integer tensor, such as the target of a `Reshape`. */
  readonly value: readonly number[] | null;
}

/**
 * What is known about every value of a graph, subgraphs apart, where some of its inputs have these shapes.
 * `RangeError` for operators of forms that are no more.
 */
export function valueTypes(
  graph: Graph,
  inputs: ReadonlyMap<string, readonly number[]> = new Map(),
): ReadonlyMap<string, ValueType> {
  const opset = graph.opsets[''] ?? writtenOpset;
  const opsets = { ...graph.opsets, '': Math.max(opset, writtenOpset) };
  const scope = rootScope(graph.name, opsets);
  const named = graph.inputs.map(
    ({ name, dtype, shape }) =>
      [name, addInput(scope, name, typed(dtype, inputs.get(name) ?? shape))] as const,
  );
  const names = instantiate(scope, graph, new Map(named), opset);
  return new Map([...names].map(([name, own]) => [name, typeOf(scope, own)]));
}
