import type { Graph, Node } from '../../graph/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { nodeText, quoted } from '../wording.ts';
import { numbersOf, type Numbers } from './array.ts';
import { control } from './control.ts';
import { elementwise } from './elementwise.ts';
import { indexing } from './indexing.ts';
import type { Kernel, RunBody } from './kernel.ts';
import { movement } from './movement.ts';
import { normalizations } from './normalizations.ts';
import { products } from './products.ts';
import { recurrent } from './recurrent.ts';
import { reductions } from './reductions.ts';
import { windows } from './windows.ts';

const kernels: ReadonlyMap<string, Kernel> = new Map(
  Object.entries({
    ...elementwise,
    ...movement,
    ...indexing,
    ...products,
    ...windows,
    ...reductions,
    ...normalizations,
    ...recurrent,
    ...control,
  }),
);

function kernelOf(node: Node): Kernel {
  const found = node.domain === '' ? kernels.get(node.operator) : undefined;
  if (found !== undefined) return found;
  throw new RangeError(`${nodeText(node)}: must have a reference in float64, got none`);
}

/** How often a value is read, so that it can be let go. */
function uses(graph: Graph): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { inputs } of graph.nodes) {
    for (const name of inputs) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

type Look = (name: string) => Numbers | undefined;

function run(graph: Graph, given: ReadonlyMap<string, Numbers>, around: Look): Numbers[] {
  const values = new Map(given);
  const counts = uses(graph);
  const kept = new Set(graph.outputs.map(({ name }) => name));
  const look: Look = (name) => {
    const own = values.get(name);
    if (own !== undefined) return own;
    const constant = graph.constants.get(name);
    return constant === undefined ? around(name) : numbersOf(constant.read());
  };
  const inside: RunBody = (body, inputs) =>
    run(body, new Map(body.inputs.map(({ name }, index) => [name, inputs[index]])), look);
  const hasBodies = graph.nodes.some(({ operator }) => /^(?:Scan|Loop|If)$/.test(operator));
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => {
      if (name === '') return undefined;
      const value = look(name);
      if (value !== undefined) return value;
      throw new RangeError(
        `evaluate: every value that is read must be given, got none for ${quoted(name)}`,
      );
    });
    const made = kernelOf(node)(node, inputs, inside);
    for (const [index, name] of node.outputs.entries()) {
      if (name !== '' && index < made.length) values.set(name, made[index]);
    }
    for (const name of node.inputs) {
      const left = (counts.get(name) ?? 0) - 1;
      counts.set(name, left);
      if (left === 0 && !kept.has(name) && !hasBodies) values.delete(name);
    }
  }
  return graph.outputs.map(({ name }) => {
    const value = look(name);
    if (value !== undefined) return value;
    throw new RangeError(`evaluate: an output must be computed, got none for ${quoted(name)}`);
  });
}

/**
 * The outputs of a graph by name, every operator computed plainly in float64: the reference that engines
 * are compared with, not fast. Operators are those of opset 13 and newer. `RangeError` for an operator
 * that has no reference and for an input that is missing.
 */
export function evaluate(
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>>,
): ReadonlyMap<string, Numbers> {
  const given = new Map(Object.entries(feeds).map(([name, tensor]) => [name, numbersOf(tensor)]));
  const outputs = run(graph, given, () => undefined);
  return new Map(graph.outputs.map(({ name }, index) => [name, outputs[index]]));
}
