import type { Graph } from '../graph/index.ts';
import { sizeOf, type Tensor } from '../tensor/index.ts';
import { makeInputs } from './inputs.ts';

/** How the examples of a batch lie in a tensor: one after the other along an axis. */
export interface ExampleLayout {
  readonly axis: number;
  /** Shape of one example; along `axis` its share of the extent, mostly 1. */
  readonly shape: readonly number[];
}

/** The shape of a value for a batch of some size. */
export type Sized = readonly [examples: number, shape: readonly number[]];

/**
 * The layout that the shapes of two batches of different size show; `null` where not exactly one axis grows with
 * the number of examples.
 */
export function layoutFrom([n, one]: Sized, [m, other]: Sized): ExampleLayout | null {
  if (one.length !== other.length) return null;
  const growing = one.flatMap((extent, axis) => (extent === other[axis] ? [] : [axis]));
  const [axis] = growing;
  if (growing.length !== 1 || one[axis] / n !== other[axis] / m) return null;
  return { axis, shape: one.map((extent, a) => (a === axis ? extent / n : extent)) };
}

/** The layout of an input as its declaration has it; `null` where that leaves no number of examples open. */
export function layoutOfInput(graph: Graph, name: string): ExampleLayout | null {
  const [two, three] = [2, 3].map((batch) => makeInputs(graph, { batch, seed: 0 })[0][name].shape);
  return layoutFrom([2, two], [3, three]);
}

/** The layout of a batch of a known number of examples: along its first axis that they divide. */
export function layoutOfBatch(shape: readonly number[], examples: number): ExampleLayout | null {
  const axis = shape[0] % examples === 0 ? 0 : shape.indexOf(examples);
  if (shape.length === 0 || axis < 0) return null;
  return { axis, shape: shape.map((extent, a) => (a === axis ? extent / examples : extent)) };
}

/** The layout of an input as a given batch has it; `null` where the declaration leaves no number of examples open. */
export function layoutOfGiven(graph: Graph, name: string, tensor: Tensor): ExampleLayout | null {
  const declared = layoutOfInput(graph, name);
  if (declared === null) return null;
  const { axis } = declared;
  return { axis, shape: tensor.shape.map((extent, a) => (a === axis ? 1 : extent)) };
}

/** The shape of a batch of so many examples. */
export function batchShape({ axis, shape }: ExampleLayout, examples: number): readonly number[] {
  return shape.map((extent, a) => (a === axis ? extent * examples : extent));
}

/** Numbers of one block before the axis and behind it. */
function blocks({ axis, shape }: ExampleLayout): readonly [outer: number, inner: number] {
  return [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))];
}

/** A batch from its examples. */
export function joinExamples(layout: ExampleLayout, rows: readonly Float64Array[]): Float64Array {
  const [outer, inner] = blocks(layout);
  const batch = new Float64Array(rows.length * outer * inner);
  rows.forEach((row, b) => {
    for (let o = 0; o < outer; o++) {
      batch.set(row.subarray(o * inner, (o + 1) * inner), (o * rows.length + b) * inner);
    }
  });
  return batch;
}

/** The examples of a batch; views of it where they lie in one piece. */
export function splitExamples(
  layout: ExampleLayout,
  batch: Float64Array,
  examples: number,
): readonly Float64Array[] {
  const [outer, inner] = blocks(layout);
  return Array.from({ length: examples }, (_, b) => {
    if (outer === 1) return batch.subarray(b * inner, (b + 1) * inner);
    const row = new Float64Array(outer * inner);
    for (let o = 0; o < outer; o++) {
      const from = (o * examples + b) * inner;
      row.set(batch.subarray(from, from + inner), o * inner);
    }
    return row;
  });
}
