import { valueTypes } from '../autodiff/index.ts';
import type { Graph } from '../graph/index.ts';
import { bytesOfType, mostLive } from './memory-live.ts';
import { rolesOf } from './steps.ts';

/** Estimate of what a step of training takes, in bytes. */
export interface StepMemory {
  readonly parameters: number;
  /** State of the optimizer. */
  readonly state: number;
  readonly gradients: number;
  /** What a step holds besides the gradients at its peak, mostly values that wait for the way back. */
  readonly activations: number;
  /** All of it together, at its peak. */
  readonly bytes: number;
}

/**
 * Copies of parameters and state in a run of many steps: before and after the run, outside of the engine and in it, where
 * those before a step and after it meet.
 */
const copies = 5;

/**
 * What a step that `stepGraph` has made takes on batches of that size, said before anything runs: the nodes are gone through in
 * their order with the shapes that their values will have, each value held until its last use, a loop with the
 * stacks that it keeps. An extent that is not fixed is the batch on the first axis, and `others` (1 if not given) on any
 * other. Without what the process takes itself, and packing inside of operators. `RangeError` unless the batch is a whole number from 1.
 */
export function stepMemory(step: Graph, batch: number, others = 1): StepMemory {
  if (!Number.isInteger(batch) || batch < 1) {
    throw new RangeError(`stepMemory: batch must be a whole number of at least 1, got ${batch}`);
  }
  const shapes = step.inputs.map(({ name, shape }) => {
    const extents = (shape ?? []).map((extent, axis) => {
      if (typeof extent === 'number') return extent;
      return axis === 0 ? batch : others;
    });
    return [name, extents] as const;
  });
  const types = valueTypes(step, new Map(shapes));
  const carried = new Set(rolesOf(step).carried);
  let [parameters, state] = [0, 0];
  for (const name of carried) {
    const bytes = bytesOfType(types.get(name));
    const of = /^[^(]+\((.*)\)$/.exec(name)?.[1];
    if (of !== undefined && carried.has(of)) state += bytes;
    else parameters += bytes;
  }
  // What the step gives anew is among what it makes.
  const made = mostLive(step, types);
  const gradients = parameters;
  const activations = Math.max(0, made - gradients);
  const bytes = made + (copies - 1) * (parameters + state);
  return { parameters, state, gradients, activations, bytes };
}
