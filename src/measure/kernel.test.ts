import { describe, expect, test } from 'vitest';
import { evaluate } from '../autodiff/index.ts';
import { builder, modelOf, type Graph, type Model, type Values } from '../graph/index.ts';
import { buildArchitecture } from '../network/index.ts';
import { fillNormal, fold, key } from '../random/index.ts';
import { sizeOf, toFloat64, type Tensor } from '../tensor/index.ts';
import type { Ensemble } from './ensemble.ts';
import { makeInputs, storedWeights, type Feeds } from './index.ts';
import { kernelCost, measureKernel } from './kernel.ts';
import type { KernelMeasurement } from './measurement.ts';

function normal(
  from: string,
  seed: number,
  shape: readonly number[],
  std: number,
): Tensor<'float32'> {
  const data = new Float32Array(sizeOf(shape));
  fillNormal(fold(key(seed), from), data, 0, std);
  return { dtype: 'float32', shape, data };
}

/** All stored floats from N(0, std(name, shape)²). */
function gaussian(
  graph: Graph,
  seeds: number,
  std: (name: string, shape: readonly number[]) => number,
): Ensemble {
  const draw = (seed: number): Values =>
    new Map(
      [...graph.constants.values()]
        .filter(({ dtype }) => dtype === 'float32')
        .map(({ name, shape }) => [name, normal(name, seed, shape, std(name, shape))]),
    );
  return { seeds: [...Array(seeds).keys()], draw };
}

const batch = (model: Model, examples: number): Feeds =>
  makeInputs(model.graph, { batch: examples, seed: 4 })[0];

const rowsOf = (tensor: Tensor): readonly Float64Array[] => {
  const [n, ...rest] = tensor.shape;
  const size = sizeOf(rest);
  const values = toFloat64(tensor);
  return Array.from({ length: n }, (_, a) => values.subarray(a * size, (a + 1) * size));
};

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

/** Largest difference of two kernels over the largest element. */
function distance(
  found: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
): number {
  const largest = Math.max(...expected.flat().map(Math.abs));
  return Math.max(
    ...found.flatMap((row, a) => row.map((value, b) => Math.abs(value - expected[a][b]) / largest)),
  );
}

