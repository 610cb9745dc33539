import { drawsOfPlan } from '../src/advise/index.ts';
import { generatedData, imageData, type LearningData } from '../src/data/index.ts';
import { batchesOf, openTrainer } from '../src/experiment/index.ts';
import type { Graph } from '../src/graph/index.ts';
import { buildArchitecture, describeNetwork } from '../src/network/index.ts';
import { adam, constant, cosine, sgd } from '../src/optim/index.ts';
import { fold, key } from '../src/random/index.ts';
import { crossEntropy } from '../src/train/index.ts';
import type { EvidenceRun } from './run.ts';

/** A network that learns: all that `stepzero train` is told. */
export interface Learner {
  readonly model: string;
  /** `mnist`, `cifar10`, or data that are made, such as `copy:10:50`. */
  readonly data: string;
  /** One scheme for all weights; the plan of `advise` if not given. */
  readonly scheme?: string;
  /** Schemes for single parameters, such as `rnn.bias_l0=zeros`. */
  readonly set?: readonly string[];
  readonly optimizer: 'adam' | 'sgd';
  readonly rate: number;
  /** Of `sgd`. */
  readonly momentum?: number;
  readonly clip?: number;
  readonly isCosine?: boolean;
  readonly isAugmented?: boolean;
  readonly batch: number;
  readonly steps: number;
  readonly seed: number;
  /** Whether it is not examined on the test set at the end, where that takes long and nothing was learned. */
  readonly isUnexamined?: boolean;
}

/** What a learner did, step by step, to four digits; the last step is the one that was not finite where there is one. */
export interface Learned {
  readonly loss: readonly (number | null)[];
  readonly accuracy: readonly number[];
  readonly gradientNorm: readonly (number | null)[];
  /** Accuracy on the first examples of the test set after the last step; `null` where a step was not finite, or if not examined. */
  readonly test: number | null;
}

/** Examples of the evaluation at the end, and steps that run at once. */
const [EXAMINED, TOGETHER] = [1000, 5] as const;

const optional = (name: string, value: string | number | undefined): readonly string[] =>
  value === undefined ? [] : [`--${name} ${value}`];

/** The same training on the command line. */
export function commandOf(learner: Learner): string {
  const { model, data, scheme, set = [], optimizer, rate, momentum, clip } = learner;
  const isFolder = data === 'mnist' || data === 'cifar10';
  return [
    `stepzero train ${model}`,
    `--data ${isFolder ? `${data}:data/${data}` : data}`,
    ...optional('scheme', scheme === undefined ? undefined : quoted(scheme)),
    ...set.map((one) => `--set ${quoted(one)}`),
    `--optimizer ${optimizer}`,
    `--lr ${rate}`,
    ...optional('momentum', momentum),
    ...optional('clip', clip),
    ...(learner.isCosine === true ? ['--schedule cosine'] : []),
    ...(learner.isAugmented === true ? ['--augment'] : []),
    `--batch ${learner.batch} --steps ${learner.steps} --seed ${learner.seed} --threads 1`,
  ].join(' ');
}

