import { expect, test } from 'vitest';
import golden from '../../test/golden/convnet_training.json' with { type: 'json' };
import { setOf } from '../../test/learning.ts';
import { builder, type Graph } from '../graph/index.ts';
import { describeNetwork } from '../network/index.ts';
import { sgd } from '../optim/index.ts';
import { sizeOf, toFloat64, type Tensor } from '../tensor/index.ts';
import { crossEntropy } from '../train/index.ts';
import { openTrainer } from './trainer.ts';
import type { Subject } from './training.ts';

const [BATCH, STEPS] = [6, 5];

/** The numbers of convnet_training.py. */
function numbers(start: number, shape: readonly number[], scale: number): Tensor<'float32'> {
  const data = Float32Array.from(
    { length: sizeOf(shape) },
    (_, i) => scale * Math.sin(start + 1.7 * i + 0.013 * i * i),
  );
  return { dtype: 'float32', shape, data };
}

/** The parameters in PyTorch's order, with the names that they have there. */
const SHAPES: readonly (readonly [name: string, shape: readonly number[]])[] = [
  ['conv.weight', [4, 2, 3, 3]],
  ['bn.weight', [4]],
  ['bn.bias', [4]],
  ['conv2.weight', [3, 4, 3, 3]],
  ['conv2.bias', [3]],
  ['bn2.weight', [3]],
  ['bn2.bias', [3]],
  ['fc.weight', [3, 27]],
  ['fc.bias', [3]],
];

function convnet(): Graph {
  const b = builder('convnet');
  const shapes = new Map(SHAPES);
  const parameter = (name: string): string =>
    b.parameter(name, shapes.get(name) ?? [], /bn2?\.weight/.test(name) ? 1 : 0);
  const norm = (name: string, x: string, channels: number): string =>
    b.node(name, 'BatchNormalization', [
      x,
      parameter(`${name}.weight`),
      parameter(`${name}.bias`),
      b.parameter(`${name}.running_mean`, [channels]),
      b.parameter(`${name}.running_var`, [channels], 1),
    ]);
  const window = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
  const x = b.input('input', 'float32', ['batch', 2, 6, 6]);
  const conv = b.node('conv', 'Conv', [x, parameter('conv.weight')], {
    ...window,
    strides: [2, 2],
  });
  const act = b.node('act', 'Tanh', [norm('bn', conv, 4)]);
  const second = b.node(
    'conv2',
    'Conv',
    [act, parameter('conv2.weight'), parameter('conv2.bias')],
    window,
  );
  const flat = b.node('flatten', 'Flatten', [b.node('act2', 'Tanh', [norm('bn2', second, 3)])]);
  const fc = b.node('fc', 'Gemm', [flat, parameter('fc.weight'), parameter('fc.bias')], {
    transB: 1,
  });
  b.output('output', fc, 'float32', ['batch', 3]);
  return b.build();
}

function subject(): Subject {
  const graph = convnet();
  const weights = new Map(
    SHAPES.flatMap(([name, shape], index) =>
      /bn2?\.weight/.test(name) ? [] : [[name, numbers(index, shape, 0.5)] as const],
    ),
  );
  const network = describeNetwork(graph);
  return { name: 'convnet', graph, network, weights, loss: crossEntropy() };
}

test('five steps of a convolutional network with batch normalisation are those of PyTorch', async () => {
  const trainer = await openTrainer(subject(), {
    optimizer: sgd({ momentum: 0.9, weightDecay: 0.01 }),
  });
  const sets = Array.from({ length: STEPS }, (_, step) => {
    const target = BigInt64Array.from({ length: BATCH }, (_, i) => BigInt((step + i) % 3));
    const input = numbers(100 + step, [BATCH, 2, 6, 6], 1);
    return setOf({ input }, { dtype: 'int64', shape: [BATCH], data: target });
  });
  const losses: number[] = [];
  for (const [index, set] of sets.entries()) {
    const indices = Uint32Array.from({ length: BATCH }, (_, i) => i);
    const [metrics] = await trainer.steps(set, [{ indices, learningRate: 0.1 }], index + 1);
    losses.push(metrics.loss);
  }
  const weights = trainer.weights();
  await trainer.close();
  const found = (name: string): Float64Array => {
    const tensor = weights.get(name);
    if (tensor === undefined || !('data' in tensor)) throw new Error(`${name} must be there`);
    return toFloat64(tensor);
  };
  const apart = (name: string, values: readonly number[]): number => {
    const own = found(name);
    return Math.max(...values.map((value, index) => Math.abs(value - own[index])));
  };
  // PyTorch's are in float64. The longest sums, over 6 · 3 · 3 places, round by at most 54 · 2⁻²⁴ of numbers up to 3.
  const within = BATCH * 3 * 3 * 2 ** -24 * 3;
  losses.forEach((loss, index) =>
    expect(Math.abs(loss - golden.losses[index])).toBeLessThan(within),
  );
  for (const [name, values] of Object.entries({ ...golden.parameters, ...golden.running_mean })) {
    expect(apart(name, values), name).toBeLessThan(within);
  }
  // PyTorch moves the running variance by that of n numbers times n/(n - 1); 1 is where it starts.
  const n = BATCH * 3 * 3;
  const left = 0.9 ** STEPS;
  for (const [name, values] of Object.entries(golden.running_var)) {
    const biased = values.map((value) => left + ((value - left) * (n - 1)) / n);
    expect(apart(name, biased), name).toBeLessThan(within);
    expect(apart(name, values), name).toBeGreaterThan(10 * within);
  }
});
