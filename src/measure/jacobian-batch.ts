import type { Graph, ValueInfo } from '../graph/index.ts';
import { sizeOf, type Tensor } from '../tensor/index.ts';
import type { Feeds } from './inputs.ts';

/** The examples in the tensors that a network is run on. */
export interface Batch {
  readonly count: number;
  /** Whether the file leaves the number of examples open. */
  readonly isOpen: boolean;
  /** Some of the examples, by their numbers, in this order, any of them more than once. */
  readonly take: (indices: readonly number[]) => Feeds;
}

/** The axis along which the file leaves the number of examples open, `null` where it fixes it. */
function openAxis({ shape }: ValueInfo): number | null {
  if (shape === null) return 0;
  const named = shape.findIndex(
    (extent) => typeof extent === 'string' && /batch|^(n|b)$/i.test(extent),
  );
  if (named >= 0) return named;
  const [first] = shape;
  if (shape.length === 0 || typeof first === 'number') return null;
  return first !== null && /seq|len|time|token|step/i.test(first) ? null : 0;
}

/** Elements of a tensor at some places of an axis, in this order. */
export function takeAlong(tensor: Tensor, axis: number, indices: readonly number[]): Tensor {
  const { dtype, shape, data } = tensor;
  const outer = sizeOf(shape.slice(0, axis));
  const inner = sizeOf(shape.slice(axis + 1));
  const extent = shape[axis];
  const taken = shape.map((own, at) => (at === axis ? indices.length : own));
  const made: Tensor['data'] = Reflect.construct(data.constructor, [sizeOf(taken)]);
  const width = data.BYTES_PER_ELEMENT;
  const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const target = new Uint8Array(made.buffer);
  const bytes = inner * width;
  for (let o = 0; o < outer; o++) {
    for (const [place, index] of indices.entries()) {
      const from = (o * extent + index) * bytes;
      target.set(source.subarray(from, from + bytes), (o * indices.length + place) * bytes);
    }
  }
  return { dtype, shape: taken, data: made };
}

/** The examples in the inputs of a graph: one after another along the axis that the file leaves open. */
export function batchOf(graph: Graph, feeds: Feeds): Batch {
  const axes = new Map<string, number>();
  let count: number | null = null;
  for (const input of graph.inputs) {
    const axis = openAxis(input);
    const extent = axis === null ? undefined : feeds[input.name]?.shape[axis];
    if (axis === null || extent === undefined) continue;
    count ??= extent;
    if (extent === count) axes.set(input.name, axis);
  }
  if (count !== null) {
    const take = (indices: readonly number[]): Feeds =>
      Object.fromEntries(
        Object.entries(feeds).map(([name, tensor]) => {
          const axis = axes.get(name);
          return [name, axis === undefined ? tensor : takeAlong(tensor, axis, indices)];
        }),
      );
    return { count, isOpen: true, take };
  }
  const shapes = Object.values(feeds).map(({ shape }) => shape);
  const [extent] = shapes[0] ?? [];
  const isBatch = shapes.every((shape) => shape.length >= 2 && shape[0] === extent);
  return {
    count: isBatch && extent !== undefined ? extent : 1,
    isOpen: false,
    take: (indices) =>
      isBatch && indices.length === extent
        ? Object.fromEntries(
            Object.entries(feeds).map(([name, tensor]) => [name, takeAlong(tensor, 0, indices)]),
          )
        : feeds,
  };
}