describe('the kernel', () => {
  test('of a linear network is x·x’ ‖W₂‖²/K + x W₁ᵀ · x’ W₁ᵀ, and for biases ‖W₂‖²/K + 1', async () => {
    const model = modelOf(buildArchitecture('linear:5-7-3'));
    const ensemble = gaussian(model.graph, 1, () => 1);
    const feeds = batch(model, 4);
    const found = await measureKernel(model, ensemble, feeds);
    expect(found).toMatchObject({
      examples: 4,
      to: 'output',
      outputs: 3,
      parameters: 5 * 7 + 7 + 7 * 3 + 3,
      method: 'exact',
      cotangents: 3,
    });
    const values = ensemble.draw(0);
    const w1 = rowsOf(values.get('layers.0.weight') as Tensor);
    const b1 = toFloat64(values.get('layers.0.bias') as Tensor<'float32'>);
    const w2 = toFloat64(values.get('layers.1.weight') as Tensor<'float32'>);
    const x = rowsOf(feeds.input);
    const h = x.map((one) => w1.map((row, i) => dot(row, one) + b1[i]));
    const square = dot(w2, w2) / 3;
    const expected = x.map((one, a) =>
      x.map((other, b) => (dot(one, other) + 1) * square + dot(h[a], h[b]) + 1),
    );
    // float32 gradients: some 2⁻²⁴ for each of the few operations behind an element.
    expect(distance(found.kernel, expected)).toBeLessThan(1e-5);
  });

  test('of a wide network with one hidden layer of ReLU is that of the arc-cosine formulas', async () => {
    const width = 4096;
    const b = builder('one layer');
    const w1 = b.parameter('w1', [6, width]);
    const w2 = b.parameter('w2', [width, 1]);
    const hidden = b.node('hidden', 'MatMul', [b.input('x', 'float32', ['batch', 6]), w1]);
    const y = b.node('y', 'MatMul', [b.node('relu', 'Relu', [hidden]), w2]);
    b.output('out', y, 'float32', ['batch', 1]);
    const model = modelOf(b.build());
    const draws = 4;
    const ensemble = gaussian(model.graph, draws, () => 1);
    const feeds = batch(model, 5);
    const { kernel } = await measureKernel(model, ensemble, feeds);
    const x = rowsOf(feeds.x);
    for (let a = 0; a < 5; a++) {
      for (let c = 0; c < 5; c++) {
        const product = dot(x[a], x[c]);
        const norms = Math.sqrt(dot(x[a], x[a]) * dot(x[c], x[c]));
        const theta = a === c ? 0 : Math.acos(product / norms);
        // Cho and Saul 2009, κ₀ and κ₁ halved: E φ'φ' = (π - θ)/2π, E φφ = ‖x‖‖x'‖ (sin θ + (π - θ) cos θ)/2π.
        const slopes = (Math.PI - theta) / (2 * Math.PI);
        const outputs =
          (norms * (Math.sin(theta) + (Math.PI - theta) * Math.cos(theta))) / (2 * Math.PI);
        const expected = width * (outputs + product * slopes);
        // A sum over units of u = φφ' + v² φ'φ' x·x', whose square has at most the mean
        // 2 (E φ² φ'² + 3 (x·x')² E φ'φ') ≤ 2 (3/2 + 3/2) ‖x‖²‖x'‖².
        const deviation = norms * Math.sqrt((6 * width) / draws);
        expect(Math.abs(kernel[a][c] - expected) / deviation).toBeLessThan(4.5);
      }
    }
  });

  test.each([
    ['mlp:3-5x2-2:tanh', 4],
    ['mlp:3-5x2-2:tanh:batchnorm', 4],
    ['mlp:3-5x2-2:tanh:centred', 3],
    ['rnn:2-3-2:t4', 3],
    ['cnn:2x5-3x2-2:tanh', 2],
  ])('of %s is the product of differences in float64', async (spec, examples) => {
    const graph = buildArchitecture(spec);
    const model = modelOf(graph);
    // Wide in all layers, so that nothing is near a corner; variances stay as stored.
    const ensemble = gaussian(graph, 1, () => 0.7);
    const values = new Map([...ensemble.draw(0)].filter(([name]) => !name.includes('running')));
    const feeds = batch(model, examples);
    const found = await measureKernel(model, { seeds: [0], draw: () => values }, feeds);
    const trained = [...values.keys()];
    const step = 1e-5;
    /** The outputs with one number of a tensor moved. */
    const outputs = (name: string, index: number, shift: number): Float64Array => {
      const moved = new Map(
        trained.map((other) => {
          const tensor = values.get(other) as Tensor<'float32'>;
          const data = Float64Array.from(tensor.data);
          if (other === name) data[index] += shift;
          return [other, { dtype: 'float64' as const, shape: tensor.shape, data }];
        }),
      );
      const constants = new Map(
        [...graph.constants].map(([own, constant]) => {
          const tensor = moved.get(own);
          return [own, tensor === undefined ? constant : { ...constant, read: () => tensor }];
        }),
      );
      return evaluate({ ...graph, constants }, feeds).get('output')!.data;
    };
    const size = found.outputs;
    const expected = Array.from({ length: examples }, () =>
      Array.from({ length: examples }, () => 0),
    );
    for (const name of trained) {
      for (let index = 0; index < (values.get(name) as Tensor).data.length; index++) {
        const [more, less] = [outputs(name, index, step), outputs(name, index, -step)];
        const slope = more.map((value, i) => (value - less[i]) / (2 * step));
        for (let a = 0; a < examples; a++) {
          for (let b = 0; b < examples; b++) {
            expected[a][b] +=
              dot(
                slope.subarray(a * size, (a + 1) * size),
                slope.subarray(b * size, (b + 1) * size),
              ) / size;
          }
        }
      }
    }
    // Differences of step² and rounding 2⁻⁵²/step in float64; gradients in float32, some 100 operations deep.
    expect(distance(found.kernel, expected)).toBeLessThan(1e-4);
  });

  test('is the same where gradients are computed again for want of memory', async () => {
    const model = modelOf(buildArchitecture('mlp:6-8x2-3'));
    const ensemble = gaussian(model.graph, 2, (_, shape) => 1 / Math.sqrt(shape.at(-1)!));
    const feeds = batch(model, 7);
    const found = await measureKernel(model, ensemble, feeds);
    const { bytes, parameters } = kernelCost(model, feeds);
    expect(bytes).toBe(4 * 7 * parameters);
    for (const memory of [1, bytes / 2]) {
      expect(await measureKernel(model, ensemble, feeds, { memory })).toEqual(found);
    }
  });

  test('of random combinations of outputs has the kernel as its mean', async () => {
    const model = modelOf(buildArchitecture('mlp:6-16x2-12'));
    const ensemble = gaussian(model.graph, 1, (_, shape) => 1 / Math.sqrt(shape.at(-1)!));
    const feeds = batch(model, 3);
    const usual = await measureKernel(model, ensemble, feeds);
    expect([usual.method, usual.cotangents, usual.outputs]).toEqual(['projected', 10, 12]);
    const singles = await Promise.all(
      Array.from({ length: 16 }, (_, seed) =>
        measureKernel(model, ensemble, feeds, { cotangents: 1, seed }),
      ),
    );
    // All outputs one by one: outputs are values that can be picked.
    const exact = await exactKernel(model, ensemble, feeds);
    for (let a = 0; a < 3; a++) {
      for (let b = 0; b < 3; b++) {
        const values = singles.map(({ kernel }) => kernel[a][b]);
        const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
        const spread = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1);
        // Student's t with 15 degrees of freedom exceeds 7 once in 200 000.
        expect(Math.abs(mean - exact[a][b]) / Math.sqrt(spread / values.length)).toBeLessThan(7);
      }
    }
  });

  test('has eigenvalues that add up to its trace, and a condition number of largest over smallest', async () => {
    const model = modelOf(buildArchitecture('mlp:9-32x2-1:tanh'));
    const ensemble = gaussian(model.graph, 3, (_, shape) => 1 / Math.sqrt(shape.at(-1)!));
    const found = await measureKernel(model, ensemble, batch(model, 6));
    const trace = found.kernel.reduce((sum, row, a) => sum + row[a], 0);
    expect(found.eigenvalues.reduce((sum, x) => sum + x, 0)).toBeCloseTo(trace, 8);
    expect([...found.eigenvalues].sort((a, b) => b - a)).toEqual(found.eigenvalues);
    expect(found.conditionNumber).toBe(found.eigenvalues[0] / found.eigenvalues[5]);
    expect(found.draws.conditionNumber).toHaveLength(3);
  });

  test('of the same example twice has no condition number', async () => {
    const model = modelOf(buildArchitecture('mlp:4-8-1'));
    const ensemble = gaussian(model.graph, 1, () => 1);
    const [x] = rowsOf(batch(model, 1).input);
    const input: Tensor = { dtype: 'float32', shape: [2, 4], data: Float32Array.of(...x, ...x) };
    const found = await measureKernel(model, ensemble, { input });
    expect([found.conditionNumber, found.draws.conditionNumber]).toEqual([null, [null]]);
    expect(found.kernel[0][1]).toBeCloseTo(found.kernel[0][0], 4);
  });

  test('of a batch that the file fixes is that of an open one', async () => {
    const graph = buildArchitecture('mlp:4-8x2-2:tanh');
    const [input] = graph.inputs;
    const fixed: Graph = { ...graph, inputs: [{ ...input, shape: [3, 4] }] };
    const ensemble = gaussian(graph, 1, () => 0.5);
    const feeds = batch(modelOf(fixed), 3);
    const found = await measureKernel(modelOf(fixed), ensemble, feeds);
    const open = await measureKernel(modelOf(graph), ensemble, feeds);
    expect(distance(found.kernel, open.kernel)).toBeLessThan(1e-5);
  });
});

