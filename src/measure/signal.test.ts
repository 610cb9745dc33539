import { expect, test } from 'vitest';
import { builder, modelOf, type Graph, type Model } from '../graph/index.ts';
import { fillNormal, key } from '../random/index.ts';
import { sizeOf, type Tensor } from '../tensor/index.ts';
import { makeInputs } from './inputs.ts';
import { layerValues } from '../network/index.ts';
import { measureSignal, type SignalRow } from './signal.ts';

const float32 = (shape: readonly number[], values: Iterable<number>): Tensor<'float32'> => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});

function normal(seed: number, std: number, ...shape: readonly number[]): Tensor<'float32'> {
  const data = new Float32Array(sizeOf(shape));
  fillNormal(key(seed), data, 0, std);
  return { dtype: 'float32', shape, data };
}

/** `x W` for row-major `x` of `inputs` columns and `W` of `outputs` columns, in float64. */
function product(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  inputs: number,
  outputs: number,
): Float64Array {
  const rows = x.length / inputs;
  const y = new Float64Array(rows * outputs);
  for (let row = 0; row < rows; row++) {
    for (let out = 0; out < outputs; out++) {
      for (let k = 0; k < inputs; k++) {
        y[row * outputs + out] += x[row * inputs + k] * w[k * outputs + out];
      }
    }
  }
  return y;
}

const w1 = normal(1, 0.5, 5, 8);
const w2 = normal(2, 0.5, 8, 3);
const bias = Float32Array.of(0.5, -9, 0.25, -9, 1, 0, -0.5, -9);

/** `relu(x W₁ + b) W₂`, three of whose hidden units are always below zero. */
function mlp(): Graph {
  const b = builder('mlp');
  const x = b.input('x', 'float32', ['batch', 5]);
  const product1 = b.node('first', 'MatMul', [x, b.constant('w1', w1)]);
  const sum = b.node('shift', 'Add', [product1, b.constant('b1', float32([8], bias))]);
  const hidden = b.node('relu', 'Relu', [sum]);
  const last = b.node('last', 'MatMul', [hidden, b.constant('w2', w2)]);
  b.output('y', last, 'float32', ['batch', 3]);
  return b.build();
}

const square = (values: Float64Array): number =>
  values.reduce((sum, x) => sum + x * x, 0) / values.length;
const average = (values: Float64Array): number =>
  values.reduce((sum, x) => sum + x, 0) / values.length;

test('a small network is measured as a float64 evaluation of it says', async () => {
  const x = normal(3, 1, 40, 5);
  const first = product(x.data, w1.data, 5, 8).map((value, index) => value + bias[index % 8]);
  const hidden = first.map((value) => Math.max(0, value));
  const last = product(hidden, w2.data, 8, 3);
  const rows = await measureSignal(modelOf(mlp()), [{ x }]);
  expect(rows.map(({ name, op, kind }) => [name, op, kind])).toEqual([
    ['shift_output', 'MatMul', 'linear'],
    ['relu_output', 'Relu', 'activation'],
    ['last_output', 'MatMul', 'linear'],
  ]);
  for (const [index, expected] of [first, hidden, last].entries()) {
    // Dot products of at most 8 float32 terms err by less than 10 ε of the sum of their magnitudes,
    // which is below 32 here.
    const error = 10 * 2 ** -24 * 32;
    const size = Math.sqrt(square(expected));
    expect(Math.abs((rows[index].mean ?? NaN) - average(expected))).toBeLessThan(error);
    expect(Math.abs((rows[index].secondMoment ?? NaN) - square(expected))).toBeLessThan(
      error * (2 * size + error),
    );
  }
  const isDead = (unit: number): boolean =>
    hidden.every((value, index) => index % 8 !== unit || value === 0);
  const dead = Array.from({ length: 8 }, (_, unit) => unit).filter(isDead).length;
  expect(dead).toBeGreaterThanOrEqual(3);
  expect(rows.map((row) => row.dead)).toEqual([0, dead / 8, 0]);
});

