import type { Graph, Model } from '../graph/index.ts';
import {
  activationBounds,
  describeNetwork,
  layerValues,
  outputLayers,
  type Role,
} from '../network/index.ts';
import type { FloatDType } from '../tensor/index.ts';
import type { Ensemble } from './ensemble.ts';
import { shapesOf } from './graph-shapes.ts';
import type { Feeds } from './inputs.ts';
import { measureWork } from './layer-pass.ts';
import {
  batchOf,
  dtypeOf,
  engineOptions,
  weightsOf,
  type LayersOptions,
  type Work,
} from './layer-work.ts';
import type { LayersMeasurement } from './measurement.ts';

/** Stored tensors that no training changes by its gradients. */
const untrained: ReadonlySet<Role> = new Set([
  'constant',
  'initial_state',
  'norm_mean',
  'norm_variance',
  'unused',
]);

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
  const dtype = dtypeOf(graph);
  const first = weights(ensemble.seeds[0]);
  const shapes = await shapesOf(graph, first, batches, engineOptions(options)).catch((error) => {
    throw explained(error, dtype);
  });
  const work: Work = {
    graph,
    ensemble,
    batches: batches.map((feeds) => batchOf(graph, feeds, shapes)),
    questions: new Map(
      layers.map((layer) => [
        layer.name,
        {
          layer,
          bounds: layer.kind === 'activation' ? bounds(layer.name) : null,
          effectiveRank: options.effectiveRank ?? false,
        },
      ]),
    ),
    parameters: network.parameters
      .filter(({ name, role }) => !untrained.has(role) && graph.constants.has(name))
      .map(({ name }) => name),
    dtype,
    options,
    weights,
  };
  if (options.gradients === false) return measureWork(work, null, null);
  checkOf(graph, of);
  try {
    return await measureWork(work, of, null);
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    return measureWork(work, null, error.message);
  }
}

/** An error of the engine that a network in another dtype than the usual one has met, with that dtype. */
function explained(error: unknown, dtype: FloatDType): unknown {
  const isOfEngine = error instanceof RangeError && error.message.includes('onnxruntime');
  if (!isOfEngine || dtype === 'float32') return error;
  const text = `${error.message}; the network computes in ${dtype}, for which onnxruntime has fewer operators`;
  return new RangeError(text, { cause: error });
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
