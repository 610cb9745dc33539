import type { Evaluation, StepMetrics } from '../experiment/index.ts';
import { formatNumber, formatSeconds, formatShare, printable } from '../report/index.ts';
import { progress } from './progress.ts';

/** Says on standard error how a run goes: in one line that replaces itself on a terminal, in lines of their own elsewhere. */
export interface TrainingProgress {
  readonly say: (what: string) => void;
  /** A line that stays. */
  readonly note: (line: string) => void;
  readonly steps: (metrics: readonly StepMetrics[]) => void;
  readonly evaluated: (step: number, of: string, evaluation: Evaluation) => void;
  readonly measured: (step: number, name: string, values: Readonly<Record<string, number>>) => void;
  readonly end: () => void;
}

/** Seconds between plain lines. */
const PLAIN_SECONDS = 5;
/** Seconds over which steps are counted. */
const RATE_SECONDS = 5;
/** Most values of a measurement that a line has. */
const MOST_VALUES = 6;

/** The progress of a run of `steps` steps, of which `from` were taken before. */
export function trainingProgress(steps: number, from: number): TrainingProgress {
  const bar = progress();
  const isTerminal = process.stderr.isTTY;
  const rate = rateOf(from);
  let lastPlain = performance.now();
  let isFirst = true;
  const note = (line: string): void => {
    bar.end();
    process.stderr.write(`${printable(line)}\n`);
    lastPlain = performance.now();
  };
  return {
    say: (what) => bar.say(what),
    note,
    steps: (metrics) => {
      const last = metrics.at(-1);
      if (last === undefined) return;
      const perSecond = rate(last.step);
      // The first step is told at once: that it works is what one waits for.
      const isDue = isFirst || performance.now() - lastPlain >= PLAIN_SECONDS * 1000;
      isFirst = false;
      if (!isTerminal && !isDue) return;
      const line = lineOf(metrics, perSecond, steps - last.step);
      if (isTerminal) bar.say(line, last.step, steps);
      else note(`step ${last.step}/${steps}: ${line}`);
    },
    evaluated: (step, of, { loss, accuracy, examples }) =>
      note(
        `step ${step}/${steps}: ${of} loss ${formatNumber(loss)}${accuracy === null ? '' : `, accuracy ${formatShare(accuracy)}`} (${examples} examples)`,
      ),
    measured: (step, name, values) => note(`step ${step}/${steps}: ${name} ${valuesText(values)}`),
    end: bar.end,
  };
}

/** The mean of a group of steps, the speed, and the time that is left. */
function lineOf(metrics: readonly StepMetrics[], perSecond: number, left: number): string {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const accuracies = metrics.map(({ accuracy }) => accuracy).filter((one) => one !== null);
  return [
    `loss ${formatNumber(mean(metrics.map(({ loss }) => loss)))}`,
    ...(accuracies.length === 0 ? [] : [`accuracy ${formatShare(mean(accuracies))}`]),
    `${formatNumber(Number(perSecond.toPrecision(3)))} steps/s`,
    ...(left > 0 && perSecond > 0 ? [`${formatSeconds(left / perSecond)} left`] : []),
  ].join(', ');
}

function valuesText(values: Readonly<Record<string, number>>): string {
  const entries = Object.entries(values);
  const shown = entries
    .slice(0, MOST_VALUES)
    .map(([name, value]) => `${name} ${formatNumber(value)}`);
  return `${shown.join(', ')}${entries.length > MOST_VALUES ? ', …' : ''}`;
}

/** Steps a second over the last seconds. */
function rateOf(from: number): (step: number) => number {
  const seen: { readonly step: number; readonly at: number }[] = [
    { step: from, at: performance.now() },
  ];
  return (step) => {
    const at = performance.now();
    while (seen.length > 1 && at - seen[1].at > RATE_SECONDS * 1000) seen.shift();
    const [oldest] = seen;
    seen.push({ step, at });
    return ((step - oldest.step) / Math.max(1, at - oldest.at)) * 1000;
  };
}
