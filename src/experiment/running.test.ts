import { expect, test } from 'vitest';
import { normals, setOf, sorted, subjectOf } from '../../test/learning.ts';
import { builder, type Graph } from '../graph/index.ts';
import { sgd } from '../optim/index.ts';
import { toFloat64, type LazyTensor, type Tensor } from '../tensor/index.ts';
import { crossEntropy } from '../train/index.ts';
import { openTrainer } from './trainer.ts';

const MOMENTUM = 0.75;

const numbers = (tensor: Tensor | LazyTensor | undefined): Float64Array => {
  if (tensor === undefined || !('data' in tensor)) throw new Error('a tensor must be there');
  return toFloat64(tensor);
};

/** Layers of a dense map, a batch normalisation and tanh; the first reads the normalised input where `isFirst`. */
function deep(layers: number, width: number, isFirst: boolean): Graph {
  const b = builder('deep');
  const norm = (name: string, x: string): string =>
    b.node(
      name,
      'BatchNormalization',
      [
        x,
        b.parameter(`${name}.weight`, [width], 1),
        b.parameter(`${name}.bias`, [width]),
        b.parameter(`${name}.mean`, [width]),
        b.parameter(`${name}.variance`, [width], 1),
      ],
      { momentum: MOMENTUM },
    );
  let x = b.input('input', 'float32', ['batch', width]);
  if (isFirst) x = norm('norm', x);
  for (let layer = 0; layer < layers; layer++) {
    const weight = b.parameter(`${layer}.weight`, [width, width]);
    x = norm(`${layer}.norm`, b.node(`${layer}`, 'Gemm', [x, weight], { transB: 1 }));
    x = b.node(`${layer}.act`, 'Tanh', [x]);
  }
  const head = b.parameter('head.weight', [3, width]);
  b.output('output', b.node('head', 'Gemm', [x, head], { transB: 1 }), 'float32', ['batch', 3]);
  return b.build();
}

test('running statistics are the averages that a float64 program takes, and evaluations use them', async () => {
  const width = 3;
  const set = { ...sorted(5, [24, width], 3) };
  const trainer = await openTrainer(subjectOf('deep', deep(0, width, true), crossEntropy()), {
    optimizer: sgd(),
  });
  const [mean, variance] = [new Float64Array(width), new Float64Array(width).fill(1)];
  const picks = [0, 8, 16].map((start) => ({
    indices: Uint32Array.from({ length: 8 }, (_, i) => start + i),
    learningRate: 0,
  }));
  await trainer.steps(set, picks, 1);
  for (const { indices } of picks) {
    const { data } = set.batch(indices, null).inputs['input'];
    for (let unit = 0; unit < width; unit++) {
      const own = Array.from({ length: 8 }, (_, row) => Number(data[row * width + unit]));
      const m = own.reduce((sum, x) => sum + x, 0) / 8;
      const v = own.reduce((sum, x) => sum + (x - m) ** 2, 0) / 8;
      mean[unit] = MOMENTUM * mean[unit] + (1 - MOMENTUM) * m;
      variance[unit] = MOMENTUM * variance[unit] + (1 - MOMENTUM) * v;
    }
  }
  const weights = trainer.weights();
  // Sums of 8 numbers up to 10, three times.
  const within = 3 * 8 * 10 * 2 ** -24;
  const found = [numbers(weights.get('norm.mean')), numbers(weights.get('norm.variance'))];
  for (let unit = 0; unit < width; unit++) {
    expect(Math.abs(found[0][unit] - mean[unit])).toBeLessThan(within);
    expect(Math.abs(found[1][unit] - variance[unit])).toBeLessThan(within);
  }
  const head = numbers(weights.get('head.weight'));
  const { inputs, target } = set.batch(Uint32Array.of(0), null);
  const x = [...inputs['input'].data].map((value, unit) => {
    return (Number(value) - mean[unit]) / Math.sqrt(variance[unit] + 1e-5);
  });
  const z = [0, 1, 2].map((k) => x.reduce((sum, value, i) => sum + value * head[k * width + i], 0));
  const all = z.reduce((sum, value) => sum + Math.exp(value), 0);
  const { loss } = await trainer.evaluate(set, 1);
  await trainer.close();
  expect(loss).toBeCloseTo(Math.log(all) - z[Number(target.data[0])], 5);
});

test.each([
  ['a loop', 1],
  ['a loop over blocks, and a rest', 4],
])('equal layers in %s train as those in a row, each with its own statistics', async (_, every) => {
  const subject = subjectOf('deep', deep(6, 5, false), crossEntropy());
  const input = normals(7, [40, 5]);
  const data = BigInt64Array.from({ length: 40 }, (_, i) => BigInt(i % 3));
  const set = setOf({ input }, { dtype: 'int64', shape: [40], data });
  const picks = [0, 10, 20, 30].map((start) => ({
    indices: Uint32Array.from({ length: 10 }, (_, i) => start + i),
    learningRate: 0.05,
  }));
  const optimizer = sgd({ momentum: 0.9 });
  const plain = await openTrainer(subject, { optimizer });
  const loops = await openTrainer(subject, { optimizer, checkpointEvery: every });
  expect(plain.cost(10).rolledLayers).toBe(0);
  expect(loops.cost(10).rolledLayers).toBe(6);
  const metrics = await plain.steps(set, picks, 1);
  const others = await loops.steps(set, picks, 1);
  // The order of sums is the same but for the norm of the gradient: roundings of sums of 10 terms, through 7 layers.
  const within = 7 * 10 * 4 * 2 ** -24;
  others.forEach(({ loss, gradientNorm }, index) => {
    expect(Math.abs(loss - metrics[index].loss)).toBeLessThan(within);
    expect(Math.abs(gradientNorm / metrics[index].gradientNorm - 1)).toBeLessThan(within);
  });
  const [a, b] = [plain.weights(), loops.weights()];
  expect([...b.keys()].sort()).toEqual([...a.keys()].sort());
  for (const [name, tensor] of a) {
    const [x, y] = [numbers(tensor), numbers(b.get(name))];
    x.forEach((value, index) => expect(Math.abs(value - y[index]), name).toBeLessThan(within));
  }
  expect(numbers(a.get('5.norm.variance'))[0]).not.toBe(1);
  expect((await loops.evaluate(set)).loss).toBeCloseTo((await plain.evaluate(set)).loss, 5);
  await plain.close();
  await loops.close();
});
