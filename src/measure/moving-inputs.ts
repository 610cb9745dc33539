import type { Graph, ValueInfo } from '../graph/index.ts';
import { isFloat, sizeOf, type Tensor } from '../tensor/index.ts';
import { tensorOfNumbers } from './convert.ts';
import {
  batchShape,
  joinExamples,
  layoutOfBatch,
  layoutOfGiven,
  splitExamples,
  type ExampleLayout,
} from './example-layout.ts';
import { makeInputs, type Feeds } from './inputs.ts';
import { numbersOf } from './numbers-of.ts';

/** Examples of a small batch. */
const SMALL = 4;

/** The input that examples differ in: that named, or the only float one; `RangeError` where there is no such input. */
export function movingInput(where: string, graph: Graph, from: string | undefined): ValueInfo {
  const floats = graph.inputs.filter(({ dtype }) => dtype !== null && isFloat(dtype));
  const named = floats.find(({ name }) => name === from);
  if (named !== undefined) return named;
  if (floats.length === 1) return floats[0];
  const all = graph.inputs.map(({ name, dtype }) => `${name} (${dtype ?? 'no tensor'})`).join(', ');
  throw new RangeError(
    floats.length === 0
      ? `${where}: the network must have a float input to have a gradient, got ${all === '' ? 'no input' : all}`
      : `${where}: from must name one of several float inputs, got ${from ?? 'none'} of ${floats.map(({ name }) => name).join(', ')}`,
  );
}

/** What goes into a network: one input that differs from example to example, and the others. */
export interface MovingInputs {
  readonly layout: ExampleLayout;
  readonly fixed: number | null;
  /** The examples of given data, in flat form. */
  readonly rows: readonly Float64Array[] | null;
  readonly feeds: (rows: readonly Float64Array[]) => Feeds;
}

/** The inputs of a network, of which one differs from example to example. */
export function openMovingInputs(
  where: string,
  graph: Graph,
  input: ValueInfo,
  { seed, feeds: data }: { readonly seed: number; readonly feeds?: Feeds },
): MovingInputs {
  const batch = data ?? makeInputs(graph, { batch: 2, seed })[0];
  const tensor = batch[input.name];
  const open = layoutOfGiven(graph, input.name, tensor);
  const fixed = open === null ? (tensor.shape[0] ?? 1) : null;
  const layout = open ?? layoutOfBatch(tensor.shape, fixed ?? 1);
  if (layout === null) {
    throw new RangeError(`${where}: ${input.name} must have an axis of examples, got a scalar`);
  }
  /** The other inputs of a batch, every example like the first. */
  const others = (examples: number): Feeds =>
    Object.fromEntries(
      Object.entries(batch)
        .filter(([name]) => name !== input.name)
        .map(([name, other]) => [
          name,
          firstRepeated(other, layoutOfGiven(graph, name, other), examples),
        ]),
    );
  const rows = splitExamples(layout, numbersOf(tensor), fixed ?? tensor.shape[layout.axis]);
  return {
    layout,
    fixed,
    rows: data === undefined ? null : rows,
    feeds: (examples) => ({
      ...others(examples.length),
      [input.name]: tensorOfNumbers(
        tensor.dtype,
        batchShape(layout, examples.length),
        joinExamples(layout, examples),
      ),
    }),
  };
}

/** A batch of copies of the first example; the tensor itself where it has no axis of examples. */
function firstRepeated(tensor: Tensor, layout: ExampleLayout | null, examples: number): Tensor {
  if (layout === null) return tensor;
  const [first] = splitExamples(layout, numbersOf(tensor), tensor.shape[layout.axis]);
  const rows = Array.from({ length: examples }, () => first);
  return tensorOfNumbers(tensor.dtype, batchShape(layout, examples), joinExamples(layout, rows));
}

/** An example for a test; examples differ by their index alone. */
export function testExample({ layout }: MovingInputs, index: number): Float64Array {
  return Float64Array.from({ length: sizeOf(layout.shape) }, (_, d) =>
    Math.sin(1 + 1.7 * index + (0.9 + 0.3 * index) * d),
  );
}

/** A few examples for a test, or as many as the file fixes. */
export function smallBatch(inputs: MovingInputs): readonly Float64Array[] {
  return Array.from({ length: inputs.fixed ?? SMALL }, (_, b) => testExample(inputs, b));
}
