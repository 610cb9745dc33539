import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { drawsOfPlan } from '../src/advise/index.ts';
import { readModelFile } from '../src/files/index.ts';
import { makeInputs, measureLayers } from '../src/measure/index.ts';
import { describeNetwork, layerValues, outputLayers } from '../src/network/index.ts';

const MODELS = resolve(import.meta.dirname, '../../shared/models/torch');
const isThere = existsSync(MODELS);
if (!isThere) console.log(`skipped: ${MODELS} is not there`);

const files = isThere ? readdirSync(MODELS).filter((name) => name.endsWith('.onnx')) : [];

describe.skipIf(!isThere)('real networks', () => {
  test.each(files)('%s: every layer has a signal, a correlation and a gradient', async (file) => {
    const model = readModelFile(join(MODELS, file));
    const network = describeNetwork(model.graph);
    const feeds = makeInputs(model.graph, { seed: 1 });
    const draw = drawsOfPlan(network, { model: file, seed: 0 });
    const measured = await measureLayers(model, { seeds: [1, 2], draw }, feeds, { network });
    expect(measured.notDifferentiable).toBeNull();
    expect(measured.firstNotFinite).toBeNull();
    expect(measured.examples).toBe(feeds.length * 2);
    const layers = layerValues(model.graph);
    expect(measured.of).toEqual(outputLayers(model.graph, network, layers));
    expect(measured.layers.map(({ name }) => name)).toEqual(layers.map(({ name }) => name));
    for (const { name, secondMoment, c, gradientSecondMoment } of measured.layers) {
      expect(secondMoment, name).toBeGreaterThan(0);
      expect(gradientSecondMoment, name).toBeGreaterThan(0);
      expect(Math.abs(c ?? NaN), name).toBeLessThanOrEqual(1);
      // Cotangents are scaled to it; float32 roundings of them average out.
      if (measured.of.includes(name)) expect(gradientSecondMoment, name).toBeCloseTo(1, 6);
    }
    for (const { name, gradientNorm } of measured.parameters) {
      expect(gradientNorm, name).toBeGreaterThan(0);
    }
  });

  test('within little memory a network gives the numbers that it gives in one run', async () => {
    const model = readModelFile(join(MODELS, 'timm_test_resnet.onnx'));
    const network = describeNetwork(model.graph);
    const feeds = makeInputs(model.graph, { seed: 1, batch: 2 });
    const draw = drawsOfPlan(network, { model: 'resnet', seed: 0 });
    const ensemble = { seeds: [1], draw };
    const whole = await measureLayers(model, ensemble, feeds, { network });
    const runs = new Set<number>();
    const parts = await measureLayers(model, ensemble, feeds, {
      network,
      memory: 2 ** 20,
      progress: (done) => runs.add(done),
    });
    expect(runs.size).toBeGreaterThan(4);
    for (const [index, row] of whole.layers.entries()) {
      const same = parts.layers[index];
      expect(same.name).toBe(row.name);
      // The same operators on the same numbers: float32 sums of a convolution in another order at most.
      for (const key of ['secondMoment', 'gradientSecondMoment'] as const) {
        const value = row[key] ?? NaN;
        expect(Math.abs((same[key] ?? NaN) - value), row.name).toBeLessThan(1e-4 * value);
      }
    }
  });
});
