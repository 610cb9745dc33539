import { jvp, valueTypes, vjp, type ValueType } from '../autodiff/index.ts';
import type { Graph, Values } from '../graph/index.ts';
import { fillNormal, fold, key } from '../random/index.ts';
import { sizeOf, type DType, type Tensor } from '../tensor/index.ts';
import { tensorOfNumbers } from './convert.ts';
import { batchShape, joinExamples, splitExamples, type ExampleLayout } from './example-layout.ts';
import type { Feeds } from './inputs.ts';
import type { Site } from './jacobian-site.ts';
import { withShapesOf } from './jacobian-values.ts';
import { forManyVectors } from './many-vectors.ts';
import { numbersOf } from './numbers-of.ts';
import { openProbe, type ProbeOptions } from './probe.ts';
import { peakBytes } from './run-memory.ts';

/** Numbers of the precision of the network, or float64. */
export type Floats = Float32Array | Float64Array;

/** Products of a Jacobian, or of its transpose, with vectors. */
export interface Products {
  /** Elements of a vector, and of its product. */
  readonly inSize: number;
  readonly outSize: number;
  /** Vectors that a run takes at most. */
  readonly most: number;
  /** How several vectors go through one run, if they do. */
  readonly way: Way;
  /** The products, one after another, of `count` vectors, which are one after another in `block`. */
  readonly apply: (weights: Values, block: Floats, count: number) => Promise<Floats>;
  readonly close: () => Promise<void>;
}

/**
 * `broadcast`: the example is computed once for all vectors; `copies`: with a copy of the example for each; `single`:
 * one vector after another.
 */
export type Way = 'broadcast' | 'copies' | 'single';

/** A derivative with the names of its vectors and of their products. */
interface Derivative {
  readonly graph: Graph;
  readonly seed: string;
  readonly dtype: DType;
  readonly result: string;
}

/** Which product: `transposed` is `Jᵀ u` (reverse mode), otherwise `J v` (forward mode). */
export type Side = 'plain' | 'transposed';

function derivativeOf(graph: Graph, { from, to }: Site['ends'], side: Side): Derivative {
  const wanted = { of: [to], withRespectTo: [from] };
  const derived = side === 'transposed' ? vjp(graph, wanted) : jvp(graph, wanted);
  const { name: seed, dtype } = derived.inputs[derived.inputs.length - 1];
  return { graph: derived, seed, dtype: dtype ?? 'float32', result: derived.outputs[0].name };
}

/** More vectors in a run than this do not make it faster. */
const MOST_VECTORS = 1024;

/** Examples side by side in a run, the first `used` of which take a vector each. */
interface Places {
  readonly feeds: Feeds;
  readonly examples: number;
  readonly used: number;
  readonly into: ExampleLayout;
  readonly outOf: ExampleLayout;
}

/** Opens products for a network at an example; `memory` is what the values of a run may take. Close them. */
export async function openProducts(
  graph: Graph,
  site: Site,
  side: Side,
  memory: number,
  options: ProbeOptions,
): Promise<Products> {
  const { from, to } = site;
  const [into, outOf] = side === 'transposed' ? [to, from] : [from, to];
  const shapes = { inSize: sizeOf(into.shape), outSize: sizeOf(outOf.shape) };
  const bytesOfVectors = 8 * (shapes.inSize + shapes.outSize);
  const there = derivativeOf(withShapesOf(graph, site.feeds), site.ends, side);
  const many = forManyVectors(there.graph, there.seed, valueTypes(there.graph));
  if (many !== null) {
    const [shared, each] = bytesOf(many, there.seed);
    const room = Math.floor((memory - shared) / (each + bytesOfVectors));
    const most = Math.max(1, Math.min(MOST_VECTORS, room));
    return openRows(many, there, { site, into, outOf }, { ...shapes, most }, options);
  }
  const derivative = derivativeOf(graph, site.ends, side);
  const types = valueTypes(derivative.graph, shapesOfFeeds(site.feeds));
  const each = peakBytes(derivative.graph, (name) => bytesOfType(types.get(name)));
  const places = await placesOf(site, into, outOf, Math.floor(memory / (each + bytesOfVectors)));
  const probe = await openProbe(derivative.graph, options);
  return {
    ...shapes,
    most: places.used,
    way: places.used > 1 ? 'copies' : 'single',
    apply: async (weights, block, count) => {
      const seed = placed(block, count, places, derivative.dtype);
      const results = await probe.run(weights, { ...places.feeds, [derivative.seed]: seed });
      return taken(results[derivative.result], count, places);
    },
    close: probe.close,
  };
}

