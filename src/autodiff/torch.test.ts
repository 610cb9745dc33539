import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readModelFile } from '../files/index.ts';
import { encodeModel, modelOf, type Graph } from '../graph/index.ts';
import { openSession } from '../runtime/index.ts';
import { sizeOf, type Tensor } from '../tensor/index.ts';
import { evaluate, gradient, gradientName } from './index.ts';

const MODELS = resolve(import.meta.dirname, '../../../shared/models/torch');
const isThere = existsSync(MODELS);
if (!isThere) console.log(`skipped: ${MODELS} is not there`);

/** By model and tensor: the norm of a gradient and five of its elements. test/golden/gradients.py made them. */
const golden = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../test/golden/gradients.json'), 'utf8'),
) as Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;

/** The inputs of the golden gradients, as their script says. */
function feedsOf(graph: Graph): Record<string, Tensor> {
  return Object.fromEntries(
    graph.inputs.map(({ name, dtype, shape }): [string, Tensor] => {
      const extents = shape?.map(Number) ?? [];
      const at = Array.from({ length: sizeOf(extents) }, (_, index) => index);
      if (dtype === 'int64') {
        const data = BigInt64Array.from(at, (index) => BigInt((7 * index) % 50));
        return [name, { dtype, shape: extents, data }];
      }
      const data = Float32Array.from(at, (index) => ((7919 * index) % 2003) / 1001 - 1);
      return [name, { dtype: 'float32', shape: extents, data }];
    }),
  );
}

/** The largest distance from the golden numbers of a gradient, relative to the norm of the gradient. */
function distance(
  data: ArrayLike<number | bigint>,
  [norm, ...elements]: readonly number[],
): number {
  let square = 0;
  for (let index = 0; index < data.length; index++) square += Number(data[index]) ** 2;
  const errors = elements.map((element, index) => {
    const place = Math.floor((index * (data.length - 1)) / 4);
    return Math.abs(Number(data[place]) - element);
  });
  return Math.max(Math.abs(Math.sqrt(square) - norm), ...errors) / norm;
}

describe.skipIf(!isThere)('gradients of half the sum of squares are those of autograd', () => {
  // Where a gradient is 0 but for rounding, as that of a key's bias is, its golden norm says nothing.
  const counts = (norm: number, whole: number): boolean => norm > 1e-12 * whole;

  test.each(Object.keys(golden))(
    '%s: in onnxruntime, to the precision of float32',
    async (model) => {
      const { graph } = readModelFile(resolve(MODELS, `${model}.onnx`));
      const derivative = gradient(graph);
      expect(derivative.outputs.map(({ name }) => name).sort()).toEqual(
        Object.keys(golden[model]).map(gradientName).sort(),
      );
      const session = await openSession(encodeModel(modelOf(derivative)), { threads: 1 });
      const found = await session.run(feedsOf(graph));
      await session.close();
      const whole = Math.max(...Object.values(golden[model]).map(([norm]) => norm));
      for (const [name, numbers] of Object.entries(golden[model])) {
        if (!counts(numbers[0], whole)) continue;
        expect(distance(found[gradientName(name)].data, numbers), name).toBeLessThan(1e-4);
      }
    },
  );

  test.each(['lenet5', 'lstm_classifier', 'mlp_tanh_50x128', 'transformer_postln'])(
    '%s: in float64, but for constants such as 1/√2 that are stored in float32',
    (model) => {
      const { graph } = readModelFile(resolve(MODELS, `${model}.onnx`));
      const found = evaluate(gradient(graph), feedsOf(graph));
      const whole = Math.max(...Object.values(golden[model]).map(([norm]) => norm));
      for (const [name, numbers] of Object.entries(golden[model])) {
        if (!counts(numbers[0], whole)) continue;
        const own = found.get(gradientName(name))?.data ?? new Float64Array(0);
        expect(distance(own, numbers), name).toBeLessThan(1e-8);
      }
    },
  );
});

const MODULES = resolve(import.meta.dirname, '../../test/golden/pytorch_modules');

/** By module and parameter: its shape, and the golden numbers. test/golden/module_gradients.py made them. */
const ofModules = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../test/golden/module_gradients.json'), 'utf8'),
) as Readonly<Record<string, Readonly<Record<string, readonly [number[], number[]]>>>>;

/** The inputs of the modules, as the script of their gradients says. */
function feedsOfModule(graph: Graph): Record<string, Tensor> {
  const feeds = feedsOf(graph);
  for (const [name, { dtype, shape, data }] of Object.entries(feeds)) {
    if (dtype !== 'int64') continue;
    const tokens = BigInt64Array.from({ length: data.length }, (_, index) =>
      BigInt((7 * index) % 11),
    );
    feeds[name] = { dtype, shape, data: tokens };
  }
  return feeds;
}

describe('gradients of what exporters write are those of autograd, for every matrix that the file has', () => {
  // PyTorch leaves out the row of a table that is for padding; the layers of these encoders and decoders
  // begin as copies, which are stored once; of one attention every matrix is stored turned.
  const others = ['padded', 'encoder.', 'decoder.', 'mha_nobias.ts'];
  const files = readdirSync(MODULES).filter(
    (file) => !others.some((name) => file.startsWith(name)),
  );

  test.each(files)('%s', async (file) => {
    const { graph } = readModelFile(resolve(MODULES, file));
    const golden = ofModules[file.split('.')[0]];
    const derivative = gradient(graph);
    const session = await openSession(encodeModel(modelOf(derivative)), { threads: 1 });
    const found = await session.run(feedsOfModule(graph));
    await session.close();
    const whole = Math.max(...Object.values(golden).map(([, [norm]]) => norm));
    let compared = 0;
    for (const [name, [shape, numbers]] of Object.entries(golden)) {
      const own = found[gradientName(name)];
      // Vectors that are equal, as zeros are, an exporter stores once, and it adds two biases of a sum.
      if (own === undefined || own.shape.join() !== shape.join() || shape.length < 2) continue;
      compared++;
      if (numbers[0] > 1e-6 * whole) expect(distance(own.data, numbers), name).toBeLessThan(1e-4);
      else expect(Math.max(0, ...Array.from(own.data, Number)), name).toBeLessThan(1e-5 * whole);
    }
    expect(compared).toBeGreaterThan(0);
  });
});
