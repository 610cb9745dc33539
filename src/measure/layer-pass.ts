import type { Graph, Values } from '../graph/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { cotangentKey, cotangentsOf } from './gradient-graph.ts';
import { measuredLayer, measuredParameter, type ParameterDraw } from './layer-results.ts';
import {
  drawOf,
  nothingMet,
  withGradient,
  withValue,
  type LayerDraw,
  type LayerSums,
} from './layer-sums.ts';
import {
  engineOptions,
  examplesIn,
  partsOf,
  type Batch,
  type Part,
  type Work,
} from './layer-work.ts';
import type { LayersMeasurement } from './measurement.ts';
import { isFloatTensor, numbersIn, sumOfSquares } from './moments.ts';
import { correlationOf, overlapOf, type Overlap } from './overlap.ts';
import { openProbe, type Probe } from './probe.ts';

/** Does all of the work, with gradients where `of` says of what. Errors as `vjp` and those of onnxruntime. */
export async function measureWork(
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
