import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { scheme, schemes, specOf } from '../init/index.ts';
import { fold, key } from '../random/index.ts';
import * as named from './named.ts';
import {
  constant,
  dirac,
  heNormal,
  identity,
  initializer,
  normal,
  orthogonal,
  registerInitializers,
  uniform,
  zeros,
  type TfInitializer,
} from './index.ts';
import { plainKernel, specOfKernel, type Kernel } from './kernel.ts';

type Json = Parameters<typeof tf.models.modelFromJSON>[0];

const camelCase = (name: string): string =>
  name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Without what a formatter may add. */
const bare = (text: string): string =>
  text.replaceAll(/\s+/g, '').replaceAll(',)', ')').replaceAll('<|', '<');

test.each(['tfjs', 'jax-js'])('%s/named.ts has every scheme with its options', (folder) => {
  const file = readFileSync(new URL(`../${folder}/named.ts`, import.meta.url), 'utf8');
  const lines = schemes.map(({ name, options }) => {
    const own = Object.keys(options).map((option) => `'${option}'`);
    const type = own.length === 0 ? 'Named' : `Named<${own.join(' | ')}>`;
    return `export const ${camelCase(name)}: ${type} = named('${name}');`;
  });
  expect(lines.filter((line) => !bare(file).includes(bare(line)))).toEqual([]);
  expect(file.match(/^export const /gm)).toHaveLength(schemes.length);
});

test('no scheme has an option that means something else here', () => {
  const own = new Set(['seed', 'inAxis', 'outAxis', 'batchAxis', ...Object.keys(plainKernel)]);
  const taken = schemes.filter(({ options }) => Object.keys(options).some((name) => own.has(name)));
  expect(taken.map(({ name }) => name)).toEqual([]);
});

function valuesOf(tensor: tf.Tensor): Float32Array {
  const values = tensor.dataSync<'float32'>();
  tensor.dispose();
  return values;
}

