import { availableParallelism } from 'node:os';
import type { LearningData } from '../data/index.ts';
import type { Network } from '../network/index.ts';
import {
  adam,
  adamw,
  constant,
  cosine,
  rmsprop,
  sgd,
  stepwise,
  warmUp,
  type Optimizer,
  type Schedule,
} from '../optim/index.ts';
import { crossEntropy, hinge, meanSquaredError, type Loss } from '../train/index.ts';
import { UsageError } from './failure.ts';
import { usualInterval, usualRate, usualSchedule, type Usual } from './training-defaults.ts';
import type { lossNames, measureNames, optimizerNames, scheduleNames } from './training-names.ts';
import type { WeightOptions } from './weights.ts';

/** Options of `train`. */
export interface TrainOptions extends WeightOptions {
  readonly data?: string;
  readonly target?: string;
  readonly output?: string;
  readonly loss?: (typeof lossNames)[number];
  readonly labelSmoothing?: number;
  readonly validation?: number;
  readonly augment?: boolean;
  readonly optimizer?: (typeof optimizerNames)[number];
  readonly lr?: number;
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
  readonly clip?: number;
  readonly schedule?: (typeof scheduleNames)[number];
  readonly dropAt?: readonly number[];
  readonly warmUp?: number;
  readonly batch?: number;
  readonly fullBatch?: boolean;
  readonly steps?: number;
  readonly epochs?: number;
  readonly evalEvery?: number;
  readonly measure?: readonly (typeof measureNames)[number][];
  readonly measureEvery?: number;
  readonly checkpointEvery?: number;
  readonly checkpointSeconds: number;
  readonly device: 'cpu' | 'webgpu';
  readonly threads?: number;
  readonly out?: string;
  readonly resume?: string;
  readonly json?: boolean;
}

/** How a network is trained, with nothing left open: what `run.json` keeps of the options. */
export interface Recipe {
  readonly loss: (typeof lossNames)[number];
  readonly labelSmoothing: number;
  readonly output: string | null;
  readonly optimizer: 'sgd' | 'rmsprop' | 'adam' | 'adamw';
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
  readonly clip: number | null;
  readonly schedule: (typeof scheduleNames)[number];
  /** Steps at which the schedule `step` divides the learning rate by ten. */
  readonly dropAt: readonly number[];
  readonly warmUp: number;
  readonly batch: number;
  readonly steps: number;
  readonly evalEvery: number;
  readonly measure: readonly (typeof measureNames)[number][];
  readonly measureEvery: number;
  readonly checkpointEvery: number | null;
  readonly checkpointSeconds: number;
  readonly device: 'cpu' | 'webgpu';
  readonly threads: number;
  readonly seed: number;
}

/** Checks, before anything is read, that options go together. */
export function checkTogether(options: TrainOptions): void {
  const { optimizer, momentum, nesterov, schedule, dropAt, measure, measureEvery } = options;
  const isSgd = optimizer === undefined || ['sgd', 'momentum', 'nesterov'].includes(optimizer);
  if (!isSgd && momentum !== undefined) {
    throw new UsageError(`--momentum: must be given with --optimizer sgd, got ${optimizer}`);
  }
  if (!isSgd && nesterov === true) {
    throw new UsageError(`--nesterov: must be given with --optimizer sgd, got ${optimizer}`);
  }
  if ((nesterov === true || optimizer === 'nesterov') && momentum === 0) {
    throw new UsageError(`--nesterov: must have a momentum greater than 0, got 0`);
  }
  if (dropAt !== undefined && schedule !== 'step') {
    throw new UsageError(
      `--drop-at: must be given with --schedule step, got ${schedule ?? 'none'}`,
    );
  }
  if (measureEvery !== undefined && measure === undefined) {
    throw new UsageError(
      `--measure-every: must be given with --measure, got ${measureEvery} alone`,
    );
  }
}

