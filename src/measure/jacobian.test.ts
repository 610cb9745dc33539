import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  chain,
  drawn,
  expectSame,
  inputsOf,
  int64,
  measure,
  normals,
  reference,
  tensorOf,
  withWeights,
} from '../../test/jacobian-fixture.ts';
import { cotangentName, evaluate, gradientName, vjp } from '../autodiff/index.ts';
import { builder, modelOf, type Graph, type ValueInfo } from '../graph/index.ts';
import { buildArchitecture } from '../network/index.ts';
import { productTransposed, singularValues } from '../numeric/index.ts';
import { haarColumns, key } from '../random/index.ts';
import { type Tensor } from '../tensor/index.ts';
import { storedWeights } from './ensemble.ts';
import { makeInputs, type Feeds } from './inputs.ts';
import { measureJacobian } from './jacobian.ts';

describe('all singular values are those of the float64 reference', () => {
  test('of an MLP with fewer outputs than inputs, and one with more', async () => {
    for (const [text, rows, cols] of [
      ['mlp:20-30x3-10:tanh', 10, 20],
      ['mlp:10-30x3-25:gelu', 25, 10],
    ] as const) {
      const graph = drawn(buildArchitecture(text));
      const feeds = inputsOf(graph);
      const found = await measure(graph, feeds);
      expect(found).toMatchObject({ from: 'input', to: 'output', rows, cols, method: 'exact' });
      expectSame(found.singularValues, reference(graph, feeds, found, [1, rows]));
    }
  });

  test('of a residual network with batch normalisation in inference', async () => {
    const graph = drawn(buildArchitecture('resnet:8'));
    const feeds = inputsOf(graph);
    const found = await measure(graph, feeds);
    expect(found).toMatchObject({ rows: 10, cols: 3072 });
    expectSame(found.singularValues, reference(graph, feeds, found, [1, 10]));
  });

  test('of a transformer block, from the embeddings, since its input holds integers', async () => {
    const graph = drawn(buildArchitecture('transformer:v20-8x1h2-12:t5'));
    const feeds = inputsOf(graph);
    const found = await measure(graph, feeds);
    expect(found).toMatchObject({ from: 'embed_output', to: 'output', rows: 60, cols: 40 });
    expectSame(found.singularValues, reference(graph, feeds, found, [1, 5, 12]));
  });

  test('of an LSTM, whose steps are the body of a loop', async () => {
    const graph = drawn(buildArchitecture('lstm:4-6-3'));
    const feeds = inputsOf(graph);
    const found = await measure(graph, feeds);
    expectSame(found.singularValues, reference(graph, feeds, found, [1, 3]));
  });

  test('between values inside', async () => {
    const graph = drawn(buildArchitecture('mlp:20-30x3-10:tanh'));
    const feeds = inputsOf(graph);
    const ends = { from: 'layers.0_output', to: 'activations.1_output' };
    const found = await measure(graph, feeds, ends);
    expect(found).toMatchObject({ ...ends, rows: 30, cols: 30 });
    expectSame(found.singularValues, reference(graph, feeds, ends, [1, 30]));
  });
});

test('a batch gives the Jacobian of its first example', async () => {
  const graph = drawn(buildArchitecture('mlp:20-30x3-10:tanh'));
  const feeds = inputsOf(graph, 3);
  const { data } = feeds['input'];
  const first = { input: tensorOf([1, 20], Array.from(data, Number).slice(0, 20)) };
  const [whole, alone] = [await measure(graph, feeds), await measure(graph, first)];
  expectSame(whole.singularValues, alone.singularValues ?? []);
});

