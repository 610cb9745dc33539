import { agree } from '../agreement/index.ts';
import type { Model } from '../graph/index.ts';
import { predict, type Prediction } from '../meanfield/index.ts';
import {
  exampleCount,
  measureKernel,
  measureLayers,
  measureShattering,
  type Feeds,
  type LayersMeasurement,
} from '../measure/index.ts';
import type { Network } from '../network/index.ts';
import { buildMeasurementReport, type MeasurementReport } from '../report/index.ts';
import { sizeOf } from '../tensor/index.ts';
import type { Loaded } from './load.ts';
import type { Weights } from './weights.ts';

/** What of a network is to be measured. */
export interface Asked {
  /** Of inputs, cotangents and starting vectors. */
  readonly seed: number;
  /** Whether gradients are: always, never, or `undefined` where that takes seconds. */
  readonly gradients?: boolean;
  readonly jacobian?: boolean;
  readonly shattering?: boolean;
  readonly ntk?: boolean;
  readonly rank?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly learningRate?: number;
}

/** What is measured, and on what. */
export interface Subject {
  readonly loaded: Loaded;
  readonly network: Network;
  readonly weights: Weights;
  readonly batches: readonly Feeds[];
  /** Where the inputs come from. */
  readonly from: string;
}

/** Says what is being done. */
export type Say = (what: string, done?: number, total?: number) => void;

/** Measures what is asked for, predicts it, and puts both side by side. */
export async function measured(
  subject: Subject,
  asked: Asked,
  say: Say,
): Promise<MeasurementReport> {
  const { loaded, network, weights, batches } = subject;
  const { model, label: name } = loaded;
  const { ensemble, laws } = weights;
  const { seed, from, to } = asked;
  const between = {
    name,
    seed,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  const watched = (what: string): { progress: (done: number, total: number) => void } => ({
    progress: (done, total) => say(`${what} of ${name}`, done, total),
  });
  const gradients = asked.gradients ?? takesSeconds(model, network, batches, ensemble.seeds.length);
  const layers = await measureLayers(model, ensemble, batches, {
    name,
    network,
    seed,
    gradients,
    effectiveRank: asked.rank === true,
    ...(asked.learningRate === undefined ? {} : { learningRate: asked.learningRate }),
    ...watched(gradients ? 'Signal and gradients' : 'Signal'),
  });
  say('Predicting');
  const prediction = predicted(subject, layers);
  const shattering =
    asked.shattering === true
      ? await measureShattering(model, ensemble, { ...between, ...watched('Shattering') })
      : null;
  const ntk =
    asked.ntk === true
      ? await measureKernel(model, ensemble, batches[0], {
          ...between,
          ...watched('Tangent kernel'),
        })
      : null;
  return buildMeasurementReport({
    model: name,
    weights: weights.label,
    seeds: ensemble.seeds,
    seed,
    from: subject.from,
    measured: layers,
    prediction,
    agreement: prediction === null ? null : agree(layers, prediction, model.graph, network, laws),
    jacobian: null,
    shattering,
    ntk,
    learningRate: asked.learningRate ?? null,
    notes: notesOf(layers),
    more: moreOf(asked, gradients),
  });
}

/** Numbers that are trained times examples times draws, and nodes: beyond these gradients wait until they are asked for. */
const MOST = { work: 1e10, nodes: 5000 } as const;

/** Whether gradients are a matter of seconds. */
function takesSeconds(
  { graph }: Model,
  network: Network,
  batches: readonly Feeds[],
  draws: number,
): boolean {
  const numbers = network.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const examples = batches.reduce((sum, feeds) => sum + exampleCount(graph, feeds), 0);
  return numbers * examples * draws <= MOST.work && graph.nodes.length <= MOST.nodes;
}

/** What the theory gives for the inputs that were measured; `null` where they are all zero. */
function predicted(
  { loaded: { model, label }, network, weights }: Subject,
  { input }: LayersMeasurement,
): Prediction | null {
  const { q, c } = input ?? { q: 1, c: 0 };
  if (!(q > 0 && q < Infinity)) return null;
  const correlation = Math.max(-1, Math.min(1, c ?? 0));
  return predict(model.graph, network, weights.laws, { model: label, q, c: correlation });
}

function notesOf({ notDifferentiable, input }: LayersMeasurement): string[] {
  return [
    ...(notDifferentiable === null ? [] : [notDifferentiable]),
    ...(input !== null && input.q === 0 ? ['The inputs are all 0, so nothing is predicted.'] : []),
  ];
}

function moreOf(asked: Asked, gradients: boolean): string[] {
  return [
    ...(gradients ? [] : ['--gradients: the gradient of every layer and parameter.']),
    ...(asked.shattering === true
      ? []
      : ['--shattering: how gradients of neighbouring inputs resemble each other.']),
    ...(asked.ntk === true ? [] : ['--ntk: the tangent kernel and its condition number.']),
  ];
}
