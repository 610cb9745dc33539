import { describe, expect, test } from 'vitest';
import {
  cotangent,
  layer,
  meanSquare,
  mlp,
  near,
  norm,
  normal,
  parameter,
} from '../../test/layers-fixture.ts';
import { evaluate } from '../autodiff/index.ts';
import { builder, modelOf, type Constant, type Graph } from '../graph/index.ts';
import { toFloat64, type Tensor } from '../tensor/index.ts';
import { measureLayers, storedWeights } from './index.ts';

/** The row-major product of m × k and k × n. */
function times(a: Float64Array, b: Float64Array, m: number, k: number, n: number): Float64Array {
  return Float64Array.from({ length: m * n }, (_, at) => {
    let sum = 0;
    for (let i = 0; i < k; i++) sum += a[Math.floor(at / n) * k + i] * b[i * n + (at % n)];
    return sum;
  });
}

function transposed(a: Float64Array, m: number, n: number): Float64Array {
  return Float64Array.from({ length: m * n }, (_, at) => a[(at % m) * n + Math.floor(at / m)]);
}

/** Over all pairs, one by one. */
function correlation(x: Float64Array, examples: number): number {
  const size = x.length / examples;
  let pairs = 0;
  for (let a = 0; a < examples; a++) {
    for (let b = 0; b < examples; b++) {
      if (a === b) continue;
      for (let i = 0; i < size; i++) pairs += x[a * size + i] * x[b * size + i];
    }
  }
  return pairs / (examples * (examples - 1) * size) / meanSquare(x);
}