describe('a batch that the file fixes', () => {
  const fixed = (batch: number): Graph => {
    const graph = drawn(buildArchitecture('mlp:20-30x3-10:tanh'));
    const fix = (infos: readonly ValueInfo[]): ValueInfo[] =>
      infos.map((info) => ({ ...info, shape: [batch, ...(info.shape ?? []).slice(1)] }));
    return { ...graph, inputs: fix(graph.inputs), outputs: fix(graph.outputs) };
  };

  test.each([1, 3])('of %i examples gives the Jacobian of one', async (batch) => {
    const graph = fixed(batch);
    const feeds = inputsOf(graph, batch);
    const found = await measure(graph, feeds);
    expect(found).toMatchObject({ rows: 10, cols: 20 });
    expectSame(found.singularValues, reference(graph, feeds, found, [batch, 10], batch));
  });

  test('of 3 sequences in an LSTM takes them one vector each', async () => {
    const open = drawn(buildArchitecture('lstm:4-6-3'));
    const fix = (infos: readonly ValueInfo[]): ValueInfo[] =>
      infos.map((info) => ({
        ...info,
        shape: (info.shape ?? []).map((extent) => (extent === 'batch' ? 3 : extent)),
      }));
    const graph = { ...open, inputs: fix(open.inputs), outputs: fix(open.outputs) };
    const feeds = inputsOf(graph, 3);
    const found = await measure(graph, feeds);
    expectSame(found.singularValues, reference(graph, feeds, found, [3, 3], 3));
  });
});

test('batch normalisation in training couples examples: the first is taken within its batch', async () => {
  const b = builder('coupled');
  const x = b.input('x', 'float32', ['batch', 4]);
  const mean = b.node('mean', 'ReduceMean', [x, b.constant('axes', int64([0]))], { keepdims: 1 });
  const centred = b.node('centred', 'Sub', [x, mean]);
  const w = b.constant('w', tensorOf([4, 3], normals('w', 12)));
  const y = b.node('product', 'MatMul', [centred, w]);
  b.output('y', b.node('phi', 'Tanh', [y]), 'float32', ['batch', 3]);
  const graph = b.build();
  const feeds = { x: tensorOf([5, 4], normals('x', 20)) };
  const found = await measure(graph, feeds);
  expect(found).toMatchObject({ rows: 3, cols: 4 });
  expectSame(found.singularValues, reference(graph, feeds, found, [5, 3], 5));
});

test('a linear network has the singular values of the product of its matrices', async () => {
  const n = 24;
  const graph = chain(n, 3, null);
  const matrices = [0, 1, 2].map((l) =>
    Float64Array.from(normals(`w${l}`, n * n), (x) => Math.fround(x / Math.sqrt(n))),
  );
  const weights = Object.fromEntries(matrices.map((w, l) => [`w${l}`, tensorOf([n, n], w)]));
  const turned = (a: Float64Array): Float64Array =>
    Float64Array.from({ length: n * n }, (_, i) => a[(i % n) * n + Math.floor(i / n)]);
  const two = productTransposed(matrices[1], turned(matrices[0]), n, n, n);
  const three = productTransposed(matrices[2], turned(two), n, n, n);
  const found = await measureJacobian(
    modelOf(graph),
    withWeights(graph, weights),
    inputsOf(graph, 1),
  );
  expectSame(found.singularValues, singularValues(three, n, n).reverse());
  const squares = (found.singularValues ?? []).map((s) => s * s);
  const mean = squares.reduce((sum, x) => sum + x, 0) / n;
  expect(found.mean / mean).toBeCloseTo(1, 12);
  expect(found.deciles).toHaveLength(11);
  expect([found.deciles[0], found.deciles[10]]).toEqual([found.sMin, found.sMax]);
});

test('float64 networks are measured in float64', async () => {
  const b = builder('double');
  const x = b.input('x', 'float64', ['batch', 6]);
  const w: Tensor = { dtype: 'float64', shape: [6, 6], data: normals('d', 36) };
  const y = b.node('product', 'MatMul', [x, b.constant('w', w)]);
  b.output('y', b.node('phi', 'Tanh', [y]), 'float64', ['batch', 6]);
  const graph = b.build();
  const feeds: Feeds = { x: { dtype: 'float64', shape: [1, 6], data: normals('x', 6) } };
  const derivative = vjp(graph, { of: ['y'], withRespectTo: ['x'] });
  const matrix = new Float64Array(36);
  for (let i = 0; i < 6; i++) {
    const data = Float64Array.from({ length: 6 }, (_, j) => (i === j ? 1 : 0));
    const seed: Tensor = { dtype: 'float64', shape: [1, 6], data };
    const row = evaluate(derivative, { ...feeds, [cotangentName('y')]: seed });
    matrix.set(row.get(gradientName('x'))?.data ?? [], 6 * i);
  }
  const expected = singularValues(matrix, 6, 6).reverse();
  const found = await measure(graph, feeds);
  found.singularValues?.forEach((s, i) =>
    expect(Math.abs(s - expected[i])).toBeLessThan(1e-14 * expected[0]),
  );
});

