import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cotangentName, evaluate, gradientName, vjp } from '../autodiff/index.ts';
import { builder, modelOf, type Graph, type ValueInfo } from '../graph/index.ts';
import { buildArchitecture } from '../network/index.ts';
import { productTransposed, singularValues } from '../numeric/index.ts';
import { fillNormal, fold, haarColumns, key } from '../random/index.ts';
import { sizeOf, type Tensor } from '../tensor/index.ts';
import { storedWeights, type Ensemble } from './ensemble.ts';
import { makeInputs, type Feeds } from './inputs.ts';
import { jacobianCost, measureJacobian, type JacobianOptions } from './jacobian.ts';

const tensorOf = (shape: readonly number[], values: ArrayLike<number>): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});

/** The graph with N(0, 2 / fan in) in its matrices and kernels. */
function drawn(graph: Graph, seed = 1): Graph {
  const constants = new Map(graph.constants);
  for (const [name, constant] of constants) {
    const { dtype, shape } = constant;
    if (dtype !== 'float32' || shape.length < 2) continue;
    const values = new Float32Array(sizeOf(shape));
    fillNormal(fold(key(seed), name), values, 0, Math.sqrt(2 / sizeOf(shape.slice(1))));
    const tensor = tensorOf(shape, values);
    constants.set(name, { ...constant, source: 'initializer', read: () => tensor });
  }
  return { ...graph, constants };
}

/** A parameter with these values. */
function withWeights(graph: Graph, weights: Readonly<Record<string, Tensor>>): Ensemble {
  expect(Object.keys(weights).every((name) => graph.constants.has(name))).toBe(true);
  return { seeds: [0], draw: () => new Map(Object.entries(weights)) };
}

/**
 * The singular values, in descending order, from the float64 reference of the derivative, one row of the Jacobian
 * after another; of the first example where there are several.
 */
function reference(
  graph: Graph,
  feeds: Feeds,
  { from, to }: { readonly from: string; readonly to: string },
  toShape: readonly number[],
  examples = 1,
): Float64Array {
  const derivative = vjp(graph, { of: [to], withRespectTo: [from] });
  const rows = sizeOf(toShape) / examples;
  const list = Array.from({ length: rows }, (_, i) => {
    const seed = new Float32Array(rows * examples);
    seed[i] = 1;
    const found = evaluate(derivative, { ...feeds, [cotangentName(to)]: tensorOf(toShape, seed) });
    const gradient = found.get(gradientName(from))?.data ?? new Float64Array(0);
    return gradient.subarray(0, gradient.length / examples);
  });
  const cols = list[0].length;
  const matrix = new Float64Array(rows * cols);
  list.forEach((row, i) => matrix.set(row, i * cols));
  return singularValues(matrix, rows, cols).reverse();
}

/** Both to 1e-6 of the largest, some units of the rounding of float32 for each layer. */
function expectSame(found: readonly number[] | null, expected: ArrayLike<number>): void {
  expect(found).toHaveLength(expected.length);
  found?.forEach((s, i) => expect(Math.abs(s - expected[i])).toBeLessThan(1e-6 * expected[0]));
}

const measure = (graph: Graph, feeds: Feeds, options: JacobianOptions = {}) =>
  measureJacobian(modelOf(graph), storedWeights, feeds, options);

const inputsOf = (graph: Graph, batch = 1): Feeds => makeInputs(graph, { seed: 1, batch })[0];

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

function normals(name: string, count: number): Float64Array {
  const values = new Float64Array(count);
  fillNormal(fold(key(5), name), values, 0, 1);
  return values;
}

const int64 = (values: readonly number[]): Tensor => ({
  dtype: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});

/** Products of square matrices with an activation between them, without biases. */
function chain(width: number, depth: number, phi: string | null): Graph {
  const b = builder('chain');
  let x = b.input('x', 'float32', ['batch', width]);
  for (let l = 0; l < depth; l++) {
    const w = b.parameter(`w${l}`, [width, width]);
    x = b.node(`h${l}`, 'Gemm', [x, w], { transB: 1 });
    if (phi !== null) x = b.node(`a${l}`, phi, [x]);
  }
  b.output('y', x, 'float32', ['batch', width]);
  return b.build();
}

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

describe('orthogonal layers', () => {
  const n = 40;
  const graph = chain(n, 5, null);
  const weights = Object.fromEntries(
    Array.from({ length: 5 }, (_, l) => [
      `w${l}`,
      tensorOf([n, n], haarColumns(fold(key(3), `w${l}`), n, n)),
    ]),
  );

  test.each(['exact', 'lanczos'] as const)('have singular values 1, by %s', async (method) => {
    const found = await measureJacobian(
      modelOf(graph),
      withWeights(graph, weights),
      inputsOf(graph, 1),
      { method },
    );
    // Five layers of float32: each some units of 2⁻²⁴.
    expect(Math.abs(found.sMax - 1)).toBeLessThan(2e-6);
    expect(Math.abs(found.sMin - 1)).toBeLessThan(2e-6);
    for (const decile of found.deciles) expect(Math.abs(decile - 1)).toBeLessThan(2e-6);
    expect(Math.abs(found.variance)).toBeLessThan(1e-10);
  });
});