const shapesOfFeeds = (feeds: Feeds): ReadonlyMap<string, readonly number[]> =>
  new Map(Object.entries(feeds).map(([name, { shape }]) => [name, shape]));

async function placesOf(
  site: Site,
  into: ExampleLayout,
  outOf: ExampleLayout,
  room: number,
): Promise<Places> {
  const { feeds, examples } = site;
  const copies = await site.copies();
  if (copies === null) return { feeds, examples, used: 1, into, outOf };
  const { make, fixed } = copies;
  const count = fixed ?? Math.max(1, Math.min(MOST_VECTORS, room, sizeOf(into.shape)));
  return { feeds: make(count), examples: count, used: count, into, outOf };
}

/** The vectors side by side on an axis in front. */
async function openRows(
  graph: Graph,
  { seed, dtype }: Derivative,
  { site, into, outOf }: { site: Site; into: ExampleLayout; outOf: ExampleLayout },
  sizes: Pick<Products, 'inSize' | 'outSize' | 'most'>,
  options: ProbeOptions,
): Promise<Products> {
  const probe = await openProbe(graph, options);
  const { feeds, examples } = site;
  const shape = batchShape(into, examples);
  const result = graph.outputs[0].name;
  return {
    ...sizes,
    way: 'broadcast',
    apply: async (weights, block, count) => {
      const data = examples === 1 ? block : amongZeros(block, count, into, examples);
      const vectors = floatTensor(dtype, [count, ...shape], data);
      const results = await probe.run(weights, { ...feeds, [seed]: vectors });
      const found = floatsOf(results[result]);
      return examples === 1 ? found : firstExamples(found, count, outOf, examples);
    },
    close: probe.close,
  };
}

/** Calls `visit` for each piece that the first example of a batch has for each vector. */
function forPieces(
  count: number,
  layout: ExampleLayout,
  examples: number,
  visit: (ofExample: number, ofBatch: number, length: number) => void,
): void {
  const outer = outerOf(layout);
  const inner = sizeOf(layout.shape) / outer;
  for (let piece = 0; piece < count * outer; piece++) {
    visit(piece * inner, piece * inner * examples, inner);
  }
}

/** Vectors for one example as vectors for a batch, 0 for the others. */
function amongZeros(block: Floats, count: number, layout: ExampleLayout, examples: number): Floats {
  const length = count * examples * sizeOf(layout.shape);
  const data = block instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
  forPieces(count, layout, examples, (from, to, size) =>
    data.set(block.subarray(from, from + size), to),
  );
  return data;
}

function firstExamples(
  found: Floats,
  count: number,
  layout: ExampleLayout,
  examples: number,
): Floats {
  const length = count * sizeOf(layout.shape);
  const data = found instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
  forPieces(count, layout, examples, (to, from, size) =>
    data.set(found.subarray(from, from + size), to),
  );
  return data;
}

function floatTensor(dtype: DType, shape: readonly number[], data: Floats): Tensor {
  if (dtype === 'float32' && data instanceof Float32Array) return { dtype, shape, data };
  if (dtype === 'float64' && data instanceof Float64Array) return { dtype, shape, data };
  if (dtype === 'float32') return { dtype, shape, data: Float32Array.from(data) };
  return tensorOfNumbers(dtype, shape, Float64Array.from(data));
}

