import type { Builder } from '../graph/index.ts';

/** Scalars that every step is given: values of a graph. */
export interface Clock {
  /** Learning rate, a float32 scalar. */
  readonly learningRate: string;
  /** The step that is being taken, counted from 1, a float64 scalar. */
  readonly step: string;
}

/** One parameter as values of a graph. */
export interface Slot {
  /** What nodes that are made for it are named after. */
  readonly name: string;
  readonly parameter: string;
  readonly gradient: string;
  /** What is kept of it from step to step, in the order of `Optimizer.state`. */
  readonly state: readonly string[];
}

/** A parameter after a step. */
export interface Updated {
  readonly parameter: string;
  readonly state: readonly string[];
}

/**
 * A pair of init and update: the state starts with zeros of the shape of the parameter, and `update` writes a step as
 * nodes of a graph.
 */
export interface Optimizer {
  readonly name: string;
  /** Names of what is kept of every parameter, such as `momentum`; empty where nothing is. */
  readonly state: readonly string[];
  /** Writes what all parameters share, and gives the step of one parameter. */
  readonly update: (b: Builder, clock: Clock) => (slot: Slot) => Updated;
}
