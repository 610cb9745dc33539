import type { LearningData } from '../data/index.ts';
import { fold, key } from '../random/index.ts';
import { batchesOf } from './order.ts';
import type { RunOptions, RunResult, StepMetrics, Trainer } from './training.ts';

/** Seconds that a run of the engine shall take. */
const GROUP_SECONDS = 0.3;
/** Most steps of one run of the engine. */
const MOST_STEPS = 256;

const isFinite = ({ loss, gradientNorm }: StepMetrics): boolean =>
  Number.isFinite(loss) && Number.isFinite(gradientNorm);

/** The first multiple of `every` after `step`. */
const nextMark = (step: number, every: number): number => (Math.floor(step / every) + 1) * every;

/**
 * Trains: takes steps in groups, evaluates and measures between them. The order of the examples and what is random in
 * them depend on the seed and the number of the step alone, so a run that goes on from a checkpoint ends as
 * one that never stopped, bit for bit.
 */
export async function train(
  trainer: Trainer,
  data: LearningData,
  options: RunOptions,
): Promise<RunResult> {
  const { batch, steps, schedule, seed, from = 0, hooks = [], watch = {}, signal } = options;
  const { evalEvery = Infinity, evalExamples = 1000, checkpointSeconds = 60 } = options;
  const root = key(seed);
  const at = batchesOf(fold(root, 'order'), data.train.count, batch);
  const begun = performance.now();
  let [taken, stepSeconds, saved] = [from, 0, performance.now()];
  let size = 1;
  let outcome: RunResult['outcome'] = 'finished';

  const measure = async (): Promise<void> => {
    for (const hook of hooks) {
      if (taken % hook.every !== 0) continue;
      watch.measured?.(taken, hook.name, await hook.measure(trainer.weights(), taken));
    }
  };
  if (from === 0) await measure();

  while (taken < steps) {
    if (signal?.aborted === true) {
      outcome = 'stopped';
      break;
    }
    const marks = [steps, nextMark(taken, evalEvery)].concat(
      hooks.map(({ every }) => nextMark(taken, every)),
    );
    const count = Math.min(size, ...marks.map((mark) => mark - taken));
    const first = taken + 1;
    const picks = Array.from({ length: count }, (_, index) => ({
      indices: at(first + index),
      learningRate: schedule(taken + index),
      key: fold(root, `step ${first + index}`),
    }));
    const start = performance.now();
    const metrics = await trainer.steps(data.train, picks, first);
    const spent = (performance.now() - start) / 1000;
    stepSeconds += spent;
    size = Math.max(1, Math.min(MOST_STEPS, Math.floor((GROUP_SECONDS * count) / spent)));
    taken += metrics.length;
    watch.steps?.(metrics);
    if (!metrics.every(isFinite)) {
      outcome = 'diverged';
      break;
    }
    if (taken % evalEvery === 0 && taken < steps && data.test !== null) {
      watch.evaluated?.(taken, 'test', await trainer.evaluate(data.test, evalExamples));
    }
    await measure();
    if ((performance.now() - saved) / 1000 >= checkpointSeconds) {
      await watch.checkpoint?.(taken, trainer.state());
      saved = performance.now();
    }
  }
  if (outcome !== 'diverged') await watch.checkpoint?.(taken, trainer.state());
  const isDone = outcome === 'finished';
  const most = data.test?.count ?? data.train.count;
  const trained = isDone ? await trainer.evaluate(data.train, most) : null;
  const tested = isDone && data.test !== null ? await trainer.evaluate(data.test) : null;
  if (trained !== null) watch.evaluated?.(taken, 'train', trained);
  if (tested !== null) watch.evaluated?.(taken, 'test', tested);
  return {
    outcome,
    steps: taken,
    finalLoss: trained?.loss ?? null,
    trainAccuracy: trained?.accuracy ?? null,
    testAccuracy: tested?.accuracy ?? null,
    stepsPerSecond: stepSeconds > 0 ? (taken - from) / stepSeconds : 0,
    seconds: (performance.now() - begun) / 1000,
  };
}
