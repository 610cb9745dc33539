import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { measured, rectifiers } from '../../test/shattering-fixture.ts';
import { activation } from '../activation/index.ts';
import { evaluate, vjp } from '../autodiff/index.ts';
import { builder, modelOf, type Graph, type Model } from '../graph/index.ts';
import { gradientCorrelation } from '../meanfield/index.ts';
import { buildArchitecture } from '../network/index.ts';
import { fold, key, plainKernels, wasmKernels } from '../random/index.ts';
import type { LazyTensor, Tensor } from '../tensor/index.ts';
import { meanCorrelation } from './gradient-likeness.ts';
import { makeInputs, storedWeights, type Feeds } from './index.ts';
import type { ShatteringMeasurement } from './measurement.ts';
import { measureShattering } from './shattering.ts';

const kernels = wasmKernels() ?? plainKernels;

const read = (value: Tensor | LazyTensor): Tensor => ('data' in value ? value : value.read());

/** NumPy in float64, test/golden/shattering.py: means and standard deviations over networks. */
interface Simulated<T> {
  readonly norm: 'plain' | 'centred' | 'batchnorm';
  readonly depth: number;
  readonly beta: number | null;
  readonly nets: number;
  readonly mean: T;
  readonly std: T;
}
const golden = JSON.parse(
  readFileSync(new URL('../../test/golden/shattering.json', import.meta.url), 'utf8'),
) as {
  readonly lags: readonly number[];
  readonly grid: readonly Simulated<readonly number[]>[];
  readonly apart: readonly Simulated<number>[];
};

const specOf = (
  { norm, depth, beta }: Simulated<unknown>,
  inputs: number,
  width: number,
): string => {
  const words = `${norm === 'plain' ? '' : `:${norm}`}${beta === null ? '' : `:residual:${beta}`}`;
  return `mlp:${inputs}-${width}x${beta === null ? depth : depth + 1}-1${words}`;
};

/** Standard deviations of a difference of two means that are accepted; chance alone exceeds them once in 150 000. */
const DEVIATIONS = 4.5;

describe('along a grid of 256 inputs of one number, width 200 (Balduzzi et al. 2017, figure 1)', () => {
  test('rectifiers without biases have one step at 0 at every depth, and so do not shatter', async () => {
    for (const depth of [2, 12]) {
      const { autocorrelation, batch, statistics } = await measured(`mlp:1-200x${depth}-1`, 3);
      expect([batch, statistics]).toEqual([null, null]);
      // A step in the middle of n points: Σ of n - k products of ±1, of which k are -1, over n.
      autocorrelation.forEach((value, k) => expect(value).toBeCloseTo(1 - (3 * k) / 256, 4));
    }
  });

  test.each(golden.grid.map((row) => [specOf(row, 1, 200), row] as const))(
    '%s has the autocorrelation of an independent simulation',
    async (spec, { depth, mean, std, nets }) => {
      const draws = depth === 50 ? 4 : 10;
      const found = await measured(spec, draws, { lags: 15 });
      expect([found.batch, found.statistics, found.size]).toEqual([256, 'held', 1]);
      golden.lags.forEach((lag, i) => {
        const deviation = std[i] * Math.sqrt(1 / nets + 1 / draws);
        const difference = Math.abs(found.autocorrelation[lag] - mean[i]);
        expect(difference / deviation, `lag ${lag}`).toBeLessThan(DEVIATIONS);
      });
    },
  );

  test('noise is white where it has mean -1/n behind lag 0, and brown where it stays alike', async () => {
    const { white, brown } = await measured('mlp:1-2-1', 60);
    expect([white[0], brown[0]]).toEqual([1, 1]);
    // 60 sequences with a deviation of 1/√256 at a lag.
    const deviation = 1 / Math.sqrt(256 * 60);
    for (const lag of [1, 2, 5, 15]) {
      expect(Math.abs(white[lag] + 1 / 256) / deviation).toBeLessThan(DEVIATIONS);
    }
    // A simulation of 20 sequences of 256 gave .97 .94 .87 .74 .63; those of one differ by .02 k^0.6 or less.
    [0.97, 0.94, 0.87, 0.74, 0.63].forEach((value, i) => {
      const lag = golden.lags[i];
      const tolerance = DEVIATIONS * 0.02 * lag ** 0.6 * Math.sqrt(1 / 20 + 1 / 60);
      expect(Math.abs(brown[lag] - value), `lag ${lag}`).toBeLessThan(tolerance);
    });
  });
});