describe('a small network in float64', () => {
  const examples = 5;
  const x = normal('float64', 7, 1, examples, 4);
  const w1 = toFloat64(normal('float64', 1, 0.5, 4, 6));
  const bias = toFloat64(normal('float64', 2, 0.5, 6));
  const w2 = toFloat64(normal('float64', 3, 0.5, 6, 3));
  const first = times(x.data, w1, examples, 4, 6).map((value, i) => value + bias[i % 6]);
  const hidden = first.map((value) => Math.max(0, value));
  const last = times(hidden, w2, examples, 6, 3);
  const r = cotangent('last_output', [examples, 3]);
  const atHidden = times(r, transposed(w2, 6, 3), examples, 3, 6);
  const atFirst = atHidden.map((value, i) => (first[i] > 0 ? value : 0));
  // Dot products of at most 6 terms and sums of 30 in another order: some 50 ε of what may cancel.
  const tolerance = 1e-13;

  test('has the signal and the gradients that a computation by hand gives', async () => {
    const measured = await measureLayers(modelOf(mlp('float64')), storedWeights, [{ x }], {
      learningRate: 0.1,
    });
    expect(measured.notDifferentiable).toBeNull();
    expect(measured.of).toEqual(['last_output']);
    expect(measured.examples).toBe(examples);
    expect(measured.firstNotFinite).toBeNull();
    near(measured.input?.q ?? null, meanSquare(x.data), tolerance);
    near(measured.input?.c ?? null, correlation(x.data, examples), tolerance);
    const expected = [
      ['shift_output', first, atFirst],
      ['relu_output', hidden, atHidden],
      ['last_output', last, r],
    ] as const;
    expect(measured.layers.map(({ name }) => name)).toEqual(expected.map(([name]) => name));
    for (const [name, values, gradient] of expected) {
      const row = layer(measured, name);
      near(row.secondMoment, meanSquare(values), tolerance);
      near(row.c, correlation(values, examples), tolerance);
      near(row.gradientSecondMoment, meanSquare(gradient), tolerance);
      expect([row.units, row.size]).toEqual([values.length / examples, values.length / examples]);
      expect(row.draws.c).toEqual([row.c]);
    }
    near(parameter(measured, 'w1').weightNorm, norm(w1), tolerance);
    const gradientW1 = times(transposed(x.data, examples, 4), atFirst, 4, examples, 6);
    const gradientW2 = times(transposed(hidden, examples, 6), r, 6, examples, 3);
    near(parameter(measured, 'w1').gradientNorm, norm(gradientW1) / examples, tolerance);
    near(parameter(measured, 'w2').gradientNorm, norm(gradientW2) / examples, tolerance);
    near(
      parameter(measured, 'w2').updateRatio,
      (0.1 * norm(gradientW2)) / examples / norm(w2),
      tolerance,
    );
  });

  test('has as gradient of a parameter the central difference of the loss', async () => {
    const graph = mlp('float64');
    const measured = await measureLayers(modelOf(graph), storedWeights, [{ x }]);
    const numeric = differences(graph, { x }, 'w1', 'y', r, examples);
    // Differences with h = 1e-6 err by some h² and by ε / h = 2e-10 of the loss, of order 1.
    near(parameter(measured, 'w1').gradientNorm, norm(numeric), 1e-8);
  });

  test('gives the same in several batches, and within little memory', async () => {
    const model = modelOf(mlp('float64'));
    const whole = await measureLayers(model, storedWeights, [{ x }], { gradients: false });
    const rows = [0, 1, 2, 3, 4].map((row) => ({
      x: { ...x, shape: [1, 4], data: x.data.subarray(4 * row, 4 * row + 4) },
    }));
    const apart = await measureLayers(model, storedWeights, rows, {
      gradients: false,
      effectiveRank: true,
    });
    expect(apart.examples).toBe(examples);
    for (const row of whole.layers) {
      const same = layer(apart, row.name);
      near(same.secondMoment, row.secondMoment ?? NaN, tolerance);
      near(same.c, row.c ?? NaN, tolerance);
      expect(same.dead).toBe(row.dead);
      expect([same.units, same.size]).toEqual([row.units, row.size]);
    }
    const steps: string[] = [];
    const both = await measureLayers(model, storedWeights, [{ x }]);
    const narrow = await measureLayers(model, storedWeights, [{ x }], {
      memory: 1,
      progress: (done, total, what) => steps.push(`${done}/${total} ${what}`),
    });
    expect(narrow).toEqual(both);
    // 3 layers and 3 parameters, each in a run of its own.
    expect(steps.slice(5)).toEqual([
      '0/6 loading the network',
      '0/6 draw 1 of 1',
      '1/6 draw 1 of 1',
      '2/6 draw 1 of 1',
      '3/6 draw 1 of 1',
      '4/6 draw 1 of 1',
      '5/6 draw 1 of 1',
      '6/6 done',
    ]);
  });

  test('adds the gradients of batches up', async () => {
    const model = modelOf(mlp('float64'));
    const rows = [0, 1].map((row) => ({
      x: { ...x, shape: [1, 4], data: x.data.subarray(4 * row, 4 * row + 4) },
    }));
    const measured = await measureLayers(model, storedWeights, rows);
    const gradient = new Float64Array(18);
    for (const row of [0, 1]) {
      const own = cotangent('last_output', [1, 3], 0, row);
      const outer = times(hidden.subarray(6 * row, 6 * row + 6), own, 6, 1, 3);
      outer.forEach((value, i) => (gradient[i] += value / 2));
    }
    near(parameter(measured, 'w2').gradientNorm, norm(gradient), tolerance);
  });
});

/** `∂L/∂W` of `L = (1/B) Σ r · y` element by element, by central differences in float64. */
function differences(
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>>,
  name: string,
  output: string,
  r: Float64Array,
  examples: number,
): Float64Array {
  const constant = graph.constants.get(name);
  if (constant === undefined) throw new Error(`no ${name}`);
  const { shape } = constant;
  const stored = toFloat64(constant.read());
  const loss = (data: Float64Array): number => {
    const moved: Constant = {
      ...constant,
      dtype: 'float64',
      read: () => ({ dtype: 'float64', shape, data }),
    };
    const constants = new Map([...graph.constants, [name, moved]]);
    const y = evaluate({ ...graph, constants }, feeds).get(output)?.data ?? new Float64Array();
    return y.reduce((sum, value, i) => sum + value * r[i], 0) / examples;
  };
  const h = 1e-6;
  return stored.map((value, index) => {
    const at = (by: number): number => loss(stored.with(index, value + by));
    return (at(h) - at(-h)) / (2 * h);
  });
}

