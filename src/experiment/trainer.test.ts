import { expect, test } from 'vitest';
import { normals, setOf, sorted, subjectOf } from '../../test/learning.ts';
import { builder, type Graph } from '../graph/index.ts';
import { buildArchitecture, describeNetwork } from '../network/index.ts';
import { adam, sgd } from '../optim/index.ts';
import { toFloat64, type Tensor } from '../tensor/index.ts';
import { crossEntropy, meanSquaredError } from '../train/index.ts';
import { openTrainer } from './trainer.ts';
import type { StepMetrics, StepPick, Subject } from './training.ts';

const subject = subjectOf('mlp:8-16-4', buildArchitecture('mlp:8-16-4'), crossEntropy());
const range = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => i);

/** Examples of a step; every third has fewer. */
function pick(step: number): StepPick {
  const length = step % 3 === 0 ? 7 : 10;
  const indices = Uint32Array.from({ length }, (_, i) => (step * 7 + i) % 100);
  return { indices, learningRate: 0.1 / step };
}

function floats(shape: readonly number[], values: readonly number[]): Tensor<'float32'> {
  return { dtype: 'float32', shape, data: Float32Array.from(values) };
}

/** `y = x Wᵀ` with W [outputs, inputs]. */
function linear(inputs: number, outputs: number, fixed: number | 'batch' = 'batch'): Graph {
  const b = builder('linear');
  const x = b.input('input', 'float32', [fixed, inputs]);
  const y = b.node('product', 'Gemm', [x, b.parameter('weight', [outputs, inputs])], { transB: 1 });
  b.output('output', y, 'float32', [fixed, outputs]);
  return b.build();
}

test('the bits do not depend on how steps are put into groups, whatever the sizes of their batches', async () => {
  const set = sorted(1, [100, 8], 4);
  const run = async (groups: readonly number[]): Promise<unknown> => {
    const trainer = await openTrainer(subject, { optimizer: sgd({ momentum: 0.9 }), clip: 1 });
    const metrics: StepMetrics[] = [];
    for (const size of groups) {
      const first = metrics.length + 1;
      const picks = Array.from({ length: size }, (_, index) => pick(first + index));
      metrics.push(...(await trainer.steps(set, picks, first)));
    }
    const end = trainer.state();
    await trainer.close();
    return { metrics, end };
  };
  expect(await run([1, 4, 2])).toEqual(await run([7]));
});

test('full-batch gradient descent on squares follows its exact solution', async () => {
  // Columns that are orthogonal and have squares 4, 1 and 1/4: the Hessian of ¼ Σ (x·w - t)² is diagonal, a_i = ½ Σ x_i².
  const scales = [1, 0.5, 0.25];
  const signs = [1, 1, 1, 1, -1, -1, -1, 1, -1, -1, -1, 1];
  const input = floats(
    [4, 3],
    signs.map((sign, index) => sign * scales[index % 3]),
  );
  const goal = [0.5, -1, 2];
  const target = floats(
    [4, 1],
    [0, 1, 2, 3].map((row) =>
      goal.reduce((sum, w, i) => sum + w * signs[row * 3 + i] * scales[i], 0),
    ),
  );
  const graph = linear(3, 1);
  const trainer = await openTrainer(
    {
      name: 'linear',
      graph,
      network: describeNetwork(graph),
      weights: new Map([['weight', floats([1, 3], [1, 1, 1])]]),
      loss: meanSquaredError,
    },
    { optimizer: sgd() },
  );
  const set = { ...setOf({ input }, target), random: false };
  const indices = range(4);
  const picks = Array.from({ length: 20 }, () => ({ indices, learningRate: 0.3 }));
  const metrics = await trainer.steps(set, picks, 1);
  const found = toFloat64(trainer.state()['weight']);
  await trainer.close();
  const at = (step: number): number[] =>
    goal.map((w, i) => w + (1 - 0.3 * 2 * scales[i] ** 2) ** step * (1 - w));
  // A step rounds a handful of numbers up to 3, and shrinks what was off before.
  const within = 20 * 8 * 2 ** -24 * 3;
  at(20).forEach((w, i) => expect(Math.abs(found[i] - w)).toBeLessThan(within));
  metrics.forEach(({ loss }, index) => {
    const off = at(index).map((w, i) => (w - goal[i]) * scales[i]);
    const exact = off.reduce((sum, d) => sum + d * d, 0);
    expect(Math.abs(loss - exact)).toBeLessThan(within);
  });
});