/** The mean of the kernels of single outputs. */
async function exactKernel(
  model: Model,
  ensemble: Ensemble,
  feeds: Feeds,
): Promise<readonly (readonly number[])[]> {
  const { graph } = model;
  const outputs = 12;
  const parts: KernelMeasurement[] = [];
  for (let k = 0; k < outputs; k++) {
    const picked: Graph = {
      ...graph,
      nodes: [
        ...graph.nodes,
        {
          name: 'pick',
          operator: 'Gather',
          domain: '',
          inputs: ['output', 'index'],
          outputs: ['one'],
          attributes: { axis: 1 },
        },
      ],
      constants: new Map([
        ...graph.constants,
        [
          'index',
          {
            name: 'index',
            dtype: 'int64' as const,
            shape: [1],
            source: 'initializer' as const,
            read: (): Tensor => ({ dtype: 'int64', shape: [1], data: BigInt64Array.of(BigInt(k)) }),
          },
        ],
      ]),
      outputs: [{ name: 'one', dtype: 'float32', shape: ['batch', 1] }],
    };
    parts.push(await measureKernel(modelOf(picked), ensemble, feeds));
  }
  return parts[0].kernel.map((row, a) =>
    row.map((_, b) => parts.reduce((sum, { kernel }) => sum + kernel[a][b], 0) / outputs),
  );
}