function floatsOf(tensor: Tensor): Floats {
  const { data } = tensor;
  return data instanceof Float32Array || data instanceof Float64Array ? data : numbersOf(tensor);
}

/** Numbers before the axis of the examples: 1 where they lie one after another. */
const outerOf = ({ axis, shape }: ExampleLayout): number => sizeOf(shape.slice(0, axis));

function placed(block: Floats, count: number, { into, examples }: Places, dtype: DType): Tensor {
  const size = sizeOf(into.shape);
  const shape = batchShape(into, examples);
  if (outerOf(into) === 1) {
    const length = examples * size;
    const data =
      block instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
    data.set(block.subarray(0, count * size));
    return floatTensor(dtype, shape, data);
  }
  const rows = Array.from({ length: examples }, (_, row) =>
    row < count
      ? Float64Array.from(block.subarray(row * size, (row + 1) * size))
      : new Float64Array(size),
  );
  return floatTensor(dtype, shape, joinExamples(into, rows));
}

function taken(tensor: Tensor, count: number, { outOf, examples }: Places): Floats {
  const size = sizeOf(outOf.shape);
  if (outerOf(outOf) === 1) return floatsOf(tensor).subarray(0, count * size);
  const rows = splitExamples(outOf, numbersOf(tensor), examples);
  const out = new Float64Array(count * size);
  for (let row = 0; row < count; row++) out.set(rows[row], row * size);
  return out;
}

const widths: Readonly<Partial<Record<DType, number>>> = {
  float64: 8,
  int64: 8,
  uint64: 8,
  bool: 1,
  uint8: 1,
  int8: 1,
  float16: 2,
};

function bytesOfType(type: ValueType | undefined): number {
  const shape = type?.shape ?? [];
  const elements = shape.reduce<number>(
    (size, extent) => size * (typeof extent === 'number' ? extent : 1),
    1,
  );
  return elements * (widths[type?.dtype ?? 'float32'] ?? 4);
}

/** Bytes of a run that are there once, and those for each vector. */
function bytesOf(graph: Graph, seed: string): readonly [shared: number, each: number] {
  const shape = (graph.inputs.find(({ name }) => name === seed)?.shape ?? []).slice(1).map(Number);
  const types = valueTypes(graph, new Map([[seed, [1, ...shape]]]));
  const carrying = new Set([seed]);
  for (const node of graph.nodes) {
    if (node.operator !== 'Shape' && node.inputs.some((name) => carrying.has(name))) {
      for (const output of node.outputs) carrying.add(output);
    }
  }
  const peak = (isShared: boolean): number =>
    peakBytes(graph, (name) =>
      carrying.has(name) === isShared ? 0 : bytesOfType(types.get(name)),
    );
  return [peak(true), peak(false)];
}

/** A vector of random direction. */
export function randomVector(seed: number, name: string, size: number): Float64Array {
  const data = new Float64Array(size);
  fillNormal(fold(key(seed), name), data, 0, 1);
  return data;
}

/** Whether examples influence each other: the gradient that one leaves in another is not exactly 0. */
export async function areCoupled(
  graph: Graph,
  ends: Site['ends'],
  batch: { readonly feeds: Feeds; readonly examples: number },
  layouts: { readonly from: ExampleLayout; readonly to: ExampleLayout },
  dtype: DType,
  weights: Values,
  options: ProbeOptions,
): Promise<boolean> {
  const derivative = derivativeOf(graph, ends, 'transposed');
  const probe = await openProbe(derivative.graph, options);
  try {
    const { feeds, examples } = batch;
    const places = { feeds, examples, used: 1, into: layouts.to, outOf: layouts.from };
    const vector = randomVector(0, 'coupling', sizeOf(layouts.to.shape));
    const seed = placed(vector, 1, places, dtype);
    const results = await probe.run(weights, { ...feeds, [derivative.seed]: seed });
    const all = taken(results[derivative.result], examples, places);
    return all.subarray(sizeOf(layouts.from.shape)).some((x) => x !== 0 && Number.isFinite(x));
  } finally {
    await probe.close();
  }
}