test('a whole set that is held gives the bits of one that every step brings along', async () => {
  const examples = sorted(1, [20, 8], 4);
  const indices = range(20);
  const picks = Array.from({ length: 5 }, () => ({ indices, learningRate: 0.1 }));
  const run = async (random: boolean): Promise<unknown> => {
    const trainer = await openTrainer(subject, { optimizer: sgd() });
    const metrics = await trainer.steps({ ...examples, random }, picks, 1);
    const end = trainer.state();
    await trainer.close();
    return { metrics, end };
  };
  expect(await run(false)).toEqual(await run(true));
});

test('softmax regression with momentum has the losses of a float64 program', async () => {
  const [count, n, classes, steps, rate, mu] = [30, 5, 3, 12, 0.2, 0.9];
  const set = sorted(4, [count, n], classes);
  const graph = linear(n, classes);
  const trainer = await openTrainer(
    { ...subjectOf('linear', graph, crossEntropy()), weights: new Map() },
    { optimizer: sgd({ momentum: mu }) },
  );
  const metrics = await trainer.steps(
    set,
    Array.from({ length: steps }, () => ({ indices: range(count), learningRate: rate })),
    1,
  );
  await trainer.close();
  const { inputs, target } = set.batch(range(count), null);
  const x = toFloat64(normalsLike(inputs['input']));
  const w = new Float64Array(classes * n);
  const v = new Float64Array(classes * n);
  for (const { loss, accuracy } of metrics) {
    const g = new Float64Array(classes * n);
    let [total, right] = [0, 0];
    for (let row = 0; row < count; row++) {
      const own = x.subarray(row * n, (row + 1) * n);
      const z = Array.from({ length: classes }, (_, k) =>
        own.reduce((sum, value, i) => sum + value * w[k * n + i], 0),
      );
      const all = z.reduce((sum, value) => sum + Math.exp(value), 0);
      const t = Number(target.data[row]);
      total -= z[t] - Math.log(all);
      if (z.indexOf(Math.max(...z)) === t) right += 1;
      for (let k = 0; k < classes; k++) {
        const slope = (Math.exp(z[k]) / all - (k === t ? 1 : 0)) / count;
        own.forEach((value, i) => (g[k * n + i] += slope * value));
      }
    }
    // Sums of 30 terms of size 1 each round by 30 · 2⁻²⁴, and twelve steps carry that on.
    expect(Math.abs(loss - total / count)).toBeLessThan(steps * count * 2 ** -24);
    expect(accuracy).toBe(right / count);
    for (let i = 0; i < w.length; i++) {
      v[i] = mu * v[i] + g[i];
      w[i] -= rate * v[i];
    }
  }
});

function normalsLike(tensor: Tensor): Tensor<'float32'> {
  const { shape, data } = tensor;
  if (!(data instanceof Float32Array)) throw new TypeError('inputs must be float32');
  return { dtype: 'float32', shape, data };
}