/** What the options come to for this data, with `usual` for what is not given. */
export function recipeOf(
  options: TrainOptions,
  network: Network,
  data: LearningData,
  usual: Usual,
): Recipe {
  const loss = options.loss ?? (data.train.target === 'class' ? 'cross-entropy' : 'mse');
  const fitting = data.train.target === 'class' ? ['cross-entropy', 'hinge'] : ['mse'];
  if (!fitting.includes(loss)) {
    const targets = data.train.target === 'class' ? 'classes' : 'values';
    throw new UsageError(
      `--loss: must be ${fitting.join(' or ')} for targets that are ${targets}, got ${loss}`,
    );
  }
  if (options.labelSmoothing !== undefined && loss !== 'cross-entropy') {
    throw new UsageError(`--label-smoothing: must be given with --loss cross-entropy, got ${loss}`);
  }
  const asked = options.optimizer ?? (isSgdAsked(options) ? 'sgd' : 'adam');
  const isHeavy = asked === 'momentum' || asked === 'nesterov' || options.nesterov === true;
  const momentum = options.momentum ?? (isHeavy ? 0.9 : 0);
  const optimizer = asked === 'momentum' || asked === 'nesterov' ? 'sgd' : asked;
  const batch =
    options.fullBatch === true
      ? data.train.count
      : Math.min(options.batch ?? usual.batch, data.train.count);
  const perEpoch = Math.max(1, Math.floor(data.train.count / batch));
  const steps = options.steps ?? (options.epochs ?? 0) * perEpoch;
  const planned = steps > 0 ? steps : usual.steps(batch);
  // A rate that falls to 0 lets running statistics catch up with the weights; a rate that is asked for is taken as it is.
  const isAsked = options.lr !== undefined;
  const schedule = options.schedule ?? (isAsked ? 'constant' : usualSchedule(network, planned));
  return {
    loss,
    labelSmoothing: options.labelSmoothing ?? 0,
    output: options.output ?? null,
    optimizer,
    learningRate: options.lr ?? usualRate(optimizer, momentum, network),
    momentum,
    nesterov: asked === 'nesterov' || options.nesterov === true,
    weightDecay: options.weightDecay ?? (optimizer === 'adamw' ? 0.01 : 0),
    clip: options.clip ?? null,
    schedule,
    dropAt:
      options.dropAt ??
      (schedule === 'step' ? [0.5, 0.75].map((share) => Math.round(share * planned)) : []),
    warmUp: options.warmUp ?? 0,
    batch,
    steps: planned,
    evalEvery: options.evalEvery ?? usualInterval(planned, batch),
    measure: options.measure ?? [],
    measureEvery: options.measureEvery ?? Math.max(1, Math.ceil(planned / 10)),
    checkpointEvery: options.checkpointEvery ?? null,
    checkpointSeconds: options.checkpointSeconds,
    device: options.device,
    // Stated, since the bits of a sum may depend on how many share the work.
    threads: options.threads ?? availableParallelism(),
    seed: options.seed,
  };
}

/** Momentum is that of gradient descent. */
function isSgdAsked({ momentum, nesterov }: TrainOptions): boolean {
  return momentum !== undefined || nesterov === true;
}

const optimizers: { readonly [N in Recipe['optimizer']]: (recipe: Recipe) => Optimizer } = {
  sgd: ({ momentum, nesterov, weightDecay }) => sgd({ momentum, nesterov, weightDecay }),
  rmsprop: ({ weightDecay }) => rmsprop({ weightDecay }),
  adam: ({ weightDecay }) => adam({ weightDecay }),
  adamw: ({ weightDecay }) => adamw({ weightDecay }),
};

const losses: { readonly [N in Recipe['loss']]: (recipe: Recipe) => Loss } = {
  'cross-entropy': ({ labelSmoothing }) => crossEntropy({ labelSmoothing }),
  mse: () => meanSquaredError,
  hinge: () => hinge,
};

/** The optimizer of a recipe. */
export function optimizerOf(recipe: Recipe): Optimizer {
  return optimizers[recipe.optimizer](recipe);
}

/** The loss of a recipe. */
export function lossOf(recipe: Recipe): Loss {
  return losses[recipe.loss](recipe);
}

/** The learning rates of a recipe. */
export function scheduleOf({
  schedule,
  learningRate,
  dropAt,
  steps,
  warmUp: warm,
}: Recipe): Schedule {
  const base =
    schedule === 'cosine'
      ? cosine(learningRate, steps)
      : schedule === 'step'
        ? stepwise(learningRate, dropAt)
        : constant(learningRate);
  return warm === 0 ? base : warmUp(base, warm);
}

/** The optimizer and its learning rates in a few words, `adam, learning rate 0.001 on a cosine`. */
export function recipeWords(recipe: Recipe): string {
  const { optimizer, momentum, nesterov, weightDecay, clip, schedule, warmUp: warm } = recipe;
  const rate = `learning rate ${recipe.learningRate}`;
  return [
    optimizer,
    ...(momentum > 0 ? [`${nesterov ? 'Nesterov ' : ''}momentum ${momentum}`] : []),
    schedule === 'constant'
      ? rate
      : schedule === 'cosine'
        ? `${rate} down to 0 on a cosine`
        : `${rate}, a tenth of it from each of the steps ${recipe.dropAt.join(', ')} on`,
    ...(warm > 0 ? [`${warm} steps of warm-up`] : []),
    ...(weightDecay > 0 ? [`weight decay ${weightDecay}`] : []),
    ...(clip === null ? [] : [`gradients clipped to norm ${clip}`]),
  ].join(', ');
}
