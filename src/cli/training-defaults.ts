import { fixedBatch } from '../experiment/index.ts';
import type { LearningData } from '../data/index.ts';
import type { Graph } from '../graph/index.ts';
import type { Network } from '../network/index.ts';
import { forwardWork } from './forward-work.ts';

/** Layers with weights up to which a network counts as shallow. */
const SHALLOW = 4;

/** Whether a network is a plain deep one: of more than a few layers with weights, and nothing normalised. */
function isPlainAndDeep({ parameters }: Network): boolean {
  const layers = parameters.filter(({ fanIn }) => fanIn !== null).length;
  return layers > SHALLOW && parameters.every(({ role }) => role !== 'norm_scale');
}

/**
 * The learning rate where none is given. Adam's is 0.003, and 0.0005 for plain deep networks: tried on drawn digits, the larger one
 * learns several times faster in networks that are shallow or normalise, while in plain ones of ten layers and more it
 * keeps features of all images alike for hundreds of steps.
 */
export function usualRate(
  optimizer: 'sgd' | 'rmsprop' | 'adam' | 'adamw',
  momentum: number,
  network: Network,
): number {
  // With momentum μ a gradient counts 1/(1 - μ) times in the end.
  if (optimizer === 'sgd') return Number((0.1 * (1 - momentum)).toPrecision(3));
  if (optimizer === 'rmsprop') return 0.001;
  return isPlainAndDeep(network) ? 0.0005 : 0.003;
}

/** Steps that a plain deep network may take to learn that images differ. */
const PLATEAU = 500;

/** How the learning rate goes where it is not given: down to 0, unless that would be in the middle of the plateau of a plain deep network. */
export function usualSchedule(network: Network, steps: number): 'constant' | 'cosine' {
  return isPlainAndDeep(network) && steps < PLATEAU ? 'constant' : 'cosine';
}

/** Batch and steps where they are not given. */
export interface Usual {
  readonly batch: number;
  readonly steps: (batch: number) => number;
}

/** Multiplications of a run of usual length: what two cores of 2026 take 25 to 40 seconds for. */
const WORK = 1.7e12;
/** A step goes forward once, and back at twice that cost. */
const PASSES = 3;
/** Multiplications for which there is time while a step does what else belongs to a node of the network, some tenths of a millisecond. */
const NODE_WORK = 2e7;
const BATCHES = { usual: 64, heavy: 32 } as const;
const STEPS = { least: 100, most: 1500 } as const;

/**
 * Batch and steps where they are not given, by the multiplications that one example takes and the nodes of the network: 1500 steps of 64 examples, and for networks
 * for which these would be the work of minutes, fewer, of 32.
 */
export function usualRun(graph: Graph, network: Network, { train }: LearningData): Usual {
  const fixed = fixedBatch(graph);
  const { inputs } = train.batch(new Uint32Array(fixed ?? 1), null);
  const step = (PASSES * Math.max(1, forwardWork(graph, network, inputs))) / (fixed ?? 1);
  const steps = (batch: number): number => {
    const work = step * batch + NODE_WORK * graph.nodes.length;
    const affordable = Number((WORK / work).toPrecision(2));
    return Math.max(STEPS.least, Math.min(STEPS.most, Math.floor(affordable)));
  };
  const isHeavy = steps(BATCHES.usual) < STEPS.most / 4;
  return { batch: fixed ?? (isHeavy ? BATCHES.heavy : BATCHES.usual), steps };
}

/** Most examples of each set in an evaluation on the way. */
export const evaluated = 1000;

/** Share of the work of a run that evaluations on the way may take, and how many there are at most. */
const EVALUATIONS = { share: 0.1, most: 10 } as const;

/** Steps between evaluations where they are not given. */
export function usualInterval(steps: number, batch: number): number {
  const affordable = Math.floor((EVALUATIONS.share * steps * PASSES * batch) / (2 * evaluated));
  return Math.ceil(steps / Math.max(1, Math.min(EVALUATIONS.most, affordable)));
}