test('a state that is put back leads to the same steps, and one of another optimizer is refused', async () => {
  const set = sorted(1, [100, 8], 4);
  const picks = [1, 2, 3].map(pick);
  const trainer = await openTrainer(subject, { optimizer: adam() });
  await trainer.steps(set, picks, 1);
  const state = trainer.state();
  const first = await trainer.steps(set, picks, 4);
  trainer.restore(state);
  expect(await trainer.steps(set, picks, 4)).toEqual(first);
  const other = await openTrainer(subject, { optimizer: sgd() });
  expect(() => trainer.restore(other.state())).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mlp:8-16-4: the state must be of this network and optimizer, got none of mean(layers.0.weight)]`,
  );
  expect(() => other.restore(state)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mlp:8-16-4: the state must be of this network and optimizer, got mean(layers.0.weight), which neither has]`,
  );
  await other.close();
  await trainer.close();
});

test('a step that is not finite ends the steps, and the state is the one before it', async () => {
  const set = sorted(1, [100, 8], 4);
  const rates = [0.1, 0.1, 1e38, 1e38, 0.1, 0.1];
  const picks = rates.map((learningRate, index) => ({
    indices: pick(index + 1).indices,
    learningRate,
  }));
  const trainer = await openTrainer(subject, { optimizer: sgd() });
  const metrics = await trainer.steps(set, picks, 1);
  const bad = metrics[metrics.length - 1];
  expect(Number.isFinite(bad.loss) && Number.isFinite(bad.gradientNorm)).toBe(false);
  expect(metrics.length).toBeLessThan(6);
  expect(metrics.slice(0, -1).every(({ loss }) => Number.isFinite(loss))).toBe(true);
  const kept = trainer.state();
  await trainer.close();
  const again = await openTrainer(subject, { optimizer: sgd() });
  await again.steps(set, picks.slice(0, metrics.length - 1), 1);
  expect(kept).toEqual(again.state());
  await again.close();
});

test('an evaluation is over all examples, whatever is left over in its last batch', async () => {
  const graph = linear(2, 2);
  const trainer = await openTrainer(
    {
      ...subjectOf('linear', graph, meanSquaredError),
      weights: new Map([['weight', floats([2, 2], [1, 0, 0, 1])]]),
    },
    { optimizer: sgd() },
  );
  const input = normals(3, [601, 2]);
  const target = floats(
    [601, 2],
    [...input.data].map((x, i) => x - (i < 1200 ? 1 : 25)),
  );
  const { examples, loss, accuracy } = await trainer.evaluate(setOf({ input }, target));
  expect({ examples, accuracy }).toEqual({ examples: 601, accuracy: null });
  expect(loss).toBeCloseTo((1200 + 2 * 625) / 1202, 5);
  expect((await trainer.evaluate(setOf({ input }, target), 10)).loss).toBeCloseTo(1, 6);
  await trainer.close();
});

test('a network that fixes its batch is trained and evaluated with it, the last batch filled up', async () => {
  const trainer = await openTrainer(
    { ...subjectOf('linear', linear(3, 2, 4), crossEntropy()), weights: new Map() },
    { optimizer: sgd() },
  );
  const set = sorted(2, [10, 3], 2);
  // All weights are 0: every loss is ln 2, and class 0 is found.
  const share = [...set.batch(range(10), null).target.data].filter((t) => Number(t) === 0).length;
  const { loss, accuracy } = await trainer.evaluate(set);
  expect(loss).toBeCloseTo(Math.LN2, 6);
  expect(accuracy).toBe(share / 10);
  const few = trainer.steps(set, [{ indices: range(3), learningRate: 1 }], 1);
  await expect(few).rejects.toThrowErrorMatchingInlineSnapshot(
    `[RangeError: input: shape must be [4,3], got [3,3]]`,
  );
  await trainer.close();
});

