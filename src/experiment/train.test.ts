import { expect, test } from 'vitest';
import { onlyTrain, sorted, subjectOf } from '../../test/learning.ts';
import type { LearningSet } from '../data/index.ts';
import { builder, type Graph } from '../graph/index.ts';
import { buildArchitecture } from '../network/index.ts';
import { adam, constant, cosine, sgd, warmUp, type Optimizer } from '../optim/index.ts';
import { fillNormal } from '../random/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { crossEntropy } from '../train/index.ts';
import { train } from './train.ts';
import { openTrainer } from './trainer.ts';
import type { RunOptions, RunResult, StepMetrics } from './training.ts';

const subject = subjectOf('mlp:8-16-4', buildArchitecture('mlp:8-16-4'), crossEntropy());

/** Two layers with a batch normalisation in between. */
function normed(): Graph {
  const b = builder('normed');
  const x = b.input('input', 'float32', ['batch', 8]);
  const first = b.node('first', 'Gemm', [x, b.parameter('first.weight', [16, 8])], { transB: 1 });
  const norm = b.node('norm', 'BatchNormalization', [
    first,
    b.parameter('norm.weight', [16], 1),
    b.parameter('norm.bias', [16]),
    b.parameter('norm.mean', [16]),
    b.parameter('norm.variance', [16], 1),
  ]);
  const act = b.node('act', 'Relu', [norm]);
  const last = b.node('last', 'Gemm', [act, b.parameter('last.weight', [4, 16])], { transB: 1 });
  b.output('output', last, 'float32', ['batch', 4]);
  return b.build();
}

/** A set whose inputs get noise from the key of the step. */
function noisy(set: LearningSet): LearningSet {
  return {
    ...set,
    random: true,
    batch: (indices, key) => {
      const { inputs, target } = set.batch(indices, key);
      const { input } = inputs;
      if (key === null) return { inputs, target };
      const noise = new Float32Array(input.data.length);
      fillNormal(key, noise, 0, 0.1);
      const data = noise.map((value, index) => value + Number(input.data[index]));
      return { inputs: { input: { dtype: 'float32', shape: input.shape, data } }, target };
    },
  };
}

const base = { batch: 20, steps: 40, schedule: warmUp(cosine(0.05, 40), 5), seed: 3 };

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

test('the learning rate of a step is that of the schedule', async () => {
  const trainer = await openTrainer(subject, { optimizer: sgd() });
  const rates: number[] = [];
  await train(trainer, onlyTrain(sorted(1, [100, 8], 4)), {
    ...base,
    steps: 8,
    watch: { steps: (metrics) => rates.push(...metrics.map(({ learningRate }) => learningRate)) },
  });
  await trainer.close();
  expect(rates).toEqual(Array.from({ length: 8 }, (_, index) => base.schedule(index)));
});

const OPTIMIZERS: readonly (readonly [string, Optimizer])[] = [
  ['momentum', sgd({ momentum: 0.9 })],
  ['adam', adam()],
];

test.each(OPTIMIZERS)(
  '%s: a run that goes on from any step, in another trainer, ends with the bits of one that never stopped',
  async (_name, optimizer) => {
    const one = subjectOf('mlp:8-16-4', normed(), crossEntropy());
    const data = onlyTrain(noisy(sorted(1, [90, 8], 4)));
    type State = Readonly<Record<string, Tensor>>;
    const run = async (
      options: Partial<RunOptions>,
      start: State | null,
    ): Promise<{ result: RunResult; state: State; told: StepMetrics[] }> => {
      const trainer = await openTrainer(one, { optimizer });
      if (start !== null) trainer.restore(start);
      const told: StepMetrics[] = [];
      const watch = { steps: (metrics: readonly StepMetrics[]) => told.push(...metrics) };
      const result = await train(trainer, data, { ...base, ...options, watch });
      const state = trainer.state();
      await trainer.close();
      return { result, state, told };
    };
    const whole = await run({}, null);
    expect(Object.keys(whole.state)).toContain('norm.variance');
    for (const stop of [1, 17, 39]) {
      const head = await run({ steps: stop }, null);
      const rest = await run({ from: stop }, head.state);
      expect(rest.state).toEqual(whole.state);
      expect([...head.told, ...rest.told]).toEqual(whole.told);
      expect(rest.result.finalLoss).toBe(whole.result.finalLoss);
    }
    expect((await run({ seed: 4 }, null)).state).not.toEqual(whole.state);
  },
);

