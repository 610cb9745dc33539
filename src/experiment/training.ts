import type { LearningSet } from '../data/index.ts';
import type { Graph, Values } from '../graph/index.ts';
import type { Network } from '../network/index.ts';
import type { Optimizer, Schedule } from '../optim/index.ts';
import type { Key } from '../random/index.ts';
import type { Tensor } from '../tensor/index.ts';
import type { Loss } from '../train/index.ts';

/** A network to be trained. */
export interface Subject {
  /** What errors and reports call it. */
  readonly name: string;
  readonly graph: Graph;
  readonly network: Network;
  /** Its weights at step zero; what is not named starts as stored. */
  readonly weights: Values;
  readonly loss: Loss;
  /** The output that the loss is of; the first if not given. */
  readonly output?: string;
}

/** Where and how steps are run. */
export interface TrainerOptions {
  readonly optimizer: Optimizer;
  /** Most that the global norm of the gradients may be; no limit if not given. */
  readonly clip?: number;
  readonly threads?: number;
  readonly device?: 'cpu' | 'webgpu';
  /** Keeps the activations of every k-th of equal layers only and computes those between them again. */
  readonly checkpointEvery?: number;
  /** onnxruntime writes what every operator of a step took to a file whose path starts so, when the trainer is closed. */
  readonly profile?: string;
}

/** What one step gives. */
export interface StepMetrics {
  /** Counted from 1. */
  readonly step: number;
  readonly loss: number;
  /** Share of the batch that was right before the step; `null` where targets are no classes. */
  readonly accuracy: number | null;
  readonly gradientNorm: number;
  readonly learningRate: number;
}

/** How a network does on a set. */
export interface Evaluation {
  readonly examples: number;
  readonly loss: number;
  readonly accuracy: number | null;
}

/** What a run takes. */
export interface TrainingCost {
  /** Trained numbers. */
  readonly parameters: number;
  /** Layers that are computed as loops over equal layers. */
  readonly rolledLayers: number;
  /** Estimate of the memory of a step: parameters, gradients, state of the optimizer, kept activations. */
  readonly bytes: number;
}

/** A compiled step with the state that it changes. It holds memory until it is closed. */
export interface Trainer {
  /** What was changed about the network so that it can be trained, in sentences. */
  readonly notes: readonly string[];
  /** What a step on batches of that size takes. */
  readonly cost: (batch: number) => TrainingCost;
  /**
   * Takes steps, the first of which has number `first` (from 1), each on its own batch of the set, all in one run of the
   * engine where that is possible: the bits do not depend on how steps are grouped. The last metrics are those of the first
   * step whose loss or gradient was not finite, if there is one; the state is then the one before that step. `RangeError`
   * for batches that do not fit the network.
   */
  readonly steps: (
    set: LearningSet,
    picks: readonly StepPick[],
    first: number,
  ) => Promise<readonly StepMetrics[]>;
  /** Loss (over all targets) and accuracy in inference, over the first `most` examples of a set, all if not given. */
  readonly evaluate: (set: LearningSet, most?: number) => Promise<Evaluation>;
  /** The parameters and running statistics as they are now, by their names in the network. */
  readonly weights: () => Values;
  /** Everything that a step changes, for a checkpoint. */
  readonly state: () => Readonly<Record<string, Tensor>>;
  /** Puts back what `state` gave. `RangeError` for one of another network or optimizer. */
  readonly restore: (state: Readonly<Record<string, Tensor>>) => void;
  readonly close: () => Promise<void>;
}

/** What a step is taken on. */
export interface StepPick {
  readonly indices: Uint32Array;
  readonly learningRate: number;
  /** Draws what is random in the examples; nothing is if it is not given. */
  readonly key?: Key;
}

/** A run of training. */
export interface RunOptions {
  readonly batch: number;
  readonly steps: number;
  readonly schedule: Schedule;
  /** Of the order of the examples and of what is random in them. */
  readonly seed: number;
  /** Steps between evaluations on training and test set; at the end only if not given. */
  readonly evalEvery?: number;
  /** Most examples of each set in an evaluation before the last; 1000 if not given. */
  readonly evalExamples?: number;
  /** Most examples of each set in the last evaluation; all of the test set if not given. */
  readonly finalExamples?: number;
  readonly hooks?: readonly Hook[];
  /** Steps already taken, whose state the trainer has. */
  readonly from?: number;
  readonly watch?: Watch;
  /** Stops the run after the group of steps that is being taken, some tenths of a second. */
  readonly signal?: AbortSignal;
  /** Most seconds between checkpoints. */
  readonly checkpointSeconds?: number;
}

/** A measurement that is taken again and again during a run. */
export interface Hook {
  readonly name: string;
  /** Steps between measurements; the first is before the first step. */
  readonly every: number;
  readonly measure: (weights: Values, step: number) => Promise<Readonly<Record<string, number>>>;
}

/** What is told while a run goes on. */
export interface Watch {
  readonly steps?: (metrics: readonly StepMetrics[]) => void;
  readonly evaluated?: (step: number, split: 'train' | 'test', evaluation: Evaluation) => void;
  readonly measured?: (
    step: number,
    name: string,
    values: Readonly<Record<string, number>>,
  ) => void;
  /**
   * Called between steps and at the end of the run, however it ends, with what is needed to go on from there; the run
   * waits for it. All that was told before counts up to that step, and nothing is told twice by a run that goes on.
   */
  readonly checkpoint?: (step: number, state: Readonly<Record<string, Tensor>>) => Promise<void>;
}

/** What came of a run. */
export interface RunResult {
  /** `diverged`: the loss or the gradient was not finite at step `steps`. */
  readonly outcome: 'finished' | 'diverged' | 'stopped';
  readonly steps: number;
  /** Of the training set in inference, over the examples of `trainAccuracy`, after the last step; `null` unless finished. */
  readonly finalLoss: number | null;
  /** Of the training set, over at most as many examples as the test set has. */
  readonly trainAccuracy: number | null;
  readonly testAccuracy: number | null;
  /** Steps of this run by the time that they took, examples and engine, without evaluations and measurements. */
  readonly stepsPerSecond: number;
  /** Of this run, all in all. */
  readonly seconds: number;
}