test('new values take the place of the stored ones, and the model stays as it is', async () => {
  const model = modelOf(mlp());
  const x = normal(3, 1, 4, 5);
  const before = await measureSignal(model, [{ x }]);
  const zeros = float32([8, 3], new Float32Array(24));
  const after = await measureSignal(model, [{ x }], { values: new Map([['w2', zeros]]) });
  expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
  expect(after[2]).toMatchObject({ secondMoment: 0, mean: 0, dead: 1 });
  expect(await measureSignal(model, [{ x }])).toEqual(before);
});

test('batches, and runs that keep within little memory, give what one run gives', async () => {
  const model = modelOf(mlp());
  const x = normal(3, 1, 6, 5);
  const whole = await measureSignal(model, [{ x }]);
  const steps: number[] = [];
  const narrow = await measureSignal(model, [{ x }], {
    memory: 100,
    progress: (done) => steps.push(done),
  });
  expect(narrow).toEqual(whole);
  expect(steps).toEqual([0, 0, 1, 2, 3]);
  const halves = [0, 1].map((half) => ({
    x: float32([3, 5], x.data.slice(15 * half, 15 * half + 15)),
  }));
  const parts = await measureSignal(model, halves);
  for (const [index, { secondMoment, dead }] of parts.entries()) {
    // The same float32 numbers (if onnxruntime sums alike for 3 and 6 rows) added in another order.
    expect(secondMoment).toBeCloseTo(whole[index].secondMoment ?? NaN, 5);
    expect(dead).toBe(whole[index].dead);
  }
});

test('large weights are fed, small ones encoded, and both are used', async () => {
  const b = builder('wide');
  const x = b.input('x', 'float32', ['batch', 64]);
  const large = b.node('large', 'MatMul', [x, b.constant('w', normal(5, 0.125, 64, 64))]);
  const small = b.node('small', 'Mul', [large, b.constant('scale', float32([], [3]))]);
  const last = b.node('last', 'MatMul', [small, b.constant('v', normal(6, 0.125, 64, 2))]);
  b.output('y', last, 'float32', ['batch', 2]);
  const feeds = { x: normal(7, 1, 8, 64) };
  const rows = await measureSignal(modelOf(b.build()), [feeds]);
  const hidden = product(feeds.x.data, normal(5, 0.125, 64, 64).data, 64, 64);
  const expected = product(
    hidden.map((value) => 3 * value),
    normal(6, 0.125, 64, 2).data,
    64,
    2,
  );
  // Relative error of sums of 64 products in float32, twice: below 130 ε of magnitudes within 100 x.
  expect(rows.map(({ name }) => name)).toEqual(['large_output', 'last_output']);
  expect(rows[0].secondMoment).toBeCloseTo(square(hidden), 4);
  expect(rows[1].secondMoment).toBeCloseTo(square(expected), 3);
});

test('numbers that are not finite become null, with a field that says which', async () => {
  const b = builder('wild');
  const x = b.input('x', 'float32', [2, 2]);
  const large = b.node('large', 'MatMul', [x, b.constant('w', float32([2, 1], [3e38, 3e38]))]);
  const exp = b.node('exp', 'Sigmoid', [b.node('turn', 'Mul', [large, large])]);
  const root = b.node('root', 'Log', [
    b.node('less', 'Sub', [exp, b.constant('two', float32([], [2]))]),
  ]);
  b.output('y', root, 'float32', [2, 1]);
  const feeds = { x: float32([2, 2], [1, 1, 1, -1]) };
  const rows = await measureSignal(modelOf(b.build()), [feeds]);
  expect(rows).toMatchInlineSnapshot(`
    [
      {
        "dead": 0,
        "kind": "linear",
        "mean": null,
        "name": "large_output",
        "notFinite": {
          "mean": "Infinity",
          "secondMoment": "Infinity",
          "share": 0.5,
        },
        "op": "MatMul",
        "secondMoment": null,
      },
      {
        "dead": 0,
        "kind": "activation",
        "mean": null,
        "name": "root_output",
        "notFinite": {
          "mean": "NaN",
          "secondMoment": "NaN",
          "share": 1,
        },
        "op": "Mul+Sigmoid+Sub+Log",
        "secondMoment": null,
      },
    ]
  `);
});

