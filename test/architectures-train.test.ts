import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openTrainer } from '../src/experiment/index.ts';
import { readModelFile } from '../src/files/index.ts';
import type { Graph, Values } from '../src/graph/index.ts';
import { architectures, buildArchitecture } from '../src/network/index.ts';
import { sgd } from '../src/optim/index.ts';
import { sizeOf, toFloat64 } from '../src/tensor/index.ts';
import { crossEntropy, meanSquaredError, type Loss } from '../src/train/index.ts';
import { subjectOf } from './learning.ts';
import { randomSet } from './random-set.ts';

/** Takes a step on noise, and checks that its loss and gradient are finite, that it moves something and that it can be examined. */
async function takeStep(name: string, graph: Graph, loss: Loss): Promise<void> {
  const [batch] = graph.inputs[0].shape ?? [];
  const isLarge = graph.inputs[0].shape?.at(-1) === 224;
  const examples = typeof batch === 'number' ? batch : isLarge ? 1 : 2;
  const trainer = await openTrainer(subjectOf(name, graph, loss), { optimizer: sgd() });
  try {
    const set = randomSet(graph, graph.outputs[0].shape ?? [], loss.target);
    const before = trainer.weights();
    const pick = { indices: new Uint32Array(examples), learningRate: 0.01 };
    const [{ loss: found, gradientNorm }] = await trainer.steps(set, [pick], 1);
    expect(Number.isFinite(found)).toBe(true);
    expect(Number.isFinite(gradientNorm)).toBe(true);
    expect(gradientNorm).toBeGreaterThan(0);
    expect(Number.isFinite((await trainer.evaluate(set, examples)).loss)).toBe(true);
    const after = trainer.weights();
    const isMoved = (parameter: string): boolean =>
      numbersOf(before, parameter).some((value, i) => value !== numbersOf(after, parameter)[i]);
    expect([...before.keys()].some(isMoved)).toBe(true);
  } finally {
    await trainer.close();
  }
}

function numbersOf(values: Values, name: string): Float64Array {
  const value = values.get(name);
  if (value === undefined) throw new Error(`no ${name}`);
  return toFloat64('data' in value ? value : value.read());
}

/** Deeper than others, of the same parts. */
const DEEPER = new Set(['resnet:50', 'resnet:56', 'resnet:110:nonorm']);

const examples = architectures
  .flatMap((architecture) => architecture.examples)
  .filter((text) => !DEEPER.has(text));

test.each(examples)('%s takes a step of training', async (text) => {
  const graph = buildArchitecture(text);
  const isOne = graph.outputs[0].shape?.at(-1) === 1;
  await takeStep(text, graph, isOne ? meanSquaredError : crossEntropy());
});

test('weights that are shared over depth get the sum of the gradients of their uses', async () => {
  const gradients = async (text: string): Promise<Map<string, number[]>> => {
    const graph = buildArchitecture(text);
    const constants = new Map(
      [...graph.constants].map(([name, constant]) => {
        if (constant.dtype !== 'float32' || constant.shape.length === 0) return [name, constant];
        // The same in every block: numbers of the name without its number.
        const own = name.replace(/^blocks\.\d+\./, 'block.');
        let offset = 0;
        for (let i = 0; i < own.length; i++) offset += own.charCodeAt(i);
        const data = Float32Array.from(
          { length: sizeOf(constant.shape) },
          (_, i) => Math.sin(0.7 * i + offset) / 4,
        );
        return [name, { ...constant, read: () => ({ ...constant, data }) }];
      }),
    );
    const subject = subjectOf(text, { ...graph, constants }, crossEntropy());
    const trainer = await openTrainer({ ...subject, weights: new Map() }, { optimizer: sgd() });
    const before = trainer.weights();
    const set = randomSet(graph, graph.outputs[0].shape ?? [], 'class');
    await trainer.steps(set, [{ indices: new Uint32Array(3), learningRate: 1 }], 1);
    const after = trainer.weights();
    await trainer.close();
    return new Map(
      [...before.keys()].map((name) => {
        const [old, now] = [numbersOf(before, name), numbersOf(after, name)];
        return [name, Array.from(now, (value, i) => old[i] - value)];
      }),
    );
  };
  const shared = await gradients('transformer:v7-8x3h2-7:t5:shared');
  const apart = await gradients('transformer:v7-8x3h2-7:t5');
  const names = [...shared.keys()].filter((name) => name.startsWith('block.'));
  expect(names).toHaveLength(12);
  for (const name of names) {
    const uses = [0, 1, 2].map(
      (block) => apart.get(name.replace('block.', `blocks.${block}.`)) ?? [],
    );
    for (const [i, value] of (shared.get(name) ?? []).entries()) {
      const sum = uses.reduce((total, use) => total + use[i], 0);
      // Weights below 1/4 and gradients below 1 are each rounded to 2⁻²⁴ of their size, a few times.
      expect(Math.abs(value - sum)).toBeLessThan(16 * 2 ** -24 * Math.max(1, Math.abs(sum)));
    }
  }
});

const MODELS = resolve(import.meta.dirname, '../../shared/models');
const isThere = existsSync(MODELS);
if (!isThere) console.log(`skipped the models: ${MODELS} is not there`);

/** Networks of more numbers than this take seconds to draw. */
const MOST = 5e6;

const models = isThere
  ? ['torch', 'light'].flatMap((set) =>
      readdirSync(join(MODELS, set))
        .filter((name) => name.endsWith('.onnx'))
        .map((name) => join(set, name)),
    )
  : [];

describe.skipIf(!isThere)('models of others', () => {
  const light = models.filter((file) => {
    const { constants } = readModelFile(join(MODELS, file)).graph;
    return [...constants.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0) < MOST;
  });

  test.each(light)('%s takes a step of training', async (file) => {
    const { graph } = readModelFile(join(MODELS, file));
    await takeStep(file, graph, crossEntropy());
  });
});
