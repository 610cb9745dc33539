import { existsSync, readFileSync } from 'node:fs';
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