/** A convolution, a normalisation and a function, and a head. */
function convolutional(): Graph {
  const b = builder('convolutional');
  b.input('x', 'float32', ['batch', 2, 5]);
  const conv = b.node('conv', 'Conv', ['x', b.constant('k', normal('float32', 1, 0.6, 3, 2, 3))], {
    kernel_shape: [3],
    pads: [1, 1],
  });
  const ln = b.node(
    'norm',
    'LayerNormalization',
    [
      conv,
      b.constant('scale', normal('float32', 2, 1, 5)),
      b.constant('shift', normal('float32', 3, 1, 5)),
    ],
    { axis: -1, epsilon: 1e-5 },
  );
  const tanh = b.node('tanh', 'Tanh', [ln]);
  const flat = b.node('flat', 'Flatten', [tanh]);
  const last = b.node('last', 'Gemm', [flat, b.constant('w', normal('float32', 4, 0.3, 15, 2))]);
  b.output('y', last, 'float32', ['batch', 2]);
  return b.build();
}

test('a convolution and a normalisation have the signal and gradients of a computation by hand', async () => {
  const examples = 3;
  const x = normal('float32', 9, 1, examples, 2, 5);
  const k = toFloat64(normal('float32', 1, 0.6, 3, 2, 3));
  const scale = toFloat64(normal('float32', 2, 1, 5));
  const shift = toFloat64(normal('float32', 3, 1, 5));
  const w = toFloat64(normal('float32', 4, 0.3, 15, 2));
  const convolved = (kernel: Float64Array): Float64Array =>
    Float64Array.from({ length: examples * 15 }, (_, at) => {
      const [a, o, p] = [Math.floor(at / 15), Math.floor(at / 5) % 3, at % 5];
      let sum = 0;
      for (let i = 0; i < 2; i++) {
        for (let t = 0; t < 3; t++) {
          const q = p + t - 1;
          if (q >= 0 && q < 5) sum += kernel[(o * 2 + i) * 3 + t] * x.data[(a * 2 + i) * 5 + q];
        }
      }
      return sum;
    });
  const normalised = (values: Float64Array): Float64Array =>
    values.map((value, at) => {
      const row = values.subarray(at - (at % 5), at - (at % 5) + 5);
      const mean = row.reduce((sum, v) => sum + v, 0) / 5;
      const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 5;
      return ((value - mean) / Math.sqrt(variance + 1e-5)) * scale[at % 5] + shift[at % 5];
    });
  const r = cotangent('last_output', [examples, 2]);
  const loss = (conv: Float64Array): number => {
    const y = times(normalised(conv).map(Math.tanh), w, examples, 15, 2);
    return y.reduce((sum, value, i) => sum + value * r[i], 0);
  };
  const h = 1e-6;
  const difference = (f: (values: Float64Array) => number, at: Float64Array): Float64Array =>
    at.map((value, i) => (f(at.with(i, value + h)) - f(at.with(i, value - h))) / (2 * h));
  const conv = convolved(k);
  const measured = await measureLayers(modelOf(convolutional()), storedWeights, [{ x }]);
  // Float32: each value errs by some 10 ε = 1e-6 of its size, and more behind a normalisation of 5 numbers.
  const single = 2e-5;
  const row = layer(measured, 'conv_output');
  near(row.secondMoment, meanSquare(conv), single);
  near(row.c, correlation(conv, examples), 10 * single);
  expect([row.units, row.size]).toEqual([3, 15]);
  near(row.gradientSecondMoment, meanSquare(difference(loss, conv)), single);
  near(layer(measured, 'norm_output').secondMoment, meanSquare(normalised(conv)), single);
  const gradient = difference((kernel) => loss(convolved(kernel)) / examples, k);
  near(parameter(measured, 'k').gradientNorm, norm(gradient), single);
  expect(measured.parameters.map(({ name }) => name)).toEqual(['k', 'scale', 'shift', 'w']);
});

/** A recurrent layer over 4 steps, its states to a head. */
function recurrent(operator: 'LSTM' | 'GRU', batch: string | number): Graph {
  const gates = operator === 'LSTM' ? 4 : 3;
  const b = builder(operator);
  b.input('tokens', 'int64', [4, batch]);
  const table = b.constant('table', normal('float32', 1, 1, 9, 2));
  const embedded = b.node('embed', 'Gather', [table, 'tokens']);
  const cell = b.node(
    'cell',
    operator,
    [
      embedded,
      b.constant('w', normal('float32', 2, 0.6, 2, gates * 3, 2)),
      b.constant('r', normal('float32', 3, 0.6, 2, gates * 3, 3)),
    ],
    { hidden_size: 3, direction: 'bidirectional' },
  );
  const shape: Tensor<'int64'> = {
    dtype: 'int64',
    shape: [3],
    data: BigInt64Array.of(4n, -1n, 6n),
  };
  const order = b.node('order', 'Transpose', [cell], { perm: [0, 2, 1, 3] });
  const states = b.node('states', 'Reshape', [order, b.constant('shape', shape)]);
  const head = b.node('head', 'MatMul', [states, b.constant('v', normal('float32', 4, 0.5, 6, 2))]);
  b.output('y', head, 'float32', [4, batch, 2]);
  return b.build();
}