const quoted = (text: string): string => (/[(*]/.test(text) ? `'${text}'` : text);

/** Four digits, and `null` for what JSON has no number for. */
const kept = (value: number): number | null =>
  Number.isFinite(value) ? Number(value.toPrecision(4)) : null;

function dataOf(learner: Learner, graph: Graph, { images }: EvidenceRun): LearningData {
  const { data, seed } = learner;
  if (data !== 'mnist' && data !== 'cifar10') return generatedData(data, graph, { seed });
  const augmentation = data === 'mnist' ? 'crop' : 'crop and flip';
  const options = learner.isAugmented === true ? { augment: true } : {};
  const own = fold(key(seed), 'data');
  return imageData(graph, images(data, 'train'), images(data, 'test'), augmentation, own, options);
}

/** Trains on one thread, as `stepzero train` does, and ends where a step is not finite. */
export async function learn(learner: Learner, run: EvidenceRun): Promise<Learned> {
  const {
    model,
    scheme,
    set = [],
    optimizer,
    rate,
    momentum = 0,
    clip,
    batch,
    steps,
    seed,
  } = learner;
  const graph = buildArchitecture(model);
  const network = describeNetwork(graph);
  const plan = { model, seed, set, ...(scheme === undefined ? {} : { scheme }) };
  const subject = {
    name: model,
    graph,
    network,
    weights: drawsOfPlan(network, plan, run.kernels)(seed),
    loss: crossEntropy(),
  };
  const data = dataOf(learner, graph, run);
  const trainer = await openTrainer(subject, {
    optimizer: optimizer === 'adam' ? adam() : sgd({ momentum }),
    threads: 1,
    ...(clip === undefined ? {} : { clip }),
  });
  const schedule = learner.isCosine === true ? cosine(rate, steps) : constant(rate);
  const root = key(seed);
  const indicesAt = batchesOf(fold(root, 'order'), data.train.count, batch);
  const loss: (number | null)[] = [];
  const accuracy: number[] = [];
  const gradientNorm: (number | null)[] = [];
  let test: number | null = null;
  try {
    while (loss.length < steps) {
      const first = loss.length + 1;
      const count = Math.min(TOGETHER, steps - loss.length);
      const picks = Array.from({ length: count }, (_, i) => ({
        indices: indicesAt(first + i),
        learningRate: schedule(first + i - 1),
        key: fold(root, `step ${first + i}`),
      }));
      const metrics = await trainer.steps(data.train, picks, first);
      for (const one of metrics) {
        loss.push(kept(one.loss));
        accuracy.push(kept(one.accuracy ?? 0) ?? 0);
        gradientNorm.push(kept(one.gradientNorm));
      }
      if (loss.at(-1) === null || gradientNorm.at(-1) === null) break;
      if (loss.length % 100 < TOGETHER)
        run.says(`${model}, step ${loss.length}: loss ${loss.at(-1)}`);
    }
    const isFinite = loss.at(-1) !== null && gradientNorm.at(-1) !== null;
    if (isFinite && learner.isUnexamined !== true && data.test !== null) {
      test = (await trainer.evaluate(data.test, EXAMINED)).accuracy;
    }
  } finally {
    await trainer.close();
  }
  return { loss, accuracy, gradientNorm, test };
}

/** Means over windows of so many steps that end at every step from the first whole one on: `[step, mean]`. */
export function smoothed(
  values: readonly (number | null)[],
  window: number,
): readonly (readonly [number, number])[] {
  const points: [number, number][] = [];
  for (let end = window; end <= values.length; end++) {
    const part = values.slice(end - window, end);
    if (part.includes(null)) break;
    points.push([end, part.reduce<number>((sum, value) => sum + (value ?? 0), 0) / window]);
  }
  return points;
}

/** Most points of a curve in a picture. */
const MOST_POINTS = 500;

/** The same for a picture: no more points than can be told apart, the last among them. */
export function curve(
  values: readonly (number | null)[],
  window: number,
): readonly (readonly [number, number])[] {
  const points = smoothed(values, window);
  const every = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, index) => (points.length - 1 - index) % every === 0);
}

/** The first step at which the mean of the last `window` values is above (or, with `below`, under) a level; `null` if none is. */
export function firstStep(
  values: readonly (number | null)[],
  window: number,
  passes: (mean: number) => boolean,
): number | null {
  return smoothed(values, window).find(([, mean]) => passes(mean))?.[0] ?? null;
}

/** The mean of the last so many values, or of all if they are fewer; `null` where one is not finite. */
export function lastMean(values: readonly (number | null)[], window: number): number | null {
  const part = values.slice(-window);
  if (part.length === 0 || part.includes(null)) return null;
  return part.reduce<number>((sum, value) => sum + (value ?? 0), 0) / part.length;
}
