import type { Graph, Values } from '../graph/index.ts';
import { shapeOutput } from '../runtime/index.ts';
import type { Shapes } from './examples.ts';
import type { Feeds } from './inputs.ts';
import { openProbe, type ProbeOptions } from './probe.ts';

/** Operators whose outputs are no tensors. */
const isSequence = /Sequence|Optional|StringSplit/;

/** Inputs of equal shapes give values of equal shapes. */
export function shapeKey(feeds: Feeds): string {
  return JSON.stringify(Object.entries(feeds).map(([name, { shape }]) => [name, shape]));
}

/** The shapes of the values that a graph computes and of its inputs, by `shapeKey` of the inputs that it is run on. */
export async function shapesOf(
  graph: Graph,
  weights: Values,
  batches: readonly Feeds[],
  options: ProbeOptions,
): Promise<ReadonlyMap<string, Shapes>> {
  const names = graph.nodes
    .filter(({ operator }) => !isSequence.test(operator))
    .flatMap(({ outputs }) => outputs.filter((name) => name !== ''));
  const found = new Map<string, Shapes>();
  const stored = [...graph.constants.values()].map(({ name, shape }) => [name, shape] as const);
  const given = (feeds: Feeds): Map<string, readonly number[]> =>
    new Map([
      ...stored,
      ...Object.entries(feeds).map(([name, { shape }]) => [name, shape] as const),
    ]);
  if (names.length === 0) {
    for (const feeds of batches) found.set(shapeKey(feeds), given(feeds));
    return found;
  }
  const probe = await openProbe({ ...graph, outputs: [] }, { ...options, shapes: names });
  try {
    for (const feeds of batches) {
      const key = shapeKey(feeds);
      if (found.has(key)) continue;
      const results = await probe.run(weights, feeds);
      const shapes = given(feeds);
      for (const name of names) {
        shapes.set(
          name,
          Array.from<number | bigint, number>(results[shapeOutput(name)].data, Number),
        );
      }
      found.set(key, shapes);
    }
  } finally {
    await probe.close();
  }
  return found;
}