describe('of 64 independent inputs of 512 numbers', () => {
  test.each(golden.apart.map((row) => [specOf(row, 512, 512), row] as const))(
    '%s has the correlation of gradients of an independent simulation',
    async (spec, { mean, std, nets }) => {
      const draws = 3;
      const found = await measured(spec, draws, { points: 8 });
      expect(found.inputs).toBe(64);
      const deviation = std * Math.sqrt(1 / nets + 1 / draws);
      expect(Math.abs(found.correlation - mean) / deviation).toBeLessThan(DEVIATIONS);
    },
  );

  test('plain rectifiers have that of the wide limit, ∏ (1 - θ_l/π)', async () => {
    const depth = 4;
    const draws = 6;
    const found = await measured(`mlp:512-512x${depth}-1`, draws, { points: 8 });
    const weights = { sigmaW2: 2, sigmaB2: 0 };
    const { r } = gradientCorrelation(activation('relu'), weights, { depth, c: 0 });
    const values = found.draws.correlation;
    const spread = values.reduce((sum, x) => sum + (x - found.correlation) ** 2, 0);
    const deviation = Math.sqrt(spread / (draws - 1) / draws);
    // Student's t with 5 degrees of freedom exceeds 10 once in 6000.
    expect(Math.abs(found.correlation - r[0]) / deviation).toBeLessThan(10);
    expect(r[0]).toBeGreaterThan(0.1);
  });

  test('statistics that move make gradients over a centred batch add up to 0', async () => {
    const { correlation, statistics } = await measured('mlp:16-128x6-1:centred', 2, {
      points: 8,
      inputs: 20,
      statistics: 'moving',
    });
    expect(statistics).toBe('moving');
    // Of n vectors of one length with the sum 0 it is -1/(n-1).
    expect(correlation).toBeCloseTo(-1 / 19, 2);
  });
});

/** `y = tanh(x W) v` with inputs [time, batch, 1], whose examples lie along the second axis. */
function timeMajor(): Model {
  const b = builder('timeMajor');
  const x = b.input('x', 'float32', [3, 'batch', 2]);
  const w = b.constant('w', {
    dtype: 'float32',
    shape: [2, 4],
    data: Float32Array.from([1, -2, 3, 0.5, 2, 1, -1, 0.3]),
  });
  const y = b.node('tanh', 'Tanh', [b.node('product', 'MatMul', [x, w])]);
  b.output('y', y, 'float32', [3, 'batch', 4]);
  return modelOf(b.build());
}

/** The network of a spec with a batch of so many examples. */
function fixed(spec: string, examples: number): Graph {
  const graph = buildArchitecture(spec);
  const [input] = graph.inputs;
  const [output] = graph.outputs;
  return {
    ...graph,
    inputs: [{ ...input, shape: [examples, ...(input.shape ?? []).slice(1)] }],
    outputs: [{ ...output, shape: [examples, ...(output.shape ?? []).slice(1)] }],
  };
}

