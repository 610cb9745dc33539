import type { Graph, Node } from '../graph/index.ts';

/** Operators after which an integer is still the index that it was. */
const passes = new Set([
  'Cast',
  'Concat',
  'Expand',
  'Flatten',
  'Identity',
  'Reshape',
  'Slice',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
]);

/** Number of values that integers have which index nothing we know. */
const fallback = 2;

/** The stored tensor behind a value, through operators that keep its shape. */
function storedShape(graph: Graph, value: string): readonly number[] | undefined {
  const constant = graph.constants.get(value);
  if (constant !== undefined) return constant.shape;
  const node = graph.nodes.find(({ outputs }) => outputs.includes(value));
  return node?.operator === 'Cast' || node?.operator === 'Identity'
    ? storedShape(graph, node.inputs[0])
    : undefined;
}

/** Largest stored summand of an `Add`, 0 where none is stored. */
function largestOffset(graph: Graph, node: Node): number {
  let largest = 0;
  for (const value of node.inputs) {
    const constant = graph.constants.get(value);
    if (constant === undefined) continue;
    for (const element of constant.read().data) largest = Math.max(largest, Number(element));
  }
  return largest;
}

/**
 * How many values an integer input may take: `0 … count - 1` are rows of every stored table that it
 * indexes through `Gather` or `GatherElements`, directly or after being cast, reshaped or shifted by a
 * stored number; 2 where it indexes none.
 */
export function tokenCount(graph: Graph, input: string): number {
  let count = Infinity;
  const offsets = new Map<string, number>([[input, 0]]);
  for (const node of graph.nodes) {
    const { operator, inputs, outputs, attributes } = node;
    if (operator === 'Gather' || operator === 'GatherElements') {
      const offset = offsets.get(inputs[1]);
      const table = storedShape(graph, inputs[0]);
      const axis = Number(attributes['axis'] ?? 0);
      const rows = table?.at(axis);
      if (offset !== undefined && rows !== undefined) count = Math.min(count, rows - offset);
    }
    const from = inputs.find((value) => offsets.has(value));
    if (from === undefined) continue;
    const before = offsets.get(from) ?? 0;
    if (passes.has(operator) && from === inputs[0]) offsets.set(outputs[0], before);
    if (operator === 'Add') offsets.set(outputs[0], before + largestOffset(graph, node));
  }
  return count === Infinity ? fallback : Math.max(1, count);
}
