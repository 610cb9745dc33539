import type { Graph, ValueInfo } from '../graph/index.ts';
import { sizeOf } from '../tensor/index.ts';
import { batchAxisOf } from './fit.ts';
import { shapeText } from './inputs.ts';
import { joined, type ExampleAxes } from './joined.ts';
import type { Feed } from './set-of.ts';

/** Numbers for an input, which `write` writes for an example from `at` on. */
export function numberFeed(
  input: ValueInfo,
  axes: ExampleAxes,
  write: (index: number, out: Float32Array, at: number) => void,
): Feed {
  const size = sizeOf(axes.shape);
  return {
    name: input.name,
    batch: (indices) => {
      const values = new Float32Array(indices.length * size);
      indices.forEach((index, b) => write(index, values, b * size));
      return joined(input, axes, values, indices.length);
    },
  };
}

/**
 * How examples of `size` numbers, or of as many as the input has where `size` is `null`, stand in it. `RangeError` where it has
 * another number or leaves it open.
 */
export function axesFor(input: ValueInfo, size: number | null, data: string): ExampleAxes {
  const { name, shape } = input;
  const wanted = size === null ? 'of which all but the batch are fixed' : `[batch,${size}]`;
  const refused = (): RangeError =>
    new RangeError(
      `${name}: the shape must be ${size === null ? 'one ' : ''}${wanted} for ${data}, got ${shapeText(shape)}`,
    );
  if (shape === null || shape.length === 0) throw refused();
  const batchAxis = batchAxisOf(shape);
  const batch = shape[batchAxis];
  const rest: (number | null)[] = [];
  shape.forEach((extent, axis) => {
    if (axis !== batchAxis) rest.push(typeof extent === 'number' ? extent : null);
  });
  const open = rest.filter((extent) => extent === null).length;
  const known = sizeOf(rest.filter((extent) => extent !== null));
  if (open > 1 || (open === 1 && (size === null || size % known !== 0))) throw refused();
  const example = rest.map((extent) => extent ?? (size ?? 0) / known);
  if (size !== null && sizeOf(example) !== size) throw refused();
  return { batchAxis, batch: typeof batch === 'number' ? batch : null, shape: example };
}

/** The shape of the first output for one example. `RangeError` where it is not known or its examples do not come first. */
export function outputShape(graph: Graph, data: string): readonly number[] {
  const output = graph.outputs.at(0);
  const shape = output?.shape ?? null;
  const rest = shape?.slice(1).filter((extent) => typeof extent === 'number') ?? [];
  if (
    output !== undefined &&
    shape !== null &&
    shape.length >= 1 &&
    rest.length === shape.length - 1
  ) {
    return rest;
  }
  throw new RangeError(
    `${output?.name ?? data}: the shape of the output must be known but for the batch, which comes first, to take values of ${data}, got ${shapeText(shape)}`,
  );
}
