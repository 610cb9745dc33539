import { expect, test } from 'vitest';
import { onlyTrain, sorted, subjectOf } from '../../test/learning.ts';
import { buildArchitecture } from '../network/index.ts';
import { adam, constant, sgd } from '../optim/index.ts';
import { crossEntropy } from '../train/index.ts';
import { train } from './train.ts';
import { openTrainer } from './trainer.ts';
import type { StepMetrics } from './training.ts';

const subject = subjectOf('mlp:8-16-4', buildArchitecture('mlp:8-16-4'), crossEntropy());

test('a network learns which of its inputs is the largest', async () => {
  const trainer = await openTrainer(subject, { optimizer: adam() });
  const data = { ...onlyTrain(sorted(1, [600, 8], 4)), test: sorted(2, [200, 8], 4, 'test') };
  const told: StepMetrics[] = [];
  const result = await train(trainer, data, {
    batch: 50,
    steps: 300,
    schedule: constant(0.01),
    seed: 0,
    watch: { steps: (metrics) => told.push(...metrics) },
  });
  await trainer.close();
  expect(result.outcome).toBe('finished');
  expect(told.map(({ step }) => step)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
  // ln 4 is the loss of a guess.
  expect(told[0].loss).toBeGreaterThan(1);
  expect(result.finalLoss).toBeLessThan(0.3);
  expect(result.testAccuracy).toBeGreaterThan(0.85);
});

test('the bits do not depend on how steps are put into groups', async () => {
  const set = sorted(1, [100, 8], 4);
  const pick = (step: number): { indices: Uint32Array; learningRate: number } => ({
    indices: Uint32Array.from({ length: 10 }, (_, i) => (step * 7 + i) % 100),
    learningRate: 0.1 / step,
  });
  const run = async (groups: readonly number[]): Promise<unknown> => {
    const trainer = await openTrainer(subject, { optimizer: sgd({ momentum: 0.9 }), clip: 1 });
    const metrics: StepMetrics[] = [];
    for (const size of groups) {
      const first = metrics.length + 1;
      const picks = Array.from({ length: size }, (_, index) => pick(first + index));
      metrics.push(...(await trainer.steps(set, picks, first)));
    }
    const end = trainer.state();
    await trainer.close();
    return { metrics, end };
  };
  expect(await run([1, 4, 2])).toEqual(await run([7]));
});