describe.each(['LSTM', 'GRU'] as const)('%s on tokens, steps before examples', (operator) => {
  // As many examples as directions, and fewer than steps.
  const examples = 2;
  const tokens: Tensor<'int64'> = {
    dtype: 'int64',
    shape: [4, examples],
    data: BigInt64Array.of(1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n),
  };

  test.each(['batch', examples])(
    'of batch %s is measured as its definition says',
    async (batch) => {
      const graph = recurrent(operator, 'batch');
      const kept = [{ name: 'cell_output', dtype: null, shape: null }];
      const values = evaluate({ ...graph, outputs: kept }, { tokens }).get('cell_output');
      const cell = values?.data ?? new Float64Array();
      // [steps, directions, examples, units] by pairs of examples.
      let pairs = 0;
      for (let block = 0; block < 8; block++) {
        for (let unit = 0; unit < 3; unit++) {
          pairs += cell[block * 6 + unit] * cell[block * 6 + 3 + unit];
        }
      }
      const measured = await measureLayers(modelOf(recurrent(operator, batch)), storedWeights, [
        { tokens },
      ]);
      const row = layer(measured, 'cell_output');
      expect(measured.examples).toBe(examples);
      near(row.secondMoment, meanSquare(cell), 1e-5);
      expect([row.units, row.size]).toEqual([3, 24]);
      // A mean over 24 products that may cancel, of states that err by some 1e-7.
      expect(Math.abs((row.c ?? NaN) - pairs / 24 / meanSquare(cell))).toBeLessThan(1e-5);
      expect(layer(measured, 'head_output').c).not.toBeNull();
      expect(measured.input).toBeNull();
      expect(measured.notDifferentiable).toBeNull();
      const r = cotangent('head_output', [4, examples, 2]);
      for (const name of ['table', 'w', 'r', 'v']) {
        const numeric = differences(graph, { tokens }, name, 'y', r, examples);
        near(parameter(measured, name).gradientNorm, norm(numeric), 1e-5);
      }
    },
  );
});

test('half precision is measured as the numbers it has', async () => {
  const x = normal('float16', 7, 1, 5, 4);
  const measured = await measureLayers(modelOf(mlp('float16')), storedWeights, [{ x }]);
  const double = await measureLayers(modelOf(mlp('float64')), storedWeights, [
    { x: { dtype: 'float64', shape: [5, 4], data: toFloat64(x) } },
  ]);
  expect(measured.notDifferentiable).toBeNull();
  for (const row of double.layers) {
    // Weights, inputs and values err by 2⁻¹¹ each, sums of 6 of them by ten times that at most.
    near(layer(measured, row.name).secondMoment, row.secondMoment ?? NaN, 2 ** -7);
    near(layer(measured, row.name).gradientSecondMoment, row.gradientSecondMoment ?? NaN, 2 ** -7);
  }
});

test('dead and saturated units are counted, the latter where a function has two bounds', async () => {
  const b = builder('saturated');
  b.input('x', 'float32', ['batch', 1]);
  const w = b.constant('w', { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 0) });
  const product = b.node('product', 'MatMul', ['x', w]);
  const tanh = b.node('tanh', 'Tanh', [product]);
  const v = b.constant('v', normal('float32', 1, 1, 2, 1));
  b.output('y', b.node('last', 'MatMul', [tanh, v]), 'float32', ['batch', 1]);
  // tanh x is within 0.02 of ±1, 1 % of its range, for |x| > 2.2976.
  const x: Tensor = {
    dtype: 'float32',
    shape: [4, 1],
    data: Float32Array.of(-2.3, 2.29, 5, 0),
  };
  const measured = await measureLayers(modelOf(b.build()), storedWeights, [{ x }]);
  expect(layer(measured, 'tanh_output')).toMatchObject({ dead: 0.5, saturated: 2 / 8 });
  expect(layer(measured, 'product_output')).toMatchObject({ dead: 0.5, saturated: null });
});
