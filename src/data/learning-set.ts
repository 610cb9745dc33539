import type { Key } from '../random/index.ts';
import type { Tensor } from '../tensor/index.ts';

/** Examples and their targets. */
export interface LearningBatch {
  /** By name of the inputs of the network, the examples along their axis. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** int64 [examples, …], indices of classes, or float32 [examples, …], values. */
  readonly target: Tensor<'int64'> | Tensor<'float32'>;
}

/** Examples that a network learns from or is examined with, picked by index. */
export interface LearningSet {
  /** What reports call it, such as `glyphs`. */
  readonly name: string;
  readonly split: 'train' | 'validation' | 'test';
  readonly count: number;
  readonly target: 'class' | 'values';
  /** Names of the classes, of which targets are indices; empty for values. */
  readonly classes: readonly string[];
  /** Whether `key` changes the examples; taken to be so if not given. */
  readonly random?: boolean;
  /** The examples of these indices, in their order. `key` draws what is random in them, such as crops and flips; `null` leaves that out. */
  readonly batch: (indices: Uint32Array, key: Key | null) => LearningBatch;
}

/** What a network is trained on. */
export interface LearningData {
  readonly train: LearningSet;
  /** A part of the training examples that is held back; `null` where none is. */
  readonly validation: LearningSet | null;
  readonly test: LearningSet | null;
  /** What was done to the examples, in a sentence. */
  readonly note: string;
}