test('second moments of the largest float32 numbers are finite', async () => {
  const b = builder('large');
  const x = b.input('x', 'float32', [2, 1]);
  const large = b.node('large', 'MatMul', [x, b.constant('w', float32([1, 1], [3e38]))]);
  b.output('y', large, 'float32', [2, 1]);
  const [row] = await measureSignal(modelOf(b.build()), [{ x: float32([2, 1], [1, -1]) }]);
  const size = Math.fround(3e38);
  expect(row).toMatchObject({ secondMoment: size * size, mean: 0, dead: 0 });
  expect(row.notFinite).toBeUndefined();
});

/** An embedding of 7 words, an LSTM over the sequence and a linear map of its last state. */
function lstm(): Model {
  const b = builder('lstm');
  const tokens = b.input('tokens', 'int64', ['batch', 'sequence']);
  const table = b.constant('table', normal(11, 1, 7, 4));
  const embedded = b.node('embed', 'Gather', [table, tokens]);
  const turned = b.node('turn', 'Transpose', [embedded], { perm: [1, 0, 2] });
  const w = b.constant('w', normal(12, 0.5, 1, 12, 4));
  const r = b.constant('r', normal(13, 0.5, 1, 12, 3));
  const states = b.node('lstm', 'LSTM', [turned, w, r], { hidden_size: 3 }, 2);
  const last = b.node('head', 'MatMul', [states, b.constant('v', normal(14, 1, 3, 2))]);
  b.output('y', last, 'float32', ['sequence', 1, 'batch', 2]);
  return modelOf(b.build());
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

test('an LSTM is measured as its equations say', async () => {
  const model = lstm();
  const [feeds] = makeInputs(model.graph, { seed: 3, batch: 5 });
  expect(feeds['tokens'].shape).toEqual([5, 16]);
  const rows = await measureSignal(model, [feeds]);
  const table = normal(11, 1, 7, 4).data;
  const w = normal(12, 0.5, 1, 12, 4).data;
  const r = normal(13, 0.5, 1, 12, 3).data;
  let sum = 0;
  for (let example = 0; example < 5; example++) {
    let h = [0, 0, 0];
    let c = [0, 0, 0];
    for (let step = 0; step < 16; step++) {
      const token = Number(feeds['tokens'].data[16 * example + step]);
      const before = h;
      // ONNX orders the gates input, output, forget, cell.
      const gate = (index: number): number => {
        let value = 0;
        for (let k = 0; k < 4; k++) value += w[4 * index + k] * table[4 * token + k];
        for (let k = 0; k < 3; k++) value += r[3 * index + k] * before[k];
        return value;
      };
      c = c.map(
        (cell, k) => sigmoid(gate(6 + k)) * cell + sigmoid(gate(k)) * Math.tanh(gate(9 + k)),
      );
      h = c.map((cell, k) => sigmoid(gate(3 + k)) * Math.tanh(cell));
      for (const value of h) sum += value * value;
    }
  }
  expect(rows.map(({ op, kind }) => [op, kind])).toEqual([
    ['Gather', 'embedding'],
    ['LSTM', 'linear'],
    ['MatMul', 'linear'],
  ]);
  // onnxruntime's own float32 tanh and sigmoid err by about 1e-6, carried over 16 steps.
  expect(Math.abs((rows[1].secondMoment ?? NaN) - sum / 240)).toBeLessThan(1e-5);
});

/** Names and operators of the layers of a graph. */
const layersOf = (graph: Graph): string[] =>
  layerValues(graph).map(({ op, kind, unitAxis }) => `${kind} ${op} ${unitAxis}`);

test('a function spelled in several operators is one row, plumbing and masks are none', () => {
  const b = builder('block');
  const x = b.input('x', 'float32', ['batch', 16, 8]);
  const mask = b.input('attention_mask', 'float32', ['batch', 1, 16]);
  const scalar = (name: string, value: number): string => b.constant(name, float32([], [value]));
  const query = b.node('query', 'MatMul', [x, b.constant('wq', normal(1, 1, 8, 8))]);
  const keys = b.node('keys', 'Transpose', [x], { perm: [0, 2, 1] });
  const scores = b.node('scores', 'MatMul', [query, keys]);
  const masked = b.node('masked', 'Add', [scores, mask]);
  const attention = b.node('attention', 'Softmax', [masked]);
  const mixed = b.node('mixed', 'MatMul', [attention, x]);
  const residual = b.node('residual', 'Add', [x, mixed]);
  const up = b.node('up', 'MatMul', [residual, b.constant('wu', normal(2, 1, 8, 8))]);
  const biased = b.node('biased', 'Add', [b.constant('bu', normal(3, 1, 8)), up]);
  const scaled = b.node('scaled', 'Div', [biased, scalar('root2', Math.SQRT2)]);
  const erf = b.node('erf', 'Erf', [scaled]);
  const shifted = b.node('shifted', 'Add', [erf, scalar('one', 1)]);
  const gated = b.node('gated', 'Mul', [biased, shifted]);
  const gelu = b.node('gelu', 'Mul', [gated, scalar('half', 0.5)]);
  const silu = b.node('silu', 'Mul', [gelu, b.node('gate', 'Sigmoid', [gelu])]);
  b.output(
    'y',
    b.node('shape', 'Reshape', [
      silu,
      b.constant('to', {
        dtype: 'int64',
        shape: [2],
        data: BigInt64Array.of(-1n, 8n),
      }),
    ]),
    'float32',
    ['batch', 8],
  );
  expect(layersOf(b.build())).toEqual([
    'linear MatMul -1',
    'softmax Softmax -1',
    'sum Add -1',
    'linear MatMul -1',
    'activation Div+Erf+Add+Mul+Sigmoid -1',
  ]);
});

test('channels are on axis 1 after a convolution and follow a transposition', () => {
  const b = builder('conv');
  const x = b.input('x', 'float32', ['batch', 3, 8, 8]);
  const conv = b.node('conv', 'Conv', [x, b.constant('w', normal(1, 1, 4, 3, 3, 3))]);
  const relu = b.node('relu', 'Relu', [conv]);
  const pool = b.node('pool', 'MaxPool', [relu], { kernel_shape: [2, 2] });
  const last = b.node('last', 'Transpose', [pool], { perm: [0, 2, 3, 1] });
  const tanh = b.node('tanh', 'Tanh', [last]);
  const back = b.node('back', 'Transpose', [tanh], { perm: [0, 3, 1, 2] });
  b.output('y', b.node('relu2', 'Relu', [back]), 'float32', ['batch', 4, 3, 3]);
  expect(layersOf(b.build())).toEqual([
    'linear Conv 1',
    'activation Relu 1',
    'pool MaxPool 1',
    'activation Tanh -1',
    'activation Relu 1',
  ]);
});

test('a network of float16 is measured', async () => {
  const b = builder('half');
  const x = b.input('x', 'float16', ['batch', 1]);
  const w = b.constant('w', { dtype: 'float16', shape: [1, 1], data: Uint16Array.of(0x4000) });
  b.output('y', b.node('double', 'MatMul', [x, w]), 'float16', ['batch', 1]);
  const feeds = {
    x: { dtype: 'float16', shape: [2, 1], data: Uint16Array.of(0x3c00, 0x4200) },
  } as const;
  const rows: readonly SignalRow[] = await measureSignal(modelOf(b.build()), [feeds]);
  // 2 · 1 and 2 · 3, exact in binary16.
  expect(rows).toMatchObject([{ secondMoment: 20, mean: 4, dead: 0 }]);
});
