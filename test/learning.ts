import { drawsOfPlan } from '../src/advise/index.ts';
import type { LearningData, LearningSet } from '../src/data/index.ts';
import type { Subject } from '../src/experiment/index.ts';
import type { Graph } from '../src/graph/index.ts';
import { describeNetwork } from '../src/network/index.ts';
import { fillNormal, fold, key } from '../src/random/index.ts';
import type { Tensor } from '../src/tensor/index.ts';
import type { Loss } from '../src/train/index.ts';

/** A network with the weights that its plan draws from seed 0, for tests of training. */
export function subjectOf(name: string, graph: Graph, loss: Loss): Subject {
  const network = describeNetwork(graph);
  const weights = drawsOfPlan(network, { model: name, seed: 0 })(0);
  return { name, graph, network, weights, loss };
}

/** Rows of a tensor, picked by index. */
export function rowsOf<T extends Tensor>(tensor: T, indices: Uint32Array): T {
  const size = tensor.data.length / tensor.shape[0];
  const data = Reflect.construct(tensor.data.constructor, [size * indices.length]);
  indices.forEach((from, to) => {
    data.set(tensor.data.subarray(from * size, (from + 1) * size), to * size);
  });
  return { ...tensor, shape: [indices.length, ...tensor.shape.slice(1)], data };
}

/** A set of examples that lie in memory. */
export function setOf(
  inputs: Readonly<Record<string, Tensor>>,
  target: Tensor<'int64'> | Tensor<'float32'>,
  split: 'train' | 'test' = 'train',
): LearningSet {
  return {
    name: 'rows',
    split,
    count: target.shape[0],
    target: target.dtype === 'int64' ? 'class' : 'values',
    classes: [],
    batch: (indices) => ({
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([name, tensor]) => [name, rowsOf(tensor, indices)] as const),
      ),
      target: rowsOf(target, indices),
    }),
  };
}

/** Normal numbers of a seed. */
export function normals(seed: number, shape: readonly number[]): Tensor<'float32'> {
  const data = new Float32Array(shape.reduce((size, extent) => size * extent, 1));
  fillNormal(fold(key(seed), 'normals'), data, 0, 1);
  return { dtype: 'float32', shape, data };
}

/** Classes that follow from normal inputs: the place of the largest of the first `classes` numbers. */
export function sorted(
  seed: number,
  shape: readonly number[],
  classes: number,
  split: 'train' | 'test' = 'train',
): LearningSet {
  const input = normals(seed, shape);
  const size = input.data.length / shape[0];
  const target = BigInt64Array.from({ length: shape[0] }, (_, row) => {
    const head = [...input.data.subarray(row * size, row * size + classes)];
    return BigInt(head.indexOf(Math.max(...head)));
  });
  return setOf({ input }, { dtype: 'int64', shape: [shape[0]], data: target }, split);
}

/** A training set without others. */
export function onlyTrain(train: LearningSet): LearningData {
  return { train, validation: null, test: null, note: '' };
}