test('half of the units of a ReLU layer are off: the Jacobian has that rank, by both methods', async () => {
  const n = 60;
  const graph = chain(n, 2, 'Relu');
  const weights = Object.fromEntries(
    [0, 1].map((l) => [
      `w${l}`,
      tensorOf(
        [n, n],
        normals(`r${l}`, n * n).map((x) => x / 8),
      ),
    ]),
  );
  const ensemble = withWeights(graph, weights);
  const feeds = inputsOf(graph, 1);
  const ends = { from: 'x', to: 'h1_output' };
  const exact = await measureJacobian(modelOf(graph), ensemble, feeds, {
    ...ends,
    method: 'exact',
  });
  const rank = exact.singularValues?.filter((s) => s > 0).length ?? 0;
  const { data } = (() => {
    const out = new Float64Array(n);
    const x = Array.from(feeds['x'].data, Number);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) out[i] += Number(weights['w0'].data[i * n + j]) * x[j];
    }
    return { data: out };
  })();
  expect(rank).toBe(data.filter((h) => h > 0).length);
  expect(exact.sMin).toBe(0);
  const found = await measureJacobian(modelOf(graph), ensemble, feeds, {
    ...ends,
    method: 'lanczos',
  });
  expect(found.sMin).toBe(0);
  const atZero = (found.density?.s ?? [])
    .map((s, i) => (s === 0 ? (found.density?.weight[i] ?? 0) : 0))
    .reduce((sum, w) => sum + w, 0);
  // Eight starts see the share p of the null space with a variance of 2 p (1 - p) / (8 n).
  const share = 1 - rank / n;
  const error = Math.sqrt((2 * share * (1 - share)) / (8 * n));
  expect(Math.abs(atZero - share)).toBeLessThan(4 * error);
  expect(Math.abs(found.sMax / exact.sMax - 1)).toBeLessThan(1e-6);
});

