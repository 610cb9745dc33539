import type { LearningData } from '../data/index.ts';
import { fold, key } from '../random/index.ts';
import { isFiniteStep } from './many-steps.ts';
import { batchesOf } from './order.ts';
import type { RunOptions, RunResult, StepPick, Trainer } from './training.ts';

/** Seconds that a run of the engine shall take. */
const GROUP_SECONDS = 0.3;
/** How much longer a group may be than the one before. */
const MOST_GROWTH = 8;
/** Most steps of a group. */
const MOST_STEPS = 4096;

/** The first multiple of `every` after `step`. */
const nextMark = (step: number, every: number): number => (Math.floor(step / every) + 1) * every;

function checkWhole(what: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new RangeError(`train: ${what} must be a whole number from ${least} on, got ${value}`);
}

function check({ steps, from = 0, evalEvery, hooks = [] }: RunOptions): void {
  checkWhole('steps', steps, 0);
  checkWhole('from', from, 0);
  if (from > steps) {
    throw new RangeError(`train: from must be at most steps, which is ${steps}, got ${from}`);
  }
  if (evalEvery !== undefined) checkWhole('evalEvery', evalEvery, 1);
  for (const { name, every } of hooks) checkWhole(`every of ${name}`, every, 1);
}

/** What every step is taken on, from its number alone. */
function picksOf(data: LearningData, { batch, schedule, seed }: RunOptions) {
  const root = key(seed);
  const indicesAt = batchesOf(fold(root, 'order'), data.train.count, batch);
  return (step: number): StepPick => ({
    indices: indicesAt(step),
    learningRate: schedule(step - 1),
    key: fold(root, `step ${step}`),
  });
}

/**
 * Trains: takes steps in groups of some tenths of a second, evaluates, measures and gives checkpoints between them. The
 * order of the examples and what is random in them depend on the seed and the number of the step alone, so a run that
 * goes on from the state of any step ends as one that never stopped, bit for bit. Where a step is not finite the run
 * ends, and the trainer has the state before that step. `RangeError` for options out of range.
 */
export async function train(
  trainer: Trainer,
  data: LearningData,
  options: RunOptions,
): Promise<RunResult> {
  check(options);
  const { steps, from = 0, hooks = [], watch = {}, signal } = options;
  const { evalEvery, evalExamples = 1000, checkpointSeconds = 60 } = options;
  const pickAt = picksOf(data, options);
  const begun = performance.now();
  const secondsSince = (start: number): number => (performance.now() - start) / 1000;
  const marks = [
    ...hooks.map(({ every }) => every),
    ...(evalEvery === undefined ? [] : [evalEvery]),
  ];

  const evaluate = async (step: number, most: number): Promise<void> => {
    watch.evaluated?.(step, 'train', await trainer.evaluate(data.train, most));
    if (data.test === null) return;
    watch.evaluated?.(step, 'test', await trainer.evaluate(data.test, most));
  };
  const measure = async (step: number): Promise<void> => {
    for (const { name, every, measure: take } of hooks) {
      if (step % every !== 0) continue;
      watch.measured?.(step, name, await take(trainer.weights(), step));
    }
  };

  let [taken, size, stepSeconds, saved] = [from, 1, 0, begun];
  let outcome: RunResult['outcome'] = 'finished';
  if (from === 0) await measure(0);
  while (taken < steps) {
    if (signal?.aborted === true) {
      outcome = 'stopped';
      break;
    }
    const until = Math.min(steps, taken + size, ...marks.map((every) => nextMark(taken, every)));
    const count = until - taken;
    const picks = Array.from({ length: count }, (_, index) => pickAt(taken + 1 + index));
    const start = performance.now();
    const metrics = await trainer.steps(data.train, picks, taken + 1);
    const spent = secondsSince(start);
    stepSeconds += spent;
    const fitting = Math.floor((GROUP_SECONDS * count) / spent);
    size = Math.max(1, Math.min(fitting, MOST_GROWTH * count, MOST_STEPS));
    taken += metrics.length;
    watch.steps?.(metrics);
    if (!metrics.every(isFiniteStep)) {
      outcome = 'diverged';
      break;
    }
    if (taken < steps && evalEvery !== undefined && taken % evalEvery === 0) {
      await evaluate(taken, evalExamples);
    }
    await measure(taken);
    if (taken < steps && secondsSince(saved) >= checkpointSeconds) {
      await watch.checkpoint?.(taken, trainer.state());
      saved = performance.now();
    }
  }
  await watch.checkpoint?.(outcome === 'diverged' ? taken - 1 : taken, trainer.state());
  const ended = outcome === 'finished' ? await examined(trainer, data, options) : null;
  if (ended !== null) {
    watch.evaluated?.(taken, 'train', ended.train);
    if (ended.test !== null) watch.evaluated?.(taken, 'test', ended.test);
  }
  return {
    outcome,
    steps: taken,
    finalLoss: ended?.train.loss ?? null,
    trainAccuracy: ended?.train.accuracy ?? null,
    testAccuracy: ended?.test?.accuracy ?? null,
    stepsPerSecond: stepSeconds > 0 ? (taken - from) / stepSeconds : 0,
    seconds: secondsSince(begun),
  };
}

/** The last evaluation, on as many training examples as there are to test with. */
async function examined(trainer: Trainer, { train: set, test }: LearningData, options: RunOptions) {
  const { finalExamples = Infinity } = options;
  const most = Math.min(finalExamples, test?.count ?? Infinity);
  return {
    train: await trainer.evaluate(set, most),
    test: test === null ? null : await trainer.evaluate(test, finalExamples),
  };
}
