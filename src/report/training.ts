import { formatNumber, formatShare } from './number.ts';
import { painter } from './paint.ts';
import { indent, pad, printable } from './text.ts';
import type { CoursePoint, TrainingCourse } from './training-course.ts';
import type { TextOptions } from './types.ts';

/** What came of a run of training, for people. */
export interface TrainingReport {
  readonly model: string;
  /** What it was trained on, such as `glyphs`. */
  readonly data: string;
  readonly outcome: 'finished' | 'diverged' | 'stopped';
  readonly steps: number;
  /** Steps that were asked for. */
  readonly planned: number;
  readonly finalLoss: number | null;
  readonly trainAccuracy: number | null;
  readonly testAccuracy: number | null;
  readonly stepsPerSecond: number;
  readonly seconds: number;
  readonly course: TrainingCourse;
  /** Folder of the run, `null` where nothing was written. */
  readonly folder: string | null;
  /** What went into the folder. */
  readonly files: readonly string[];
  /** What to do next, in sentences. */
  readonly hints: readonly string[];
}

/** A run of training as text: what came of it, its curves in a line each, and where its files are. */
export function trainingText(report: TrainingReport, options: TextOptions): string {
  const paint = painter(options.colour);
  const { course, folder, files, hints } = report;
  const rows = [
    { name: 'loss', points: course.loss, shown: formatNumber, isLog: true },
    { name: 'accuracy', points: course.accuracy, shown: formatShare, isLog: false },
    { name: 'held back', points: course.heldAccuracy, shown: formatShare, isLog: false },
  ].filter(({ points }) => points.length > 1);
  const margin = Math.max(0, ...rows.map(({ name }) => name.length)) + 2;
  const lines = rows.map(({ name, points, shown, isLog }) => {
    const ends = `${shown(points[0][1])} → ${shown(points.at(-1)![1])}`;
    const room = Math.max(8, Math.min(60, options.width - margin - ends.length - 2));
    return `${pad(name, margin, 'left')}${paint('cyan', sparkline(points, room, isLog))}  ${ends}`;
  });
  return [
    ...indent(trainingSentence(report), options.width, 0).map((line) => paint('bold', line)),
    ...(lines.length === 0 ? [] : ['', ...lines]),
    ...(hints.length === 0
      ? []
      : ['', ...hints.flatMap((hint) => indent(printable(hint), options.width, 0))]),
    ...(folder === null ? [] : ['', `${printable(folder)} holds ${files.join(', ')}.`]),
  ].join('\n');
}

/** What came of a run, in a sentence or two. */
export function trainingSentence(report: TrainingReport): string {
  const { model, data, outcome, steps, planned, finalLoss, seconds, stepsPerSecond } = report;
  const what = `${printable(model)} on ${printable(data)}`;
  if (outcome === 'diverged') {
    return `${what} diverged: the loss or its gradient was not finite at step ${steps} of ${planned}.`;
  }
  const took = `${count(steps, 'step')}${outcome === 'stopped' ? ` of ${planned}` : ''} in ${formatSeconds(seconds)} (${formatNumber(Number(stepsPerSecond.toPrecision(3)))} a second)`;
  const shares = [
    ['training', report.trainAccuracy],
    ['test', report.testAccuracy],
  ] as const;
  const accuracies = shares.flatMap(([of, share]) =>
    share === null ? [] : [`${formatShare(share)} of ${of} examples`],
  );
  return [
    `${what}${outcome === 'stopped' ? ' was stopped' : ''}: ${took}`,
    ...(finalLoss === null ? [] : [`loss ${formatNumber(finalLoss)}`]),
    ...(accuracies.length === 0 ? [] : [`right on ${accuracies.join(' and ')}`]),
  ]
    .join(', ')
    .concat('.');
}

const BARS = '▁▂▃▄▅▆▇█';

/** Values over steps as a line of at most `width` bars, from the smallest to the largest; logarithmic where all are positive if `isLog`. */
export function sparkline(points: readonly CoursePoint[], width: number, isLog: boolean): string {
  const bins = Math.min(width, points.length);
  const usesLog = isLog && points.every(([, value]) => value > 0);
  const heights = Array.from({ length: bins }, (_, bin) => {
    const part = points.slice(
      Math.floor((bin * points.length) / bins),
      Math.floor(((bin + 1) * points.length) / bins),
    );
    const sum = part.reduce((all, [, value]) => all + (usesLog ? Math.log(value) : value), 0);
    return sum / part.length;
  });
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  return heights
    .map((height) => {
      const share = high > low ? (height - low) / (high - low) : 0;
      return BARS[Math.min(BARS.length - 1, Math.floor(share * BARS.length))];
    })
    .join('');
}

/** A time for people: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
