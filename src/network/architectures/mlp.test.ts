import { describe, expect, test } from 'vitest';
import { evaluate } from '../../autodiff/index.ts';
import type { Graph } from '../../graph/index.ts';
import { fillNormal, key } from '../../random/index.ts';
import { sizeOf, toFloat64, type Tensor } from '../../tensor/index.ts';
import { buildArchitecture } from './index.ts';

function normal(seed: number, shape: readonly number[]): Tensor<'float32'> {
  const data = new Float32Array(sizeOf(shape));
  fillNormal(key(seed), data, 0, 1);
  return { dtype: 'float32', shape, data };
}

/** A graph whose weights are N(0, 1), the i-th with seed i, and their values by name. */
function drawn(text: string): { graph: Graph; weights: ReadonlyMap<string, Tensor<'float32'>> } {
  const graph = buildArchitecture(text);
  const weights = new Map(
    [...graph.constants.values()]
      .filter(({ name }) => /^layers\.\d+\.weight$/.test(name))
      .map(({ name, shape }, index) => [name, normal(index, shape)] as const),
  );
  const constants = new Map(
    [...graph.constants].map(([name, constant]) => {
      const tensor = weights.get(name);
      return [name, tensor === undefined ? constant : { ...constant, read: () => tensor }];
    }),
  );
  return { graph: { ...graph, constants }, weights };
}

type Matrix = readonly (readonly number[])[];

const rows = (values: ArrayLike<number>, width: number): Matrix =>
  Array.from({ length: values.length / width }, (_, i) =>
    Array.from({ length: width }, (__, j) => values[i * width + j]),
  );

/** `x Wᵀ`. */
const times = (x: Matrix, w: Matrix): Matrix =>
  x.map((row) => w.map((column) => row.reduce((sum, value, i) => sum + value * column[i], 0)));

const relu = (x: Matrix): Matrix => x.map((row) => row.map((value) => Math.max(0, value)));

/** Without the mean over the batch and, if asked for, divided by the deviation. */
function normalised(x: Matrix, isScaled: boolean): Matrix {
  const mean = x[0].map((_, i) => x.reduce((sum, row) => sum + row[i], 0) / x.length);
  const centred = x.map((row) => row.map((value, i) => value - mean[i]));
  if (!isScaled) return centred;
  const variance = x[0].map(
    (_, i) => centred.reduce((sum, row) => sum + row[i] ** 2, 0) / x.length,
  );
  return centred.map((row) => row.map((value, i) => value / Math.sqrt(variance[i] + 1e-5)));
}

describe('a multilayer perceptron', () => {
  test.each([
    ['mlp:3-4x3-2:batchnorm', true],
    ['mlp:3-4x3-2:centred', false],
  ])('%s does so with the pre-activations of the batch', (text, isScaled) => {
    const { graph, weights } = drawn(text);
    const input = normal(99, [5, 3]);
    let x = rows(toFloat64(input), 3);
    for (let layer = 0; layer < 4; layer++) {
      const weight = weights.get(`layers.${layer}.weight`)!;
      if (layer > 0) x = relu(normalised(x, isScaled));
      x = times(x, rows(weight.data, weight.shape[1]));
    }
    const found = evaluate(graph, { input }).get('output')!;
    found.data.forEach((value, i) => expect(value).toBeCloseTo(x.flat()[i], 10));
  });

  test.each([
    ['mlp:3-4x3-2:residual', 1, false],
    ['mlp:3-4x3-2:residual:0.25', 0.25, false],
    ['mlp:3-4x3-2:batchnorm:residual:0.5', 0.5, true],
  ])('%s adds what a hidden layer computes to its input', (text, beta, isNormalised) => {
    const { graph, weights } = drawn(text);
    const input = normal(99, [5, 3]);
    const weightOf = (layer: number): Matrix => {
      const weight = weights.get(`layers.${layer}.weight`)!;
      return rows(weight.data, weight.shape[1]);
    };
    let x = times(rows(toFloat64(input), 3), weightOf(0));
    for (const layer of [1, 2]) {
      const y = times(relu(isNormalised ? normalised(x, true) : x), weightOf(layer));
      x = x.map((row, n) => row.map((value, i) => value + Math.fround(beta) * y[n][i]));
    }
    x = times(x, weightOf(3));
    const found = evaluate(graph, { input }).get('output')!;
    found.data.forEach((value, i) => expect(value).toBeCloseTo(x.flat()[i], 10));
  });

  test.each([
    [
      'mlp:3-4-2:batchnorm:centred',
      'mlp: layers must be normalised or centred, got both in mlp:3-4-2:batchnorm:centred',
    ],
    ['mlp:3-4-2:residual:0', 'mlp: the factor of residual must be positive, got 0'],
    ['mlp:3-4-2:residual:-1', 'mlp: the factor of residual must be positive, got -1'],
    [
      'mlp:3-4-2:residual:residual',
      'mlp: residual must be given once, got mlp:3-4-2:residual:residual',
    ],
    ['mlp:3-4-5-2:residual', 'mlp: hidden layers must have one width to be residual, got 3-4-5-2'],
    ['mlp:3-2:residual', 'mlp: hidden layers must have one width to be residual, got none'],
    [
      'mlp:3-4-2:batchnorm:batchnorm',
      'mlp: batchnorm must be given once, got mlp:3-4-2:batchnorm:batchnorm',
    ],
    [
      'mlp:3-4-2:layernorm',
      'mlp: words must be batchnorm, centred, residual, crelu or an activation such as relu after the sizes, got layernorm',
    ],
  ])('%s is refused', (text, message) => {
    expect(() => buildArchitecture(text)).toThrow(message);
  });
});
