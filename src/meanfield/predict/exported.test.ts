import { expect, test } from 'vitest';
import { builder, type Builder, type Graph } from '../../graph/index.ts';
import { describeNetwork } from '../../network/index.ts';
import { predict } from './predict.ts';
import type { Laws, PredictedLayer } from './prediction.ts';

/** Weights of variance `2 / fan_in`, biases zero, what is no layer's as it is stored. */
function lawsOf(graph: Graph): Laws {
  const infos = new Map(describeNetwork(graph).parameters.map((info) => [info.name, info]));
  return (name) => {
    const fanIn = infos.get(name)?.fanIn ?? null;
    return fanIn === null ? null : { mean: 0, variance: 2 / fanIn, caveat: null };
  };
}

/** The rows of a graph on one input. */
function rowsOf(
  shape: readonly (number | string)[],
  build: (b: Builder, x: string) => string,
): (name: string) => PredictedLayer {
  const b = builder('exported');
  b.output('y', build(b, b.input('x', 'float32', shape)), 'float32', ['batch']);
  const graph = b.build();
  const { layers } = predict(graph, describeNetwork(graph), lawsOf(graph), { model: 'exported' });
  return (name) => {
    const row = layers.find((layer) => layer.name === name);
    if (row === undefined) throw new Error(`no row ${name}: ${layers.map((l) => l.name).join()}`);
    return row;
  };
}

const int64 = (b: Builder, name: string, ...values: number[]): string =>
  b.constant(name, {
    dtype: 'int64',
    shape: [values.length],
    data: BigInt64Array.from(values, BigInt),
  });

const float32 = (b: Builder, name: string, ...values: number[]): string =>
  b.constant(name, { dtype: 'float32', shape: [values.length], data: Float32Array.from(values) });

test('a group normalisation of three nodes normalises groups and keeps the positions', () => {
  const row = rowsOf(['batch', 3, 16, 16], (b, x) => {
    const conv = b.node('conv', 'Conv', [x, b.parameter('conv.w', [64, 3, 3, 3])]);
    const grouped = b.node('in', 'Reshape', [conv, int64(b, 'groups', 0, 2, -1)]);
    const normal = b.node('norm', 'InstanceNormalization', [
      grouped,
      float32(b, 'ones', 1, 1),
      float32(b, 'zeros', 0, 0),
    ]);
    const back = b.node('out', 'Reshape', [normal, b.node('shape', 'Shape', [conv])]);
    return b.node('pool', 'GlobalAveragePool', [back]);
  });
  // A second moment of 2 and ε = 1e-5: 2 / (2 + 1e-5).
  expect(Math.abs(row('norm_output').q! - 1)).toBeLessThan(1e-5);
  // Positions of white noise are independent but for shared windows: their mean is far below one of them.
  expect(row('pool_output').q!).toBeLessThan(0.1);
});

test('a transposed convolution sums over the taps that hit an input', () => {
  const row = rowsOf(['batch', 50, 1, 1], (b, x) => {
    const first = b.node('first', 'ConvTranspose', [x, b.parameter('first.w', [50, 20, 4, 4])]);
    return b.node('second', 'ConvTranspose', [first, b.parameter('second.w', [20, 8, 3, 3])], {
      strides: [2, 2],
    });
  });
  // One input: each output sees one tap of each of 50 units.
  const q = row('first_output').q!;
  expect(Math.abs(q - (2 / describeFan([50, 20, 4, 4], [1, 1])) * 50)).toBeLessThan(1e-12);
  // Of 9 outputs in a row the 4 inputs reach 4 x 3: 12/9 taps on average, of both axes.
  const taps = (12 / 9) ** 2;
  const own = describeFan([20, 8, 3, 3], [2, 2]);
  expect(Math.abs(row('second_output').q! / (q * (2 / own) * 20 * taps) - 1)).toBeLessThan(1e-12);
});

function describeFan(shape: readonly number[], strides: number[]): number {
  const b = builder('fan');
  const x = b.input('x', 'float32', [1, shape[0], 4, 4]);
  const y = b.node('t', 'ConvTranspose', [x, b.parameter('w', shape)], { strides });
  b.output('y', y, 'float32', [1]);
  return describeNetwork(b.build()).parameters[0].fanIn!;
}
