import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { builder, type Builder, type Graph } from '../../graph/index.ts';
import { describeNetwork, type ParameterInfo } from '../../network/index.ts';
import { castTo } from '../../tensor/index.ts';
import type { Built } from './dialect.ts';
import { dialect } from './dialects.ts';
import { ORTHOGONAL_TOLERANCE } from './orthogonal-from.ts';

interface Golden {
  readonly seed: number;
  readonly weights: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly sha256?: string;
    readonly step?: number;
    readonly values?: readonly number[];
  }[];
}

/** From test/golden/dialect_networks.py. */
function golden(name: string): Golden {
  const file = resolve(import.meta.dirname, `../../../test/golden/dialect_networks_${name}.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as Golden;
}

function convolutions(b: Builder): string {
  const conv = b.node('conv', 'Conv', [
    b.input('image', 'float32', [1, 4, 9, 9]),
    b.parameter('conv.w', [6, 4, 3, 2]),
    b.parameter('conv.b', [6]),
  ]);
  const depthwise = b.node('depthwise', 'Conv', [conv, b.parameter('depthwise.w', [12, 1, 3, 3])], {
    group: 6,
  });
  const grouped = b.node('grouped', 'Conv', [depthwise, b.parameter('grouped.w', [8, 6, 1, 1])], {
    group: 2,
  });
  const transposed = b.node('transposed', 'ConvTranspose', [
    grouped,
    b.parameter('transposed.w', [8, 5, 2, 3]),
  ]);
  const norm = b.node('norm', 'BatchNormalization', [
    transposed,
    ...['gamma', 'beta', 'moving_mean', 'moving_variance'].map((name) =>
      b.parameter(`norm.${name}`, [5]),
    ),
  ]);
  return b.node('activation', 'PRelu', [norm, b.parameter('prelu', [5, 1, 1], 0.25)]);
}

function head(b: Builder, image: string): string {
  const features = b.node('flat', 'Flatten', [b.node('pool', 'GlobalAveragePool', [image])]);
  const gemm = b.node(
    'gemm',
    'Gemm',
    [features, b.parameter('gemm.w', [7, 5]), b.parameter('gemm.b', [7])],
    { transB: 1 },
  );
  const product = b.node('matmul', 'MatMul', [
    b.node('relu', 'Relu', [gemm]),
    b.parameter('matmul.w', [7, 3]),
  ]);
  return b.node('add', 'Add', [product, b.parameter('matmul.b', [3])]);
}

function recurrent(
  b: Builder,
  name: string,
  operator: string,
  hidden: number,
  directions: number,
): void {
  const gates = { LSTM: 4, GRU: 3, RNN: 1 }[operator] ?? 0;
  const output = b.node(
    name,
    operator,
    [
      'steps',
      b.parameter(`${name}.w`, [directions, gates * hidden, 6]),
      b.parameter(`${name}.r`, [directions, gates * hidden, hidden]),
      b.parameter(`${name}.b`, [directions, 2 * gates * hidden]),
    ],
    { hidden_size: hidden, direction: directions === 2 ? 'bidirectional' : 'forward' },
  );
  b.output(`${name}.y`, output, 'float32', [5, directions, 1, hidden]);
}

/** Every kind of layer that frameworks and ONNX store differently. */
function network(): Graph {
  const b = builder('layers');
  b.output('classes', head(b, convolutions(b)), 'float32', [1, 3]);
  const embedded = b.node('look up', 'Gather', [
    b.parameter('embedding', [11, 6]),
    b.input('tokens', 'int64', [1, 4]),
  ]);
  b.output('embedded', embedded, 'float32', [1, 4, 6]);
  b.input('steps', 'float32', [5, 1, 6]);
  recurrent(b, 'lstm', 'LSTM', 5, 1);
  recurrent(b, 'both', 'LSTM', 4, 2);
  recurrent(b, 'gru', 'GRU', 3, 1);
  recurrent(b, 'rnn', 'RNN', 4, 1);
  recurrent(b, 'rnns', 'RNN', 2, 2);
  return b.build();
}

const described = describeNetwork(network());

function valuesOf(built: ReadonlyMap<string, Built>, name: string): Float32Array {
  const data = built.get(name)?.tensor.data;
  if (!(data instanceof Float32Array)) throw new TypeError(`${name} was not built as float32`);
  return data;
}

test.each(['keras-jax', 'keras-torch', 'keras-tf', 'jax'])(
  'a network built as %s has the weights that the layers of the framework make',
  (name) => {
    const { seed, weights } = golden(name.replace('-', '_'));
    const built = dialect(name).build(described, seed);
    for (const { name: weight, shape, sha256, step = 1, values = [] } of weights) {
      const data = valuesOf(built, weight);
      expect(built.get(weight)?.tensor.shape, weight).toEqual(shape);
      const hash = createHash('sha256').update(new Uint8Array(data.buffer)).digest('hex');
      if (sha256 !== undefined) expect(hash, weight).toBe(sha256);
      for (const [i, value] of values.entries()) {
        expect(Math.abs(data[i * step] - value), weight).toBeLessThan(ORTHOGONAL_TOLERANCE);
      }
    }
  },
);

test('a network built as tf is the one built as keras-tf, whose layers it shares', () => {
  const own = dialect('tf').build(described, 7);
  const keras = dialect('keras-tf').build(described, 7);
  expect([...own.keys()]).toEqual([...keras.keys()]);
  for (const name of own.keys()) expect(valuesOf(own, name)).toEqual(valuesOf(keras, name));
});

test('a network built as tfjs draws its i-th tensor, in the layout [in, out], with seed + i', () => {
  const tfjs = dialect('tfjs');
  const built = tfjs.build(described, 10);
  const drawn = described.parameters
    .map((parameter) => parameter.name)
    .filter((name) => built.get(name)?.std !== 0 && built.has(name));
  const { draw } = tfjs.functions.glorot_normal;
  const inOut = draw(10 + 1 + drawn.indexOf('gemm.w'), [5, 7], {}).data;
  const stored = valuesOf(built, 'gemm.w');
  for (let i = 0; i < 5; i++)
    for (let o = 0; o < 7; o++) expect(stored[o * 5 + i]).toBe(inOut[i * 7 + o]);
});

test('every tensor of layers is built, and says what drew it', () => {
  for (const name of ['jax', 'tf', 'keras-jax', 'keras-torch', 'keras-tf', 'tfjs']) {
    const built = dialect(name).build(described, 0);
    expect([...built.keys()].sort()).toEqual(described.parameters.map((info) => info.name).sort());
    for (const { call, reason } of built.values()) {
      expect(call).not.toBe('');
      expect(reason).toMatch(/\.$/);
    }
  }
});

test('Keras takes no seed from 2^32 on for a network', () => {
  expect(() => dialect('keras-tf').build(described, 2 ** 32)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: keras-tf: seed of a network must be in 0…2^32-1, got 4294967296]`,
  );
});

