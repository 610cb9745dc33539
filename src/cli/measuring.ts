import { agree, agreeSpectrum, predictedSpectrum } from '../agreement/index.ts';
import { predict, type Prediction } from '../meanfield/index.ts';
import {
  exampleCount,
  jacobianCost,
  measureJacobian,
  measureKernel,
  measureLayers,
  measureShattering,
  type Feeds,
  type JacobianCost,
  type JacobianOptions,
  type LayersMeasurement,
} from '../measure/index.ts';
import type { Graph, Model } from '../graph/index.ts';
import type { Network } from '../network/index.ts';
import {
  buildMeasurementReport,
  type MeasurementReport,
  type ReportedJacobian,
} from '../report/index.ts';
import { isFloat, toFloat64 } from '../tensor/index.ts';
import { forwardWork } from './forward-work.ts';
import type { Loaded } from './load.ts';
import { bytesText } from './memory.ts';
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
  /** What was done to them, in a sentence, or `null`. */
  readonly note: string | null;
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
  const gradients = asked.gradients ?? takesSeconds(subject);
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
  const jacobian = asked.jacobian === true ? await jacobianOf(subject, between, say) : null;
  const shattering =
    asked.shattering === true
      ? await measureShattering(model, ensemble, {
          ...between,
          ...watched('Shattering'),
          ...(subject.from === 'Gaussian' ? {} : { feeds: batches[0] }),
        })
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
    // What is stored has no seed.
    seeds: weights.isStored ? [] : ensemble.seeds,
    seed,
    from: subject.from,
    measured: layers,
    prediction,
    agreement: prediction === null ? null : agree(layers, prediction, model.graph, network, laws),
    jacobian,
    shattering,
    ntk,
    learningRate: asked.learningRate ?? null,
    notes: [
      ...(subject.note === null ? [] : [subject.note]),
      ...drawingNote(model.graph),
      ...notesOf(layers, asked),
      ...costNote(subject, jacobian),
    ],
    more: moreOf(subject, asked, gradients),
  });
}

/** Singular values of a Jacobian, beside their law in the wide limit. */
async function jacobianOf(
  { loaded: { model }, network, weights, batches }: Subject,
  between: JacobianOptions,
  say: Say,
): Promise<ReportedJacobian> {
  const jacobian = await measureJacobian(model, weights.ensemble, batches[0], {
    ...between,
    progress: (done, total, what) => say(what, done, total),
  });
  const q = inputMoment(model.graph, batches[0]);
  const law = predictedSpectrum(model.graph, network, weights.laws, {
    from: jacobian.from,
    to: jacobian.to,
    ...(q === null ? {} : { q }),
  });
  return law.spectrum === null
    ? { ...jacobian, predicted: null, agreement: null, reason: law.reason }
    : {
        ...jacobian,
        predicted: law.spectrum,
        agreement: agreeSpectrum(jacobian, law),
        reason: null,
      };
}

/** Second moment of the float inputs of the first example, at which a Jacobian is measured; `null` where it is 0. */
function inputMoment(graph: Graph, feeds: Feeds): number | null {
  const examples = exampleCount(graph, feeds);
  let [sum, count] = [0, 0];
  for (const tensor of Object.values(feeds)) {
    if (!isFloat(tensor.dtype)) continue;
    const values = toFloat64(tensor);
    const size = values.length % examples === 0 ? values.length / examples : values.length;
    for (const value of values.subarray(0, size)) sum += value ** 2;
    count += size;
  }
  return sum > 0 && sum < Infinity ? sum / count : null;
}

/**
 * Multiplications of all runs forward, and nodes: beyond these gradients wait until they are asked for. Bytes of a Jacobian
 * of which all singular values are computed.
 */
const MOST = { work: 2e10, nodes: 5000, bytes: 2 ** 30 } as const;

