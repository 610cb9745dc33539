import type { Graph, Model, Values } from '../graph/index.ts';
import {
  activationBounds,
  describeNetwork,
  layerValues,
  outputLayers,
  type Network,
  type Role,
} from '../network/index.ts';
import { bytesPerElement, isFloat, sizeOf, type FloatDType, type Tensor } from '../tensor/index.ts';
import type { Ensemble } from './ensemble.ts';
import { exampleCount, examplesOf, type Examples, type Shapes } from './examples.ts';
import {
  cotangentKey,
  cotangentsOf,
  forwardOnly,
  withGradients,
  type Measurable,
} from './gradient-graph.ts';
import { shapeKey, shapesOf } from './graph-shapes.ts';
import { inGroups, usualMemory } from './groups.ts';
import type { Feeds } from './inputs.ts';
import { measuredLayer, measuredParameter, type ParameterDraw } from './layer-results.ts';
import {
  drawOf,
  nothingMet,
  withGradient,
  withValue,
  type LayerDraw,
  type LayerQuestions,
  type LayerSums,
} from './layer-sums.ts';
import type { LayersMeasurement } from './measurement.ts';
import { isFloatTensor, numbersIn, sumOfSquares } from './moments.ts';
import { correlationOf, overlapOf, type Overlap } from './overlap.ts';
import { openProbe, type Probe } from './probe.ts';

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

/** Stored tensors that no training changes by its gradients. */
const untrained: ReadonlySet<Role> = new Set([
  'constant',
  'initial_state',
  'norm_mean',
  'norm_variance',
  'unused',
]);

/** One batch with what is known of it. */
interface Batch {
  readonly feeds: Feeds;
  readonly count: number;
  readonly shapes: Shapes;
  readonly examples: ReadonlyMap<string, Examples>;
}