/** A shape for which a scheme is defined. */
function shapeFor(name: string): number[] {
  const shapes = [
    [6, 6],
    [8, 8],
    [3, 3, 4, 8],
    [16, 1, 9],
  ];
  const found = shapes.find((shape) => {
    try {
      scheme(name).check(specOf(shape, 'io'), {});
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error(`${name} must be defined for a shape of the list`);
  return found;
}

/** A model of one layer whose kernel has this shape. */
function modelOf(kernelInitializer: TfInitializer, shape: number[]): tf.Sequential {
  const [inputs, units] = shape.slice(-2);
  const layers: Readonly<Record<number, () => tf.layers.Layer>> = {
    2: () => tf.layers.dense({ units, kernelInitializer, inputShape: [inputs] }),
    3: () =>
      tf.layers.conv1d({
        filters: units,
        kernelSize: shape[0],
        kernelInitializer,
        inputShape: [32, inputs],
      }),
    4: () =>
      tf.layers.conv2d({
        filters: units,
        kernelSize: [shape[0], shape[1]],
        kernelInitializer,
        inputShape: [8, 8, inputs],
      }),
  };
  return tf.sequential({ layers: [layers[shape.length]()] });
}

/** What a saved topology is after it was a file. */
async function reloaded(model: tf.LayersModel): Promise<tf.LayersModel> {
  const text = JSON.stringify({ modelTopology: model.toJSON(null, false) });
  return await tf.models.modelFromJSON(JSON.parse(text) as Json);
}

test.each(schemes.map(({ name }) => name))(
  '%s has the values of `stepzero sample --layout io` in a layer, and again after JSON',
  async (name) => {
    const shape = shapeFor(name);
    const expected = scheme(name).draw(key(5), specOf(shape, 'io'), {}).data;
    const functions = named as unknown as Record<string, (options: object) => TfInitializer>;
    const model = modelOf(functions[camelCase(name)]({ seed: 5 }), shape);
    const again = await reloaded(model);
    for (const { layers } of [model, again]) {
      expect(layers[0].getWeights()[0].shape).toEqual(shape);
      expect(layers[0].getWeights()[0].dataSync()).toEqual(expected);
    }
    model.dispose();
    again.dispose();
  },
);

test('what is saved is the scheme, its options as they were given, and the seed', () => {
  const made = heNormal({ slope: 0, mode: 'fan_avg', seed: 0, layout: 'transposed', strides: 2 });
  const layer = tf.layers.dense({ units: 2, kernelInitializer: made });
  expect(layer.getConfig()['kernelInitializer']).toEqual({
    className: 'StepZero',
    config: {
      name: 'he_normal(slope=0, mode=fan_avg)',
      seed: 0,
      layout: 'transposed',
      groups: 1,
      strides: 2,
      gates: 1,
    },
  });
});

test('a 0 that is given is a 0: seed, bounds, mean and standard deviation', async () => {
  const shape = [40, 50];
  expect(valuesOf(heNormal({ seed: 0 }).apply(shape))).toEqual(
    scheme('he_normal').draw(key(0), specOf(shape, 'io'), {}).data,
  );
  for (const made of [
    uniform({ low: 0, high: 1, seed: 3 }),
    uniform({ low: -1, high: 0, seed: 3 }),
  ]) {
    const model = await reloaded(modelOf(made, shape));
    const values = model.layers[0].getWeights()[0].dataSync();
    const [low, high] = [Math.min(...values), Math.max(...values)];
    expect(high - low).toBeGreaterThan(0.99);
    expect(low < 0 && high > 0).toBe(false);
  }
  const still = await reloaded(modelOf(normal({ std: 0, mean: 0 }), shape));
  expect(new Set(still.layers[0].getWeights()[0].dataSync())).toEqual(new Set([0]));
});

test.each([1e-7, 0.1, 1 / 3, -1e21])(
  'an option of %s is the same number after JSON',
  async (value) => {
    const made = constant({ value });
    const model = await reloaded(modelOf(made, [2, 2]));
    const config = model.layers[0].getConfig()['kernelInitializer'];
    expect(config).toEqual({ className: 'StepZero', config: made.getConfig() });
    expect(model.layers[0].getWeights()[0].dataSync()[3]).toBe(Math.fround(value));
  },
);

test('the largest seed is kept, and seeds that no double holds are refused', async () => {
  const made = heNormal({ seed: 2 ** 53 - 1 });
  const model = await reloaded(modelOf(made, [3, 5]));
  expect(model.layers[0].getWeights()[0].dataSync()).toEqual(
    scheme('he_normal').draw(key(2 ** 53 - 1), specOf([3, 5], 'io'), {}).data,
  );
  expect(() => heNormal({ seed: 2 ** 53 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: key: seed must be an integer in 0…2^53-1 (a bigint may reach 2^64-1), got 9007199254740992]`,
  );
});

test('without a seed every call draws anew, also after JSON; with one every call is the same', async () => {
  const draws = (made: TfInitializer): Float32Array[] =>
    [1, 2].map(() => valuesOf(made.apply([8, 8])));
  const [a, b] = draws(heNormal());
  expect(a).not.toEqual(b);
  const [c, d] = draws(heNormal({ seed: 4 }));
  expect(c).toEqual(d);
  const model = modelOf(heNormal(), [8, 8]);
  const again = await reloaded(model);
  expect(again.layers[0].getWeights()[0].dataSync()).not.toEqual(
    model.layers[0].getWeights()[0].dataSync(),
  );
});

test('a program that only loads models makes the class known by itself', async () => {
  const model = modelOf(heNormal({ seed: 1 }), [3, 4]);
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  delete classNameMap['StepZero'];
  await expect(reloaded(model)).rejects.toThrow(/Unknown initializer: StepZero/);
  registerInitializers();
  const again = await reloaded(model);
  expect(again.layers[0].getWeights()[0].dataSync()).toEqual(
    model.layers[0].getWeights()[0].dataSync(),
  );
});

test('fans are those of the map that TF.js makes of a kernel', () => {
  const fans = (shape: number[], kernel: Partial<Kernel>): [number, number] => {
    const { fanIn, fanOut } = specOfKernel(shape, { ...plainKernel, ...kernel });
    return [fanIn, fanOut];
  };
  // Counted by hand: the products that one output sums, and those that one input is in.
  expect(fans([20, 30], {})).toEqual([20, 30]);
  expect(fans([3, 3, 16, 32], {})).toEqual([144, 288]);
  expect(fans([3, 3, 16, 32], { strides: 2 })).toEqual([144, 72]);
  expect(fans([3, 3, 16, 2], { layout: 'depthwise' })).toEqual([9, 18]);
  expect(fans([4, 4, 8, 16], { layout: 'transposed', strides: 2 })).toEqual([16 * 4, 8 * 16]);
  expect(fans([3, 3, 4, 32], { groups: 4 })).toEqual([36, 72]);
  expect(fans([1000, 64], { layout: 'lookup' })).toEqual([1, 64]);
  expect(fans([7], {})).toEqual([1, 1]);
});

/** How far the second moment of these values is from `std²`, in standard errors of a Gaussian's. */
function deviation(values: ArrayLike<number>, std: number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ** 2;
  return Math.abs(sum / values.length / std ** 2 - 1) / Math.sqrt(2 / values.length);
}

test('layers of TF.js get weights of the variance of their true fans', () => {
  const cases: [tf.layers.Layer, number[], number][] = [
    [
      tf.layers.depthwiseConv2d({
        kernelSize: 3,
        depthMultiplier: 2,
        depthwiseInitializer: heNormal({ seed: 1, layout: 'depthwise' }),
      }),
      [null as unknown as number, 9, 9, 200],
      Math.sqrt(2 / 9),
    ],
    [
      tf.layers.conv2dTranspose({
        filters: 8,
        kernelSize: 4,
        strides: 2,
        kernelInitializer: heNormal({ seed: 2, layout: 'transposed', strides: 2 }),
      }),
      [null as unknown as number, 9, 9, 40],
      Math.sqrt(2 / (40 * 4)),
    ],
    [
      tf.layers.conv2d({ filters: 16, kernelSize: 3, kernelInitializer: heNormal({ seed: 3 }) }),
      [null as unknown as number, 9, 9, 40],
      Math.sqrt(2 / 360),
    ],
    [
      tf.layers.embedding({
        inputDim: 300,
        outputDim: 20,
        embeddingsInitializer: initializer('lecun_normal', { seed: 4, layout: 'lookup' }),
      }),
      [null as unknown as number, 5],
      1,
    ],
  ];
  for (const [layer, shape, std] of cases) {
    layer.build(shape);
    expect(deviation(layer.getWeights()[0].dataSync(), std)).toBeLessThan(5);
  }
});

test('with gates each gate of a recurrent kernel is an orthogonal map of its own', () => {
  const units = 6;
  const lstm = tf.layers.lstm({
    units,
    recurrentInitializer: orthogonal({ seed: 9, gates: 4 }),
    kernelInitializer: heNormal({ seed: 9, gates: 4 }),
  });
  lstm.build([1, 2, 5]);
  const [kernel, recurrent] = lstm.getWeights().map((weight) => weight.dataSync());
  for (let gate = 0; gate < 4; gate++) {
    const column = (values: ArrayLike<number>, rows: number, c: number): number[] =>
      Array.from({ length: rows }, (_, row) => values[row * 4 * units + gate * units + c]);
    for (let i = 0; i < units; i++) {
      for (let j = 0; j < units; j++) {
        const [a, b] = [column(recurrent, units, i), column(recurrent, units, j)];
        const dot = a.reduce((sum, value, k) => sum + value * b[k], 0);
        // A float32 entry is off by at most 2^-25, a sum of 6 products of numbers below 1 by 12 of it.
        expect(Math.abs(dot - Number(i === j))).toBeLessThan(12 * 2 ** -25 + 1e-12);
      }
    }
    const own = scheme('he_normal').draw(
      fold(key(9), `gate/${gate}`),
      specOf([5, units], 'io'),
      {},
    );
    const columns = Array.from({ length: units }, (_, c) => column(kernel, 5, c));
    expect(columns[2]).toEqual(columns[2].map((_, row) => own.data[row * units + 2]));
  }
});

test('integers come where all values are integers, and nothing else than float32 elsewhere', () => {
  const made = identity().apply([3, 3], 'int32');
  expect(made.dtype).toBe('int32');
  expect(made.dataSync()).toEqual(Int32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1));
  expect(zeros().apply([2], 'int32').dtype).toBe('int32');
  expect(() => heNormal({ seed: 1 }).apply([3, 3], 'int32')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: he_normal: dtype must be float32 unless all values are integers, got int32]`,
  );
  expect(() => zeros().apply([3, 3], 'complex64')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: zeros: dtype must be float32, got complex64]`,
  );
});

test('empty tensors, scalars and vectors are drawn', () => {
  expect(heNormal({ seed: 1 }).apply([0, 4]).shape).toEqual([0, 4]);
  expect(valuesOf(constant({ value: 2 }).apply([]))).toEqual(Float32Array.of(2));
  expect(valuesOf(heNormal({ seed: 1 }).apply([3]))).toEqual(
    scheme('he_normal').draw(key(1), specOf([3], 'io'), {}).data,
  );
});

test('an initializer leaves one tensor behind, the one it returns', () => {
  const before = tf.memory().numTensors;
  const tensor = heNormal({ seed: 1, gates: 2 }).apply([4, 4]);
  expect(tf.memory().numTensors).toBe(before + 1);
  tensor.dispose();
  expect(() => orthogonal().apply([4])).toThrow();
  expect(tf.memory().numTensors).toBe(before);
});

test('a model trains a step from these weights and gives what it takes back', async () => {
  await tf.ready();
  const before = tf.memory().numTensors;
  const model = tf.sequential({
    layers: [
      tf.layers.dense({
        units: 8,
        activation: 'relu',
        inputShape: [4],
        kernelInitializer: heNormal({ seed: 1 }),
      }),
      tf.layers.dense({ units: 1, kernelInitializer: orthogonal({ seed: 2 }) }),
    ],
  });
  const first = model.getWeights().map((weight) => weight.dataSync().slice());
  const optimizer = tf.train.sgd(0.1);
  model.compile({ optimizer, loss: 'meanSquaredError' });
  const [x, y] = [tf.ones([16, 4]), tf.ones([16, 1])];
  const { history } = await model.fit(x, y, { epochs: 1, verbose: 0 });
  expect(Number.isFinite(history['loss'][0])).toBe(true);
  expect(model.getWeights()[2].dataSync()).not.toEqual(first[2]);
  tf.dispose([x, y]);
  model.dispose();
  optimizer.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('what cannot be made says what must hold', () => {
  const message = (run: () => unknown): string => {
    try {
      run();
      return 'no error';
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    }
  };
  const any = initializer as (name: string, options: object) => TfInitializer;
  expect(
    [
      () => any('he_norml', {}),
      () => any('he_normal', { slop: 0.2 }),
      () => any('he_normal', { slope: '0.2' }),
      () => any('he_normal', { mode: 'fanIn' }),
      () => any('he_normal', { seed: -1 }),
      () => any('he_normal', { seed: '1' }),
      () => any('he_normal', { gates: 0 }),
      () => any('he_normal', { layout: 'oi' }),
      () => heNormal({ gates: 3 }).apply([4, 4]),
      () => heNormal({ groups: 3 }).apply([4, 4]),
      () => heNormal({ groups: 2, layout: 'depthwise' }).apply([3, 4, 4]),
      () => heNormal({ layout: 'depthwise' }).apply([4, 4]),
      () => orthogonal().apply([4]),
      () => dirac().apply([4, 4]),
      () => heNormal().apply([null, 4]),
    ].map(message),
  ).toMatchInlineSnapshot(`
    [
      "RangeError: scheme: name must be one that "stepzero schemes" lists, such as he_normal, got "he_norml"",
      "RangeError: he_normal: options must be among slope, mode, gain, got "slop"",
      "TypeError: he_normal: slope must be a number, got "0.2"",
      "RangeError: he_normal: mode must be one of fan_in, fan_out, fan_avg, fan_geo_avg, got fanIn",
      "RangeError: key: seed must be an integer in 0…2^53-1 (a bigint may reach 2^64-1), got -1",
      "TypeError: stepzero/tfjs: seed must be a number, got "1"",
      "RangeError: stepzero/tfjs: gates must be an integer >= 1, got 0",
      "RangeError: stepzero/tfjs: layout must be one of io, depthwise, transposed, lookup, got "oi"",
      "RangeError: stepzero/tfjs: gates must divide the last axis of [4, 4], got 3",
      "RangeError: specOf: groups must be an integer >= 1 that divides the 4 outputs of [4, 4], got 3",
      "RangeError: stepzero/tfjs: groups must be 1 for layout depthwise, got 2",
      "RangeError: stepzero/tfjs: shape must have at least 3 dimensions for layout depthwise, got [4, 4]",
      "RangeError: orthogonal: shape must have at least 2 dimensions, got [4]",
      "RangeError: dirac: shape must have kernel axes (a dense weight takes identity), got [4, 4]",
      "RangeError: specOf: shape must be of integers >= 0, got [NaN, 4]",
    ]
  `);
});
