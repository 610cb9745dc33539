import type { Dimension, Graph, ValueInfo } from '../graph/index.ts';
import { isFloat, type FloatDType } from '../tensor/index.ts';

/** An input that holds floats. */
export interface FloatInput extends ValueInfo {
  readonly dtype: FloatDType;
}

/** A shape as errors show it, `[batch,10]`. */
export function shapeText(shape: readonly Dimension[] | null): string {
  return shape === null ? 'no shape' : `[${shape.map((extent) => extent ?? '?').join(',')}]`;
}

/** The only float input of a network. `RangeError` that names the data where it has none or several. */
export function floatInput(graph: Graph, data: string): FloatInput {
  const floats = graph.inputs.filter(({ dtype }) => dtype === null || isFloat(dtype));
  const [input] = floats;
  if (floats.length === 1 && graph.inputs.length === 1) {
    const { dtype } = input;
    return { ...input, dtype: dtype !== null && isFloat(dtype) ? dtype : 'float32' };
  }
  throw new RangeError(
    `${data}: the network must have one input, of floats, got ${inputsText(graph)}`,
  );
}

/** The inputs of a network as errors name them. */
export function inputsText({ inputs }: Graph): string {
  return inputs.length === 0
    ? 'no input'
    : inputs
        .map(({ name, dtype, shape }) => `${name} (${dtype ?? 'no dtype'} ${shapeText(shape)})`)
        .join(', ');
}

/**
 * Checks that the first output has a score for each class, along its last axis, at each of the `places` of an example, none for a
 * single class. `RangeError` where it cannot.
 */
export function checkScores(
  graph: Graph,
  data: string,
  classes: number,
  places: readonly number[] = [],
): void {
  const output = graph.outputs.at(0);
  if (output === undefined) {
    throw new RangeError(`${data}: the network must have an output, got none`);
  }
  const { name, shape } = output;
  if (shape === null) return;
  const expected = ['batch', ...places, classes];
  const scores = shape.at(-1);
  const isPlaced = places.every((count, axis) => {
    const extent = shape[axis + 1];
    return typeof extent !== 'number' || extent === count;
  });
  const isEnough = typeof scores !== 'number' || scores >= classes;
  if (shape.length === expected.length && isPlaced && isEnough) return;
  throw new RangeError(
    `${name}: the shape must be [${expected.join(',')}], with a score for each class of ${data} or more, got ${shapeText(shape)}`,
  );
}

/** A network with that output as its first, which is the one that data are to fit; as it is where it has no such output. */
export function withFirstOutput(graph: Graph, output: string): Graph {
  const found = graph.outputs.find(({ name }) => name === output);
  if (found === undefined) return graph;
  return { ...graph, outputs: [found, ...graph.outputs.filter((other) => other !== found)] };
}