/** All that is to be done, and on what. */
interface Work {
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

/**
 * What the weights of a network do: signal and gradient of every layer (see `layerValues`) and the gradients of
 * every trained tensor, over all draws of the ensemble and all batches of inputs. The network is
 * differentiated and loaded once, whatever the number of draws; values of more than `options.memory` bytes
 * are computed in several runs. Where it has no derivative the signal is measured alone, and the result says
 * why. `RangeError` for an empty ensemble, no batches, and `of` that are no values of the graph.
 */
export async function measureLayers(
  model: Model,
  ensemble: Ensemble,
  batches: readonly Feeds[],
  options: LayersOptions = {},
): Promise<LayersMeasurement> {
  checkOptions(ensemble, batches, options);
  const { graph } = model;
  const network = options.network ?? describeNetwork(graph);
  const layers = layerValues(graph);
  const of = options.of ?? outputLayers(graph, network, layers);
  const bounds = activationBounds(graph);
  const weights = weightsOf(graph, ensemble);
  const shapes = await shapesOf(graph, weights(ensemble.seeds[0]), batches, engineOptions(options));
  const work: Work = {
    graph,
    ensemble,
    batches: batches.map((feeds) => batchOf(graph, feeds, shapes)),
    questions: new Map(
      layers.map((layer) => [
        layer.name,
        {
          layer,
          bounds: layer.kind === 'activation' ? (bounds.get(layer.name) ?? null) : null,
          effectiveRank: options.effectiveRank ?? false,
        },
      ]),
    ),
    parameters: network.parameters
      .filter(({ name, role }) => !untrained.has(role) && graph.constants.has(name))
      .map(({ name }) => name),
    dtype: dtypeOf(graph),
    options,
    weights,
  };
  if (options.gradients === false) return pass(work, null, null);
  checkOf(graph, of);
  try {
    return await pass(work, of, null);
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    return pass(work, null, error.message);
  }
}

function checkOptions(
  ensemble: Ensemble,
  batches: readonly Feeds[],
  { learningRate = 1, memory = 1 }: LayersOptions,
): void {
  const where = 'measureLayers';
  if (ensemble.seeds.length === 0) {
    throw new RangeError(`${where}: the ensemble must have at least one seed, got none`);
  }
  if (batches.length === 0) {
    throw new RangeError(`${where}: there must be at least one batch of inputs, got none`);
  }
  if (!(learningRate > 0 && learningRate < Infinity)) {
    throw new RangeError(`${where}: learningRate must be positive and finite, got ${learningRate}`);
  }
  if (!(memory > 0)) throw new RangeError(`${where}: memory must be positive, got ${memory}`);
}

function checkOf(graph: Graph, of: readonly string[]): void {
  const values = new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.constants.keys(),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
  const unknown = of.find((name) => !values.has(name));
  if (unknown === undefined) return;
  throw new RangeError(`measureLayers: of must be values of the graph, got "${unknown}"`);
}

function engineOptions({ name, threads }: LayersOptions): {
  readonly name?: string;
  readonly threads?: number;
} {
  return {
    ...(name === undefined ? {} : { name }),
    ...(threads === undefined ? {} : { threads }),
  };
}

/** The dtype that the network computes in. */
function dtypeOf(graph: Graph): FloatDType {
  const all = [...graph.inputs, ...graph.constants.values()].map(({ dtype }) => dtype);
  return all.find((dtype) => dtype !== null && isFloat(dtype)) ?? 'float32';
}

/** The values of all stored floats for a seed: as drawn, or as stored and then read once. */
function weightsOf(
  graph: Graph,
  ensemble: Ensemble,
): (seed: number) => ReadonlyMap<string, Tensor> {
  const stored = new Map<string, Tensor>();
  return (seed) => {
    const drawn = ensemble.draw(seed);
    const weights = new Map<string, Tensor>();
    for (const [name, constant] of graph.constants) {
      if (!isFloat(constant.dtype)) continue;
      const value = drawn.get(name) ?? stored.get(name) ?? constant;
      const tensor = 'data' in value ? value : value.read();
      if (!drawn.has(name)) stored.set(name, tensor);
      weights.set(name, tensor);
    }
    return weights;
  };
}

function batchOf(graph: Graph, feeds: Feeds, all: ReadonlyMap<string, Shapes>): Batch {
  const shapes: Shapes = all.get(shapeKey(feeds)) ?? new Map();
  const count = exampleCount(graph, feeds);
  return { feeds, count, shapes, examples: examplesOf(graph, shapes, count) };
}

/** Where the examples of a value lie: a batch of one is one example. */
function examplesIn({ count, examples }: Batch, name: string): Examples | null {
  return examples.get(name) ?? (count === 1 ? { outer: 1 } : null);
}

/** What one run is asked for: a layer with its gradient, or the gradient of a parameter. */
interface Item {
  readonly name: string;
  readonly isLayer: boolean;
}

function bytesOf(work: Work, { name, isLayer }: Item): number {
  const width = bytesPerElement(work.dtype);
  if (!isLayer) return width * sizeOf(work.graph.constants.get(name)?.shape ?? []);
  const sizes = work.batches.map(({ shapes }) => sizeOf(shapes.get(name) ?? []));
  const largest = Math.max(...sizes);
  const kept = work.options.effectiveRank === true ? sizes.reduce((sum, size) => sum + size) : 0;
  // The value, its gradient, and the sum over examples in float64.
  return width * (2 * largest + kept) + (8 * largest) / work.batches[0].count;
}

/** A part of the work that is one graph. */
interface Part {
  readonly layers: readonly string[];
  readonly parameters: readonly string[];
  readonly measurable: Measurable;
}

function partsOf(work: Work, of: readonly string[] | null): readonly Part[] {
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

/** Everything, with gradients where `of` says of what. */
async function pass(
  work: Work,
  of: readonly string[] | null,
  notDifferentiable: string | null,
): Promise<LayersMeasurement> {
  const { ensemble, options, batches, questions, graph } = work;
  const parts = partsOf(work, of);
  const total = ensemble.seeds.length * parts.length * batches.length;
  const layerDraws = new Map<string, LayerDraw[]>([...questions.keys()].map((name) => [name, []]));
  const parameterDraws = new Map<string, ParameterDraw[]>();
  const probes: Probe[] = [];
  let done = 0;
  try {
    for (const { measurable } of parts) {
      options.progress?.(done, total, 'loading the network');
      probes.push(await openProbe(measurable.graph, engineOptions(options)));
    }
    for (const [draw, seed] of ensemble.seeds.entries()) {
      const weights = work.weights(seed);
      const norms = new Map<string, number>();
      for (const [index, part] of parts.entries()) {
        const found = await runPart(work, part, probes[index], weights, draw, () => {
          options.progress?.(done++, total, `draw ${draw + 1} of ${ensemble.seeds.length}`);
        });
        for (const [name, row] of found.layers) layerDraws.get(name)?.push(row);
        for (const [name, norm] of found.norms) norms.set(name, norm);
      }
      for (const name of work.parameters) {
        const own = parameterDraws.get(name) ?? [];
        own.push({ weightNorm: normOf(weights.get(name)), gradientNorm: norms.get(name) ?? null });
        parameterDraws.set(name, own);
      }
    }
  } finally {
    for (const probe of probes) await probe.close();
  }
  options.progress?.(total, total, 'done');
  const layers = [...questions.values()].flatMap(({ layer }) => {
    const draws = layerDraws.get(layer.name) ?? [];
    const [{ shapes }] = batches;
    const shape = shapes.get(layer.name);
    if (draws.length < ensemble.seeds.length || shape === undefined) return [];
    const examples = examplesIn(batches[0], layer.name);
    return [measuredLayer(layer, shape, examples === null ? 1 : batches[0].count, draws)];
  });
  return {
    layers,
    parameters: work.parameters.map((name) =>
      measuredParameter(
        name,
        graph.constants.get(name)?.shape ?? [],
        parameterDraws.get(name) ?? [],
        options.learningRate ?? null,
      ),
    ),
    examples: batches.reduce((sum, { count }) => sum + count, 0),
    input: inputOf(graph, batches),
    of: of ?? [],
    notDifferentiable,
    firstNotFinite:
      (
        layers.find(({ notFinite }) => notFinite !== undefined) ??
        layers.findLast(({ gradientNotFinite }) => gradientNotFinite !== undefined)
      )?.name ?? null,
  };
}

function normOf(tensor: Tensor | undefined): number {
  if (tensor === undefined || !isFloatTensor(tensor)) return NaN;
  return Math.sqrt(sumOfSquares(numbersIn(tensor)));
}

/** What one part says of one draw. */
interface PartDraw {
  readonly layers: ReadonlyMap<string, LayerDraw>;
  /** `‖∂L/∂W‖` by parameter. */
  readonly norms: ReadonlyMap<string, number>;
}

async function runPart(
  work: Work,
  { layers, parameters, measurable }: Part,
  probe: Probe,
  weights: Values,
  draw: number,
  step: () => void,
): Promise<PartDraw> {
  const met = new Map<string, LayerSums>();
  const gradients = new Map<string, Float32Array | Float64Array>();
  let count = 0;
  for (const [index, batch] of work.batches.entries()) {
    step();
    const from = cotangentKey(work.options.seed ?? 0, draw, index);
    const cotangents = cotangentsOf(measurable, batch.shapes, from, work.dtype);
    const outputs = await probe.run(weights, { ...batch.feeds, ...cotangents });
    for (const name of layers) {
      const questions = work.questions.get(name);
      const value = outputs[measurable.values.get(name) ?? ''];
      if (questions === undefined || !isFloatTensor(value) || value.data.length === 0) continue;
      const before = met.get(name) ?? nothingMet;
      const after = withValue(before, questions, value, examplesIn(batch, name), batch.count);
      const gradient = outputs[measurable.gradients.get(name) ?? ''];
      const hasGradient = gradient !== undefined && isFloatTensor(gradient);
      met.set(name, hasGradient ? withGradient(after, gradient) : after);
    }
    for (const name of parameters) {
      const gradient = outputs[measurable.gradients.get(name) ?? ''];
      if (gradient === undefined || !isFloatTensor(gradient)) continue;
      gradients.set(name, added(gradients.get(name) ?? null, numbersIn(gradient)));
    }
    count += batch.count;
  }
  const rows = [...met].flatMap(([name, sums]) => {
    const questions = work.questions.get(name);
    const row = questions === undefined ? null : drawOf(sums, questions);
    return row === null ? [] : [[name, row] as const];
  });
  const norms = [...gradients].map(
    ([name, values]) => [name, Math.sqrt(sumOfSquares(values)) / count] as const,
  );
  return { layers: new Map(rows), norms: new Map(norms) };
}

/** The sum of two vectors, in the place of the first; the second where there is no first. */
function added<Numbers extends Float32Array | Float64Array>(
  sum: Numbers | null,
  more: Numbers,
): Numbers {
  if (sum === null) return more;
  for (let i = 0; i < sum.length; i++) sum[i] += more[i];
  return sum;
}

/** Second moment and correlation of the float inputs, masks aside. */
function inputOf(graph: Graph, batches: readonly Batch[]): LayersMeasurement['input'] {
  const overlaps = new Map<string, Overlap>();
  let squares = 0;
  let elements = 0;
  let isKnown = true;
  for (const batch of batches) {
    for (const { name } of graph.inputs) {
      const tensor = batch.feeds[name];
      if (tensor === undefined || !isFloatTensor(tensor) || /mask/i.test(name)) continue;
      const values = numbersIn(tensor);
      squares += sumOfSquares(values);
      elements += values.length;
      const examples = examplesIn(batch, name);
      if (examples === null) isKnown = false;
      else {
        const before = overlaps.get(name) ?? null;
        overlaps.set(name, overlapOf(before, values, examples.outer, batch.count));
      }
    }
  }
  if (elements === 0) return null;
  return { q: squares / elements, c: isKnown ? correlationOf([...overlaps.values()]) : null };
}
