import type { Graph } from '../graph/index.ts';
import type { Network } from '../network/index.ts';
import { bytesPerElement, isFloat, sizeOf, type FloatDType, type Tensor } from '../tensor/index.ts';
import type { Ensemble } from './ensemble.ts';
import { exampleCount, examplesOf, type Examples, type Shapes } from './examples.ts';
import { forwardOnly, withGradients, type Measurable } from './gradient-graph.ts';
import { shapeKey } from './graph-shapes.ts';
import { inGroups, usualMemory } from './groups.ts';
import type { Feeds } from './inputs.ts';
import type { LayerQuestions } from './layer-sums.ts';

/** How layers and parameters are measured. */
export interface LayersOptions {
  /** What errors call the network. */
  readonly name?: string;
  /** What its stored tensors are, if that is known already. */
  readonly network?: Network;
  /** Whether gradients are measured; `true` if not given. */
  readonly gradients?: boolean;
  /** The values that the cotangent is of; if not given the last linear layers, as a prediction has it. */
  readonly of?: readonly string[];
  /** Step η of the updates that are compared with the weights. */
  readonly learningRate?: number;
  /** Whether the effective rank of layers is measured, which takes much longer; `false` if not given. */
  readonly effectiveRank?: boolean;
  /** Of the cotangents; 0 if not given. */
  readonly seed?: number;
  readonly threads?: number;
  /** Bytes of values and gradients that may be in memory at once; 2³⁰ if not given. */
  readonly memory?: number;
  /** Called as the work goes on: `what` of the `total` steps is done next. */
  readonly progress?: (done: number, total: number, what: string) => void;
}

/** One batch with what is known of it. */
export interface Batch {
  readonly feeds: Feeds;
  readonly count: number;
  readonly shapes: Shapes;
  readonly examples: ReadonlyMap<string, Examples>;
}

/** All that is to be done, and on what. */
export interface Work {
  readonly graph: Graph;
  readonly ensemble: Ensemble;
  readonly batches: readonly Batch[];
  readonly questions: ReadonlyMap<string, LayerQuestions>;
  readonly parameters: readonly string[];
  readonly dtype: FloatDType;
  readonly options: LayersOptions;
  /** The values of all stored floats for a draw. */
  readonly weights: (seed: number) => ReadonlyMap<string, Tensor>;
}

/** What the engine is told. */
export function engineOptions({ name, threads }: LayersOptions): {
  readonly name?: string;
  readonly threads?: number;
} {
  return {
    ...(name === undefined ? {} : { name }),
    ...(threads === undefined ? {} : { threads }),
  };
}

/** The dtype that the network computes in. */
export function dtypeOf(graph: Graph): FloatDType {
  const all = [...graph.inputs, ...graph.constants.values()].map(({ dtype }) => dtype);
  return all.find((dtype) => dtype !== null && isFloat(dtype)) ?? 'float32';
}

/** The values of all stored floats for a seed: as drawn, or as stored and then read once. The last are kept. */
export function weightsOf(
  graph: Graph,
  ensemble: Ensemble,
): (seed: number) => ReadonlyMap<string, Tensor> {
  const stored = new Map<string, Tensor>();
  let last: { readonly seed: number; readonly weights: ReadonlyMap<string, Tensor> } | null = null;
  return (seed) => {
    if (last?.seed === seed) return last.weights;
    last = null;
    const drawn = ensemble.draw(seed);
    const weights = new Map<string, Tensor>();
    for (const [name, constant] of graph.constants) {
      if (!isFloat(constant.dtype)) continue;
      const value = drawn.get(name) ?? stored.get(name) ?? constant;
      const tensor = 'data' in value ? value : value.read();
      if (!drawn.has(name)) stored.set(name, tensor);
      weights.set(name, tensor);
    }
    last = { seed, weights };
    return weights;
  };
}

/** A batch with what is known of it, given the shapes of all values by `shapeKey`. */
export function batchOf(graph: Graph, feeds: Feeds, all: ReadonlyMap<string, Shapes>): Batch {
  const shapes: Shapes = all.get(shapeKey(feeds)) ?? new Map();
  const count = exampleCount(graph, feeds);
  return { feeds, count, shapes, examples: examplesOf(graph, shapes, count) };
}

/** Where the examples of a value lie: a batch of one is one example. */
export function examplesIn({ count, examples }: Batch, name: string): Examples | null {
  return examples.get(name) ?? (count === 1 ? { outer: 1 } : null);
}

/** What one run is asked for: a layer with its gradient, or the gradient of a parameter. */
interface Item {
  readonly name: string;
  readonly isLayer: boolean;
}

function bytesOf(work: Work, { name, isLayer }: Item): number {
  const width = bytesPerElement(work.dtype);
  if (!isLayer) {
    // The gradient, and the sum of those of the batches before.
    const copies = Math.min(2, work.batches.length);
    return copies * width * sizeOf(work.graph.constants.get(name)?.shape ?? []);
  }
  const sizes = work.batches.map(({ shapes }) => sizeOf(shapes.get(name) ?? []));
  const largest = Math.max(...sizes);
  const kept = work.options.effectiveRank === true ? sizes.reduce((sum, size) => sum + size) : 0;
  // The value, its gradient, and the sum over examples in float64.
  return width * (2 * largest + kept) + (8 * largest) / work.batches[0].count;
}

/** A part of the work that is one graph. */
export interface Part {
  readonly layers: readonly string[];
  readonly parameters: readonly string[];
  readonly measurable: Measurable;
}

/** The work in parts of at most so much memory; with gradients where `of` says of what. */
export function partsOf(work: Work, of: readonly string[] | null): readonly Part[] {
  const layers = [...work.questions.keys()].map((name) => ({ name, isLayer: true }));
  const items = [
    ...layers,
    ...(of === null ? [] : work.parameters.map((name) => ({ name, isLayer: false }))),
  ];
  const memory = work.options.memory ?? usualMemory;
  const groups = inGroups(items, (item) => bytesOf(work, item), memory);
  return groups.map((group) => {
    const values = group.filter(({ isLayer }) => isLayer).map(({ name }) => name);
    const names = group.map(({ name }) => name);
    return {
      layers: values,
      parameters: group.filter(({ isLayer }) => !isLayer).map(({ name }) => name),
      measurable:
        of === null
          ? forwardOnly(work.graph, values)
          : withGradients(work.graph, of, values, names),
    };
  });
}
