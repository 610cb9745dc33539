import type { LearningBatch } from '../data/index.ts';
import { stackName } from '../train/index.ts';
import type { Tensor } from '../tensor/index.ts';

/** Tensors of equal shape as one, along a new first axis. */
function stacked(tensors: readonly Tensor[]): Tensor {
  const [{ dtype, shape, data }] = tensors;
  const size = data.length;
  const all = Reflect.construct(data.constructor, [size * tensors.length]);
  tensors.forEach((tensor, index) => all.set(tensor.data, index * size));
  return { dtype, shape: [tensors.length, ...shape], data: all };
}

/** What the network and its loss read in a step, by name. */
export function tensorsOf({ inputs, target }: LearningBatch): Readonly<Record<string, Tensor>> {
  return { ...inputs, target };
}

/** Batches of equal shapes, as the inputs of a graph of many steps. */
export function stackBatches(batches: readonly LearningBatch[]): Readonly<Record<string, Tensor>> {
  const steps = batches.map(tensorsOf);
  const names = Object.keys(steps[0]);
  return Object.fromEntries(
    names.map((name) => [stackName(name), stacked(steps.map((step) => step[name]))] as const),
  );
}