test('classes that the network does not have are refused', async () => {
  const trainer = await openTrainer(subject, { optimizer: sgd() });
  const set = setOf(
    { input: normals(1, [4, 8]) },
    {
      dtype: 'int64',
      shape: [4],
      data: BigInt64Array.of(0n, 1n, 4n, 2n),
    },
  );
  const steps = trainer.steps(set, [{ indices: range(4), learningRate: 1 }], 1);
  await expect(steps).rejects.toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mlp:8-16-4: classes must be from 0 to 3, as many as the output has, got 4]`,
  );
  await trainer.close();
});

function ending(operator: string): Subject {
  const graph = linear(8, 4);
  const b = builder('ending', { ...graph, outputs: [] });
  b.output('probability', b.node('end', operator, ['output']), 'float32', ['batch', 4]);
  return { ...subjectOf(operator, graph, crossEntropy()), graph: b.build() };
}

test('cross-entropy is of what stands in front of a Softmax, and of a Sigmoid it is refused', async () => {
  const set = sorted(1, [100, 8], 4);
  const plain = await openTrainer(subjectOf('Softmax', linear(8, 4), crossEntropy()), {
    optimizer: sgd(),
  });
  const behind = await openTrainer(ending('Softmax'), { optimizer: sgd() });
  expect(await behind.steps(set, [pick(1)], 1)).toEqual(await plain.steps(set, [pick(1)], 1));
  expect(behind.notes).toMatchInlineSnapshot(`
    [
      "The loss is of the values in front of the Softmax that makes probability.",
    ]
  `);
  await behind.close();
  await plain.close();
  const refused = openTrainer(ending('Sigmoid'), { optimizer: sgd() });
  await expect(refused).rejects.toThrowErrorMatchingInlineSnapshot(
    `[RangeError: Sigmoid: the output must be logits for cross-entropy, got probability behind Sigmoid]`,
  );
});

test('a network in another precision, without parameters or without such an output is refused', async () => {
  const graph = linear(8, 4);
  const double = builder('double');
  const x = double.input('input', 'float64', ['batch', 2]);
  const weight = double.constant('weight', {
    dtype: 'float64',
    shape: [2, 2],
    data: new Float64Array(4),
  });
  double.output('output', double.node('product', 'MatMul', [x, weight]), 'float64', ['batch', 2]);
  const bare = builder('bare');
  bare.output(
    'output',
    bare.node('act', 'Relu', [bare.input('input', 'float32', [1, 2])]),
    'float32',
    [1, 2],
  );
  const open = (one: Graph, output?: string): Promise<unknown> => {
    const made = { ...subjectOf('mlp:2-2', linear(2, 2), crossEntropy()), graph: one };
    const network = describeNetwork(one);
    const given = output === undefined ? {} : { output };
    return openTrainer({ ...made, network, weights: new Map(), ...given }, { optimizer: sgd() });
  };
  await expect(open(double.build())).rejects.toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mlp:2-2: parameters must be float32 to be trained, got weight, which is float64]`,
  );
  await expect(open(bare.build())).rejects.toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mlp:2-2: a network must have parameters to be trained, got none]`,
  );
  await expect(open(graph, 'logits')).rejects.toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mlp:2-2: output must be one of output, got logits]`,
  );
});

test('a device is there and gives the same losses, or one sentence says that it is not', async () => {
  const set = sorted(1, [100, 8], 4);
  const losses = async (device: 'cpu' | 'webgpu'): Promise<readonly number[] | string> => {
    try {
      const trainer = await openTrainer(subject, { optimizer: sgd(), device });
      const metrics = await trainer.steps(set, [1, 2, 3].map(pick), 1);
      await trainer.close();
      return metrics.map(({ loss }) => loss);
    } catch (error) {
      return String(error);
    }
  };
  const [cpu, gpu] = [await losses('cpu'), await losses('webgpu')];
  if (typeof gpu === 'string') {
    expect(gpu).toBe(
      'RangeError: mlp:8-16-4: device webgpu must have an adapter that onnxruntime finds, got none on this machine',
    );
  } else {
    // Sums of 16 products in another order, three steps.
    gpu.forEach((loss, index) => expect(Math.abs(loss - Number(cpu[index]))).toBeLessThan(1e-5));
  }
});