/** Whether gradients are a matter of seconds. */
function takesSeconds({ loaded, network, batches, weights }: Subject): boolean {
  const { graph } = loaded.model;
  if (graph.nodes.length > MOST.nodes) return false;
  const runs = batches.length * weights.ensemble.seeds.length;
  return forwardWork(graph, network, batches[0]) * runs <= MOST.work;
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

function notesOf(
  { notDifferentiable, input, firstNotFinite }: LayersMeasurement,
  asked: Asked,
): string[] {
  const beyond = [
    ...(asked.jacobian === true ? ['Jacobian'] : []),
    ...(asked.shattering === true ? ['shattering'] : []),
    ...(asked.ntk === true ? ['tangent kernel'] : []),
  ];
  return [
    ...(notDifferentiable === null ? [] : [notDifferentiable]),
    ...(input !== null && input.q === 0 ? ['The inputs are all 0, so nothing is predicted.'] : []),
    ...(firstNotFinite === null || beyond.length === 0
      ? []
      : [
          `\`${firstNotFinite}\` is not finite, so that what is said of ${beyond.join(' and ')} has no meaning.`,
        ]),
  ];
}

/** Operators that draw. */
const drawing = /^(RandomNormal|RandomUniform|Bernoulli|Multinomial)/;

/** What draws while the network runs; nothing where nothing does. */
function drawingNote({ nodes }: Graph): string[] {
  const node = nodes.find(({ operator }) => drawing.test(operator));
  return node === undefined
    ? []
    : [
        `\`${node.outputs[0]}\` (${node.operator}) draws while the network runs, so numbers behind it differ from run to run.`,
      ];
}

/** Why not every singular value was computed, and what would be cheaper; nothing where all were. */
function costNote(
  { loaded: { model }, batches }: Subject,
  jacobian: ReportedJacobian | null,
): string[] {
  if (jacobian?.method !== 'lanczos') return [];
  const { from, to, rows, cols } = jacobian;
  const cost = costOf(model, batches[0], { from, to });
  if (cost === null) return [];
  return [
    `All singular values of the ${rows} × ${cols} Jacobian would take ${bytesText(cost.bytes)}, so extremes and density are from Lanczos; between nearer values, with --from and --to, it is smaller.`,
  ];
}

/** What a Jacobian would take, in a sentence; `null` where there is none to be had. */
function jacobianOffer(
  { loaded: { model }, batches }: Subject,
  { from, to }: Asked,
): string | null {
  const named = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  const cost = costOf(model, batches[0], named);
  if (cost === null) return null;
  const { rows, cols, bytes, ...ends } = cost;
  const what = `∂\`${ends.to}\`/∂\`${ends.from}\`, ${rows} × ${cols}`;
  return bytes > MOST.bytes
    ? `--jacobian: extremes and density of the singular values of ${what}, by Lanczos, since all of them would take ${bytesText(bytes)}.`
    : `--jacobian: all singular values of ${what}, from ${Math.min(rows, cols)} product${Math.min(rows, cols) === 1 ? '' : 's'} and in ${bytesText(bytes)}.`;
}

/** What a Jacobian would take; `null` where there is none to be had, or its shape is not known beforehand. */
function costOf(
  model: Model,
  feeds: Feeds,
  named: { readonly from?: string; readonly to?: string },
): JacobianCost | null {
  try {
    return jacobianCost(model, feeds, named);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return null;
    throw error;
  }
}

function moreOf(subject: Subject, asked: Asked, gradients: boolean): string[] {
  return [
    ...(gradients
      ? []
      : ['--gradients: the gradient of every layer and parameter, which takes longer.']),
    ...(asked.jacobian === true
      ? []
      : [jacobianOffer(subject, asked)].flatMap((offer) => offer ?? [])),
    ...(asked.shattering === true
      ? []
      : ['--shattering: how gradients of neighbouring inputs resemble each other.']),
    ...(asked.ntk === true ? [] : ['--ntk: the tangent kernel and its condition number.']),
    ...(asked.rank === true ? [] : ['--rank: the effective rank of every layer.']),
    ...(subject.weights.isStored || subject.weights.ensemble.seeds.length > 1
      ? []
      : ['--draws 10: the mean of ten draws.']),
  ];
}
