import { upgraded } from '../autodiff/index.ts';
import type { Graph, Values } from '../graph/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { tensorOfNumbers } from './convert.ts';
import { withOnly } from './example-gradients.ts';
import {
  batchShape,
  joinExamples,
  layoutOfBatch,
  layoutOfInput,
  splitExamples,
  type ExampleLayout,
} from './example-layout.ts';
import type { Feeds } from './inputs.ts';
import { numbersOf } from './numbers-of.ts';
import { openProbe } from './probe.ts';

/** Larger differences of an output in another batch, relative to the largest, are no rounding of float32. */
const ROUNDING = 1e-3;

/** The examples of given inputs. */
export interface ExampleBatch {
  readonly count: number;
  readonly all: Feeds;
  /** Whether the file leaves the number of examples open. */
  readonly isOpen: boolean;
  /** One example as a batch of its own. */
  readonly one: (index: number) => Feeds;
}

/** The examples in tensors for all inputs of a graph. */
export function exampleBatch(graph: Graph, feeds: Feeds): ExampleBatch {
  const layouts = new Map<string, ExampleLayout>();
  let count: number | null = null;
  for (const { name } of graph.inputs) {
    const growing = layoutOfInput(graph, name);
    if (growing === null) continue;
    const { shape } = feeds[name];
    count ??= shape[growing.axis];
    const ofFeeds = shape.map((extent, axis) => (axis === growing.axis ? 1 : extent));
    layouts.set(name, { axis: growing.axis, shape: ofFeeds });
  }
  if (count === null) {
    const [first] = Object.values(feeds);
    const isOneExample = first === undefined || first.shape.length < 2;
    return {
      count: isOneExample ? 1 : first.shape[0],
      all: feeds,
      isOpen: false,
      one: () => feeds,
    };
  }
  const examples = count;
  const one = (index: number): Feeds =>
    Object.fromEntries(
      Object.entries(feeds).map(([name, tensor]) => {
        const layout = layouts.get(name);
        return [name, layout === undefined ? tensor : exampleOf(tensor, layout, examples, index)];
      }),
    );
  return { count, all: feeds, isOpen: true, one };
}

function exampleOf(tensor: Tensor, layout: ExampleLayout, count: number, index: number): Tensor {
  const rows = splitExamples(layout, numbersOf(tensor), count);
  return tensorOfNumbers(tensor.dtype, batchShape(layout, 1), rows[index]);
}

/** How the examples lie in the output, and whether one can be run alone. */
export interface SeenOutput {
  readonly layout: ExampleLayout;
  readonly dtype: Tensor['dtype'];
  readonly isAlone: boolean;
}

/**
 * Runs the network forward on the batch and on its first example alone. `RangeError` for an output that does not hold
 * the examples along one axis.
 */
export async function seeOutput(
  where: string,
  graph: Graph,
  to: string,
  batch: ExampleBatch,
  weights: Values,
  options: { readonly name?: string; readonly threads?: number },
): Promise<SeenOutput> {
  const probe = await openProbe(upgraded(withOnly(graph, [to])), options);
  try {
    const whole = (await probe.run(weights, batch.all))[to];
    const layout = layoutOfBatch(whole.shape, batch.count);
    if (layout === null) {
      throw new RangeError(
        `${where}: ${to} must have values for every example along one axis, got the shape [${whole.shape.join(',')}] for ${batch.count} ${batch.count === 1 ? 'example' : 'examples'}`,
      );
    }
    const { dtype } = whole;
    if (!batch.isOpen) return { layout, dtype, isAlone: batch.count === 1 };
    const alone = (await probe.run(weights, batch.one(0)))[to];
    const axis = alone.shape.findIndex((extent, a) => extent !== whole.shape[a]);
    const grown = axis < 0 ? layout : { axis, shape: alone.shape };
    const [first] = splitExamples(grown, numbersOf(whole), batch.count);
    const again = numbersOf(alone);
    const largest = first.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const isAlone =
      first.length === again.length &&
      first.every((x, i) => Math.abs(x - again[i]) <= ROUNDING * largest);
    return { layout: grown, dtype, isAlone };
  } finally {
    await probe.close();
  }
}

/** A cotangent for the whole batch that is r for one example and 0 for the others. */
export function oneOf(
  { layout, dtype }: SeenOutput,
  count: number,
  index: number,
  r: Float64Array,
): Tensor {
  const zeros = new Float64Array(r.length);
  const rows = Array.from({ length: count }, (_, b) => (b === index ? r : zeros));
  return tensorOfNumbers(dtype, batchShape(layout, count), joinExamples(layout, rows));
}