describe('what has no kernel gets one sentence', () => {
  const model = modelOf(buildArchitecture('mlp:4-8-2'));
  const feeds = batch(model, 2);

  test('options out of range, and an ensemble without draws', async () => {
    await expect(measureKernel(model, storedWeights, feeds, { cotangents: 0 })).rejects.toThrow(
      'kernel: cotangents must be a positive integer, got 0',
    );
    await expect(measureKernel(model, { seeds: [], draw: () => new Map() }, feeds)).rejects.toThrow(
      'kernel: the ensemble must have at least one draw, got none',
    );
    await expect(measureKernel(model, storedWeights, feeds, { to: 'none' })).rejects.toThrow(
      'vjp: a value must be one of the graph, got "none"',
    );
  });

  test('a network without trained tensors', async () => {
    const b = builder('nothing');
    b.output('y', b.node('tanh', 'Tanh', [b.input('x', 'float32', ['batch', 2])]), 'float32', [
      'batch',
      2,
    ]);
    const bare = modelOf(b.build());
    await expect(measureKernel(bare, storedWeights, batch(bare, 2))).rejects.toThrow(
      'kernel: y must depend on a trained tensor, got none',
    );
  });

  test('gradients that are not finite', async () => {
    const deep = modelOf(buildArchitecture('mlp:4-8x2-2'));
    const ensemble = gaussian(deep.graph, 1, () => 1e30);
    await expect(measureKernel(deep, ensemble, feeds)).rejects.toThrow(
      /^kernel: the gradient of output with respect to layers\.\S+ must be finite, got (-?Infinity|NaN), first in the signal of layers\.1_output \(seed 0\)$/,
    );
  });

  test('an output for the whole batch', async () => {
    const b = builder('mean');
    const w = b.parameter('w', [3, 2], 1);
    const y = b.node('product', 'MatMul', [b.input('x', 'float32', ['batch', 3]), w]);
    b.output('y', b.node('mean', 'ReduceMean', [y], { keepdims: 0 }), 'float32', []);
    const whole = modelOf(b.build());
    await expect(measureKernel(whole, storedWeights, batch(whole, 3))).rejects.toThrow(
      'kernel: y must have values for every example along one axis, got the shape [] for 3 examples',
    );
  });
});