describe('Lanczos on 250 dimensions', () => {
  const n = 250;

  test('finds extremes, moments and deciles where the smallest value is no small part of the largest', async () => {
    const graph = chain(n, 2, 'Tanh');
    const weights = Object.fromEntries(
      Array.from({ length: 2 }, (_, l) => [
        `w${l}`,
        tensorOf([n, n], haarColumns(fold(key(3), `w${l}`), n, n)),
      ]),
    );
    const work = [modelOf(graph), withWeights(graph, weights), inputsOf(graph, 1)] as const;
    const exact = await measureJacobian(...work, { method: 'exact' });
    const found = await measureJacobian(...work, { method: 'lanczos' });
    expect(found).toMatchObject({ rows: n, cols: n, method: 'lanczos', singularValues: null });
    expect(exact.sMin / exact.sMax).toBeGreaterThan(0.01);
    expect(Math.abs(found.sMax / exact.sMax - 1)).toBeLessThan(1e-5);
    expect(found.sMin / exact.sMin).toBeGreaterThan(1 - 1e-5);
    expect(found.sMin / exact.sMin).toBeLessThan(1.05);
    // Of a start of random direction vᵀ f(JᵀJ) v has the variance 2 Var f / n; there are 8 of them.
    const error = Math.sqrt((2 * exact.variance) / (8 * n));
    expect(Math.abs(found.mean - exact.mean)).toBeLessThan(4 * error);
    for (let k = 1; k < 10; k++) {
      // The share below a decile: its sampling error, and half of a point of the 100 of a start.
      const below = (exact.singularValues ?? []).filter((s) => s <= found.deciles[k]).length / n;
      const p = k / 10;
      const spread = Math.sqrt((2 * p * (1 - p)) / (8 * n));
      expect(Math.abs(below - p)).toBeLessThan(4 * spread + 0.01);
    }
    expect(found.density?.weight.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 10);
  });

  test('bounds extremes and finds moments where most values are small', async () => {
    const graph = drawn(buildArchitecture(`mlp:${n}-${n}x4-${n}:tanh`));
    const feeds = inputsOf(graph);
    const exact = await measure(graph, feeds, { method: 'exact' });
    const found = await measure(graph, feeds, { method: 'lanczos' });
    expect(Math.abs(found.sMax / exact.sMax - 1)).toBeLessThan(1e-5);
    expect(found.sMin).toBeGreaterThanOrEqual(exact.sMin - 1e-6 * exact.sMax);
    expect(found.sMin).toBeLessThan(exact.sMax / 100);
    const error = Math.sqrt((2 * exact.variance) / (8 * n));
    expect(Math.abs(found.mean - exact.mean)).toBeLessThan(4 * error);
    // Krylov spaces of 100 dimensions tell values apart that are π / 200 of the largest apart.
    for (let k = 1; k < 10; k++) {
      const difference = Math.abs(found.deciles[k] - exact.deciles[k]);
      expect(difference).toBeLessThan(0.02 * exact.sMax + 4 * error);
    }
  });
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

describe('the cost is said beforehand', () => {
  const graph = drawn(buildArchitecture('mlp:784-100x2-50:relu'));
  const model = modelOf(graph);
  const feeds = inputsOf(graph, 4);

  test('as rows, columns and bytes', () => {
    expect(jacobianCost(model, feeds)).toEqual({
      from: 'input',
      to: 'output',
      rows: 50,
      cols: 784,
      // The matrix in float32, its square in float64 and, since it is small, a copy of it in float64.
      bytes: 4 * 50 * 784 + 8 * (50 * 50 + 50 * 784),
      lanczosBytes: 8 * 8 * (50 * 50 + 4 * 784),
    });
  });

  test('and one that is too large is refused, or measured by Lanczos', async () => {
    const memory = 100_000;
    await expect(
      measureJacobian(model, storedWeights, feeds, { memory, method: 'exact' }),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: jacobian: the 50 × 784 Jacobian of output with respect to input must fit into 97.7 KiB for the method exact, got 479 KiB; the method lanczos takes 352 KiB]`,
    );
    const found = await measureJacobian(model, storedWeights, feeds, { memory });
    expect(found.method).toBe('lanczos');
  });
});

describe('bad input is named in one sentence', () => {
  const graph = drawn(buildArchitecture('mlp:6-5x2-4:tanh'));
  const model = modelOf(graph);
  const feeds = inputsOf(graph);
  const failing = (options: JacobianOptions, of = model, on = feeds, ensemble = storedWeights) =>
    measureJacobian(of, ensemble, on, options);

  test('a name that is not there', async () => {
    await expect(failing({ from: 'layers.0_outptu' })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: jacobian: from must be a value of the network, got "layers.0_outptu"; the nearest is "layers.0_output"]`,
    );
    await expect(failing({ to: 'outputs' })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: jacobian: to must be a value of the network, got "outputs"; the nearest is "output"]`,
    );
  });

  test('integers', async () => {
    const tokens = drawn(buildArchitecture('transformer:v20-8x1h2-12:t5'));
    const options = { from: 'input' };
    await expect(
      failing(options, modelOf(tokens), inputsOf(tokens)),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: jacobian: from must be a float to have a derivative, got "input", which is int64]`,
    );
  });

  test('values that do not depend on each other', async () => {
    const options = { from: 'activations.1_output', to: 'layers.0_output' };
    await expect(failing(options)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: vjp: "layers.0_output" must depend smoothly on "activations.1_output", got no path with a derivative between them]`,
    );
  });

  test('operators that draw or have no derivative', async () => {
    const of = (operator: string) => {
      const b = builder('odd');
      const x = b.input('x', 'float32', ['batch', 3, 3]);
      const odd = b.node('odd', operator, [x]);
      b.output('y', b.node('tanh', 'Tanh', [odd]), 'float32', [null]);
      return modelOf(b.build());
    };
    const on = { x: tensorOf([1, 3, 3], normals('x', 9)) };
    await expect(
      failing({}, of('RandomNormalLike'), on),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: node "odd" (RandomNormalLike): must give the same values every time to be differentiated, got an operator that draws]`,
    );
    await expect(failing({}, of('Det'), on)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: node "odd" (Det): must have a derivative rule, got an operator without one]`,
    );
  });

  test('an ensemble without seeds', async () => {
    const none: Ensemble = { seeds: [], draw: () => new Map() };
    await expect(failing({}, model, feeds, none)).rejects.toThrowErrorMatchingInlineSnapshot(`[RangeError: jacobian: the ensemble must have at least one seed, got none]`);
  });

  test('numbers that are not finite, with the layer where they begin', async () => {
    const huge = tensorOf([5, 5], new Float32Array(25).fill(3e38));
    const linear = chain(5, 3, null);
    const one = tensorOf(
      [5, 5],
      Array.from({ length: 25 }, (_, i) => Number(i % 6 === 0)),
    );
    const ensemble = withWeights(linear, { w0: huge, w1: huge, w2: one });
    const on = { x: tensorOf([1, 5], [1, 2, 3, 4, 5]) };
    await expect(
      failing({}, modelOf(linear), on, ensemble),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: jacobian: the Jacobian of y with respect to x must be finite, got Infinity, first in the signal of h0_output (seed 0)]`,
    );
    await expect(
      failing({ method: 'lanczos' }, modelOf(linear), on, ensemble),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: jacobian: the Jacobian of y with respect to x must be finite, got NaN, first in the signal of h0_output (seed 0)]`,
    );
  });
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