describe('however the examples are run', () => {
  test('a linear network has the same gradient everywhere', async () => {
    const found = await measured('linear:5-6x2-3', 2, { points: 20, lags: 4 });
    expect(found.autocorrelation).toEqual([1, 1, 1, 1, 1]);
    expect(found.correlation).toBeCloseTo(1, 6);
    expect(found).toMatchObject({
      from: 'input',
      to: 'output',
      size: 5,
      points: 20,
      line: 'a + t b with a, b ~ N(0, 1) and t from -2 to 2, which misses the origin',
      dead: 0,
    });
  });

  test('all at once, in pieces, or in batches that the file fixes, the numbers are the same', async () => {
    const spec = 'mlp:6-32x3-2:tanh';
    const whole = await measured(spec, 2, { points: 30 });
    const pieces = await measured(spec, 2, { points: 30, memory: 1 });
    const graph = fixed(spec, 7);
    const sevens = await measureShattering(modelOf(graph), rectifiers(graph, 2), { points: 30 });
    for (const other of [pieces, sevens]) {
      expect(other.correlation).toBeCloseTo(whole.correlation, 5);
      other.autocorrelation.forEach((value, k) =>
        expect(value).toBeCloseTo(whole.autocorrelation[k], 5),
      );
    }
  });

  test('examples may lie along another axis than the first', async () => {
    const found = await measureShattering(timeMajor(), storedWeights, { points: 40, lags: 3 });
    expect(found.size).toBe(6);
    expect(found.autocorrelation[1]).toBeGreaterThan(0.9);
    expect(Math.abs(found.correlation)).toBeLessThan(1);
  });

  test('a mean over steps is no statistic of the batch, a mean over the batch is one on any axis', async () => {
    /** `tanh(x W) - mean` of x [batch, time, 2], the mean along an axis of [time, batch, 4]. */
    const centred = (axis: number): Graph => {
      const b = builder('centred');
      const x = b.input('x', 'float32', ['batch', 3, 2]);
      const w = b.parameter('layers.0.weight', [4, 2]);
      const turned = b.node('turned', 'Transpose', [x], { perm: [1, 0, 2] });
      const product = b.node('product', 'MatMul', [
        turned,
        b.node('weight', 'Transpose', [w], { perm: [1, 0] }),
      ]);
      const axes = b.constant('axes', {
        dtype: 'int64',
        shape: [1],
        data: BigInt64Array.of(BigInt(axis)),
      });
      const h = b.node('tanh', 'Tanh', [product]);
      const difference = b.node('difference', 'Sub', [h, b.node('mean', 'ReduceMean', [h, axes])]);
      b.output('y', difference, 'float32', [3, 'batch', 4]);
      return b.build();
    };
    const found = (axis: number, statistics: 'held' | 'moving'): Promise<ShatteringMeasurement> => {
      const graph = centred(axis);
      const options = { points: 12, lags: 3, statistics };
      return measureShattering(modelOf(graph), rectifiers(graph, 1), options);
    };
    const overTime = await found(0, 'held');
    expect([overTime.batch, overTime.statistics]).toEqual([null, null]);
    expect(overTime).toEqual(await found(0, 'moving'));
    for (const axis of [1, -2]) {
      const overBatch = await found(axis, 'held');
      expect([overBatch.batch, overBatch.statistics]).toEqual([12, 'held']);
    }
  });

  test('a batch that the file fixes is what a network with batch normalisation sees', async () => {
    const graph = fixed('mlp:3-16x2-1:batchnorm', 6);
    const found = await measureShattering(modelOf(graph), rectifiers(graph, 1), { points: 24 });
    expect([found.batch, found.inputs, found.statistics]).toEqual([6, 6, 'held']);
  });

  test('data take the place of N(0, 1): a line through two examples, and all of them apart', async () => {
    const spec = 'mlp:4-16x3-2:tanh';
    const model = modelOf(buildArchitecture(spec));
    const ensemble = rectifiers(model.graph, 1);
    const [feeds] = makeInputs(model.graph, { batch: 6, seed: 3 });
    const found = await measureShattering(model, ensemble, { feeds, points: 5, range: [-1, 1] });
    expect([found.inputs, found.line]).toEqual([
      6,
      'through two examples at t = -1 and 1, t from -1 to 1',
    ]);
    // The same gradients by the derivative itself, in float64.
    const values = ensemble.draw(0);
    const graph = vjp(model.graph, { withRespectTo: ['input'] });
    const constants = new Map(
      [...graph.constants].map(([name, constant]) => {
        const tensor = values.get(name);
        return [name, tensor === undefined ? constant : { ...constant, read: () => read(tensor) }];
      }),
    );
    const r = [0, 1].map((k) => [0, 1].map((i) => (i === k ? 1 : 0)));
    const jacobians = r.map(
      (row) =>
        evaluate(
          { ...graph, constants },
          {
            input: feeds.input,
            'cotangent(output)': {
              dtype: 'float32',
              shape: [6, 2],
              data: Float32Array.from({ length: 12 }, (_, i) => row[i % 2]),
            },
          },
        ).get('grad(input)')!.data,
    );
    const root = fold(fold(key(0), 'shattering'), 'draw/0');
    const cotangent = new Float64Array(2);
    kernels.normal(fold(root, 'cotangent'), cotangent, 0, 1);
    const gradients = Array.from({ length: 6 }, (_, a) =>
      Float64Array.from(
        { length: 4 },
        (__, d) => cotangent[0] * jacobians[0][4 * a + d] + cotangent[1] * jacobians[1][4 * a + d],
      ),
    );
    expect(found.correlation).toBeCloseTo(meanCorrelation(gradients)!, 5);
    const one = { input: { ...feeds.input, shape: [1, 4], data: new Float32Array(4) } } as Feeds;
    await expect(measureShattering(model, ensemble, { feeds: one })).rejects.toThrow(
      'shattering: data must have at least two examples, got 1',
    );
  });

  test('gradients may be with respect to values inside', async () => {
    const found = await measured('mlp:4-8x2-3:tanh', 2, {
      points: 12,
      from: 'activations.0_output',
      to: 'layers.2_output',
    });
    expect([found.from, found.to, found.size]).toEqual([
      'activations.0_output',
      'layers.2_output',
      8,
    ]);
  });

  test('the same seeds give the same numbers', async () => {
    const spec = 'mlp:3-8x2-2:tanh';
    const first = await measured(spec, 2, { points: 12, seed: 5 });
    expect(await measured(spec, 2, { points: 12, seed: 5 })).toEqual(first);
    expect((await measured(spec, 2, { points: 12, seed: 6 })).correlation).not.toBe(
      first.correlation,
    );
  });
});
