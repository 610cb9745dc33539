import { describe, expect, test } from 'vitest';
import { layer, mlp, normal } from '../../test/layers-fixture.ts';
import { modelOf } from '../graph/index.ts';
import type { Ensemble } from './ensemble.ts';
import { measureLayers } from './index.ts';

describe('an ensemble', () => {
  const draw: Ensemble['draw'] = (seed) =>
    new Map([
      ['w1', normal('float32', 100 + seed, 0.7, 4, 6)],
      ['w2', normal('float32', 200 + seed, 0.6, 6, 3)],
    ]);
  const x = normal('float32', 7, 1, 8, 4);

  test('is measured draw by draw, and means are those over draws', async () => {
    const model = modelOf(mlp('float32'));
    const seeds = [5, 2, 9];
    const all = await measureLayers(model, { seeds, draw }, [{ x }], { gradients: false });
    for (const [index, seed] of seeds.entries()) {
      const one = await measureLayers(model, { seeds: [seed], draw }, [{ x }], {
        gradients: false,
      });
      for (const row of all.layers) {
        const { secondMoment, mean, c } = layer(one, row.name);
        expect(row.draws.secondMoment[index]).toBe(secondMoment);
        expect(row.draws.mean[index]).toBe(mean);
        expect(row.draws.c[index]).toBe(c);
      }
    }
    for (const row of all.layers) {
      const sum = row.draws.secondMoment.reduce<number>(
        (total, value) => total + (value ?? NaN),
        0,
      );
      expect(row.secondMoment).toBe(sum / 3);
    }
  });

  test('has gradients that behind Gaussian weights have the mean of the theory, within its standard error', async () => {
    const model = modelOf(mlp('float32'));
    const seeds = Array.from({ length: 200 }, (_, index) => index);
    const measured = await measureLayers(model, { seeds, draw }, [{ x }]);
    const row = layer(measured, 'relu_output');
    const list = row.draws.gradientSecondMoment.map((value) => value ?? NaN);
    const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
    const variance = list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (list.length - 1);
    // g = W₂ r with W₂ ~ N(0, 0.6²) and three outputs: E g² = 3 · 0.36 exactly.
    expect(Math.abs(mean - 3 * 0.36)).toBeLessThan(4 * Math.sqrt(variance / list.length));
    expect(row.gradientSecondMoment).toBe(mean);
  });

  test('is drawn once for each seed', async () => {
    const drawn: number[] = [];
    const noted: Ensemble = {
      seeds: [3, 4],
      draw: (seed) => {
        drawn.push(seed);
        return draw(seed);
      },
    };
    await measureLayers(modelOf(mlp('float32')), noted, [{ x }], { memory: 1 });
    expect(drawn).toEqual([3, 4]);
  });
});
