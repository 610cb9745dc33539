import { valueTypes, type ValueType } from '../autodiff/index.ts';
import type { Graph } from '../graph/index.ts';
import { fixedBatch } from './evaluate.ts';

/** Numbers of examples that a network which fixes another one is tried with: they divide nothing and nothing divides them. */
const TRIED = [1, 7, 11] as const;

/**
 * The network with its number of examples left open where the file fixes one and nothing inside depends on it, as
 * exporters write it for the example that they were given; else the network as it is. Examples lie along first axes.
 */
export function withOpenBatch(graph: Graph): Graph {
  const fixed = fixedBatch(graph);
  if (fixed === null || !graph.inputs.every(({ shape }) => shape?.[0] === fixed)) return graph;
  if (!TRIED.every((count) => takes(graph, count))) return graph;
  const opened = (infos: Graph['inputs']): Graph['inputs'] =>
    infos.map(({ name, dtype, shape }) => ({
      name,
      dtype,
      shape: shape?.[0] === fixed ? ['batch', ...shape.slice(1)] : shape,
    }));
  return {
    ...graph,
    inputs: opened(graph.inputs),
    outputs: opened(graph.outputs),
    values: new Map(),
  };
}

/** Whether every output has as many examples as go in, and the shape that it has otherwise. */
function takes(graph: Graph, count: number): boolean {
  const shapes = graph.inputs.map(({ name, shape }): readonly [string, readonly number[]] => [
    name,
    [count, ...(shape ?? []).slice(1).map(Number)],
  ]);
  const types = typesOf({ ...graph, values: new Map() }, new Map(shapes));
  if (types === null) return false;
  return graph.outputs.every(({ name, shape }) => {
    const found = types.get(name)?.shape ?? null;
    if (found === null || shape === null || found.length !== shape.length) return false;
    return found.every((extent, axis) => extent === (axis === 0 ? count : shape[axis]));
  });
}

/** What is known of the values for these inputs; `null` where they do not go together. */
function typesOf(
  graph: Graph,
  shapes: ReadonlyMap<string, readonly number[]>,
): ReadonlyMap<string, ValueType> | null {
  try {
    return valueTypes(graph, shapes);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return null;
    throw error;
  }
}