test('a recurrent weight that is stored in parts or in another order is cut from the same matrix', () => {
  const whole = described.parameters.find((info) => info.name === 'lstm.w');
  if (whole === undefined) throw new Error('lstm.w must be there');
  const [input, output, forget, cell] = whole.blocks;
  // As PyTorch stores it: two dimensions, gates i, f, g, o.
  const stored = [input, forget, cell, output].map(({ name, fanIn, fanOut }, index) => ({
    name,
    fanIn,
    fanOut,
    start: [index * 5, 0],
    shape: [5, 6],
  }));
  const two: ParameterInfo = { ...whole, shape: [20, 6], layout: ['out', 'in'], blocks: stored };
  const part: ParameterInfo = {
    ...two,
    shape: [6, 5],
    layout: ['in', 'out'],
    blocks: [{ ...cell, start: [0, 0], shape: [6, 5] }],
  };
  const valuesFrom = (parameter: ParameterInfo): Float32Array =>
    valuesOf(dialect('keras-tf').build({ ...described, parameters: [parameter] }, 3), 'lstm.w');
  const reference = valuesFrom(whole);
  const reordered = valuesFrom(two);
  for (const [from, to] of [
    [0, 0],
    [2, 1],
    [3, 2],
    [1, 3],
  ]) {
    expect(reordered.subarray(to * 30, to * 30 + 30)).toEqual(
      reference.subarray(from * 30, from * 30 + 30),
    );
  }
  const transposed = valuesFrom(part);
  for (let i = 0; i < 6; i++)
    for (let o = 0; o < 5; o++) expect(transposed[i * 5 + o]).toBe(reference[90 + o * 6 + i]);
});

test('a network of half precision gets the same numbers, rounded last', () => {
  const parameters = described.parameters.map((info): ParameterInfo => ({
    ...info,
    dtype: 'bfloat16',
  }));
  const built = dialect('keras-torch').build({ ...described, parameters }, 3);
  const exact = dialect('keras-torch').build(described, 3);
  for (const [name, { tensor }] of built) {
    expect(tensor.data, name).toEqual(castTo('bfloat16', valuesOf(exact, name)));
  }
});