test('evaluations and measurements come at their steps, and are not told again by a run that goes on', async () => {
  const data = { ...onlyTrain(sorted(1, [90, 8], 4)), test: sorted(2, [30, 8], 4, 'test') };
  const run = async (from: number, steps: number): Promise<string[]> => {
    const trainer = await openTrainer(subject, { optimizer: sgd() });
    const told: string[] = [];
    await train(trainer, data, {
      ...base,
      from,
      steps,
      evalEvery: 4,
      evalExamples: 10,
      checkpointSeconds: 0,
      hooks: [{ name: 'hook', every: 3, measure: async (weights) => ({ count: weights.size }) }],
      watch: {
        evaluated: (step, split, { examples }) => told.push(`${step} ${split} ${examples}`),
        measured: (step, name, { count }) => told.push(`${step} ${name} ${count}`),
        checkpoint: async (step, state) => {
          if (step === steps) told.push(`${step} checkpoint ${Object.keys(state).length}`);
        },
      },
    });
    await trainer.close();
    return told;
  };
  const marks = ['0 hook 4', '3 hook 4', '4 train 10', '4 test 10', '6 hook 4'];
  const end = (step: number): string[] => [
    `${step} checkpoint 4`,
    `${step} train 30`,
    `${step} test 30`,
  ];
  expect(await run(0, 7)).toEqual([...marks, ...end(7)]);
  expect(await run(6, 7)).toEqual(end(7));
});

test('a run that diverges tells the step, and one that is stopped where it stands', async () => {
  const data = onlyTrain(sorted(1, [90, 8], 4));
  const trainer = await openTrainer(subject, { optimizer: sgd() });
  const last: StepMetrics[] = [];
  const saved: number[] = [];
  const options = { ...base, schedule: (step: number) => (step < 5 ? 0.01 : 1e38) };
  const diverged = await train(trainer, data, {
    ...options,
    watch: {
      steps: (metrics) => last.push(...metrics),
      checkpoint: async (step) => {
        saved.push(step);
      },
    },
  });
  expect(diverged).toMatchObject({ outcome: 'diverged', finalLoss: null, testAccuracy: null });
  expect(diverged.steps).toBe(last.length);
  expect(diverged.steps).toBeGreaterThan(6);
  expect(Number.isFinite(last[last.length - 1].loss)).toBe(false);
  expect(saved).toEqual([diverged.steps - 1]);
  await trainer.close();
  const control = new AbortController();
  const other = await openTrainer(subject, { optimizer: sgd() });
  const stopped = await train(other, data, {
    ...base,
    signal: control.signal,
    watch: { steps: () => control.abort() },
  });
  await other.close();
  expect(stopped).toMatchObject({ outcome: 'stopped', steps: 1, finalLoss: null });
});

test('options of a run must be in range', async () => {
  const trainer = await openTrainer(subject, { optimizer: sgd() });
  const data = onlyTrain(sorted(1, [90, 8], 4));
  const run = (options: Partial<RunOptions>): Promise<RunResult> =>
    train(trainer, data, { ...base, ...options });
  await expect(run({ steps: 1.5 })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[RangeError: train: steps must be a whole number from 0 on, got 1.5]`,
  );
  await expect(run({ from: 41 })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[RangeError: train: from must be at most steps, which is 40, got 41]`,
  );
  await expect(run({ evalEvery: 0 })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[RangeError: train: evalEvery must be a whole number from 1 on, got 0]`,
  );
  await trainer.close();
});