test('several draws are put together, and each has its numbers', async () => {
  const graph = chain(8, 1, null);
  const scaled = (factor: number): Tensor =>
    tensorOf(
      [8, 8],
      Array.from({ length: 64 }, (_, i) => (i % 9 === 0 ? factor : 0)),
    );
  const ensemble = { seeds: [1, 2], draw: (seed: number) => new Map([['w0', scaled(seed)]]) };
  const found = await measureJacobian(modelOf(graph), ensemble, inputsOf(graph, 1));
  expect(found.singularValues).toHaveLength(16);
  const { sMax, sMin, mean } = found.draws;
  for (const [draw, s] of [1, 2].entries()) {
    expect([sMax[draw], sMin[draw]]).toEqual([expect.closeTo(s, 14), expect.closeTo(s, 14)]);
    expect(mean[draw]).toBeCloseTo(s * s, 13);
  }
  expect([found.sMax, found.sMin]).toEqual([sMax[1], sMin[0]]);
  expect(found.mean).toBeCloseTo(2.5, 13);
  expect(found.variance).toBeCloseTo(2.25, 13);
});

test('weights can be what is varied, and a value varies with itself by the identity', async () => {
  const graph = drawn(buildArchitecture('mlp:6-5x2-4:tanh'));
  const feeds = inputsOf(graph);
  const ends = { from: 'layers.1.weight', to: 'output' };
  const found = await measure(graph, feeds, ends);
  expect(found).toMatchObject({ ...ends, rows: 4, cols: 25 });
  expectSame(found.singularValues, reference(graph, feeds, ends, [1, 4]));
  const itself = await measure(graph, feeds, { from: 'output', to: 'output' });
  expectSame(itself.singularValues, [1, 1, 1, 1]);
});

test('a thousand layers are no trouble', async () => {
  const n = 6;
  const graph = chain(n, 1000, 'Tanh');
  const q = haarColumns(key(2), n, n);
  const one = tensorOf([n, n], q);
  const weights = Object.fromEntries(Array.from({ length: 1000 }, (_, l) => [`w${l}`, one]));
  const feeds = { x: tensorOf([1, n], normals('x', n)) };
  const found = await measureJacobian(modelOf(graph), withWeights(graph, weights), feeds);
  const drawnGraph = {
    ...graph,
    constants: new Map(
      [...graph.constants].map(([name, constant]) => [
        name,
        { ...constant, read: () => weights[name] ?? constant.read() },
      ]),
    ),
  };
  const expected = reference(drawnGraph, feeds, found, [1, n]);
  // Rounding of a thousand layers, each to some units of 2⁻²⁴.
  found.singularValues?.forEach((s, i) =>
    expect(Math.abs(s - expected[i])).toBeLessThan(1000 * 2 ** -22 * expected[0]),
  );
});

const MODELS = resolve(import.meta.dirname, '../../../shared/models');
const isThere = existsSync(MODELS);
if (!isThere) console.log(`skipped: ${MODELS} is not there`);

describe.skipIf(!isThere)('files of other makers', () => {
  test('LeNet, whose batch is 2, has the Jacobian of its float64 reference', async () => {
    const { readModelFile } = await import('../files/index.ts');
    const model = readModelFile(join(MODELS, 'torch/lenet5.onnx'));
    const [feeds] = makeInputs(model.graph, { seed: 1 });
    const found = await measureJacobian(model, storedWeights, feeds);
    expect(found).toMatchObject({ rows: 10, cols: 784 });
    expectSame(found.singularValues, reference(model.graph, feeds, found, [2, 10], 2));
  });
});
