import { formatNumber, formatShare } from './number.ts';
import { painter } from './paint.ts';
import type { Paint, Style } from './paint.ts';
import { withGaps } from './shortened.ts';
import { decades, defaultRows, keyPoints, pairSignals } from './signal.ts';
import type { PredictedMoment, Reading, Run, SignalPoint } from './signal.ts';
import { naturalWidths, table, totalWidth } from './table.ts';
import type { Cell, Column } from './table.ts';
import { distinctParts, pad, printable, shorten, wrap } from './text.ts';
import type { SignalRow, TextOptions } from './types.ts';

const marks: Readonly<Record<Run, string>> = { before: '○', after: '●' };

/** Where the theory puts the new weights' signal; hidden where the measured one stands on it. */
const FORESEEN = '×';

const isOnAxis = (value: number | null): value is number =>
  value !== null && value > 0 && value < Infinity;

const alarm = (reading: Reading | null): Style | null => {
  if (reading === null || reading.fate === 'alive' || reading.fate === 'unknown') return null;
  return reading.fate === 'not finite' || reading.fate === 'exploded' ? 'red' : 'yellow';
};

/** One line of the chart: where the second moments stand on the axis from 10^low to 10^high. */
const dots = (
  point: SignalPoint,
  [low, high]: readonly [number, number],
  width: number,
): string => {
  const cells = Array.from({ length: width }, () => ' ');
  const place = (exponent: number): number =>
    Math.round(((exponent - low) / (high - low)) * (width - 1));
  if (low <= 0 && high >= 0) cells[place(0)] = '┊';
  if (isOnAxis(point.predicted)) cells[place(Math.log10(point.predicted))] = FORESEEN;
  for (const run of ['before', 'after'] as const) {
    const value = point[run]?.secondMoment ?? null;
    if (value === null) continue;
    if (value === 0) cells[0] = '◀';
    else if (!Number.isFinite(value)) cells[width - 1] = '▶';
    else {
      const at = place(Math.log10(value));
      cells[at] = run === 'after' && cells[at] === marks.before ? '◉' : marks[run];
    }
  }
  return cells.join('');
};

const paintDots = (text: string, paint: Paint): string =>
  text.replace(/[○●◉◀▶┊×]/g, (mark) => {
    if (mark === '┊' || mark === FORESEEN) return paint('dim', mark);
    if (mark === marks.before) return paint('yellow', mark);
    return mark === '◀' || mark === '▶' ? paint('red', mark) : paint('cyan', mark);
  });

const ends = ([low, high]: readonly [number, number], width: number): string => {
  const [left, right] = [formatNumber(10 ** low), formatNumber(10 ** high)];
  return left + pad(right, width - left.length, 'right');
};

/**
 * Both runs layer by layer: second moment, mean and share of dead units as numbers, and the second
 * moment as a dot on a log axis, so that a column of dots is the chart of the network. A long network
 * is shortened to `rows` rows that keep the ends and the places where the signal dies or explodes.
 * Where there is a prediction for the new weights, it stands beside.
 */
export function signalTable(
  before: readonly SignalRow[],
  after: readonly SignalRow[],
  options: TextOptions & {
    readonly rows?: number;
    readonly predicted?: readonly PredictedMoment[];
  },
): readonly string[] {
  const paint = painter(options.colour);
  const points = pairSignals({ before, after }, options.predicted);
  const shown = keyPoints(points, options.rows ?? defaultRows(points.length));
  const range = decades(points);
  const runs = (['before', 'after'] as const).filter((run) =>
    points.some((point) => point[run] !== null),
  );
  const last = runs[runs.length - 1] ?? 'after';
  const roomy = options.width >= 100;
  const hasDead = points.some((point) => runs.some((run) => point[run]?.dead != null));
  const hasPrediction = points.some((point) => point.predicted !== null);
  const hasMean = roomy || !hasPrediction;
  const deadRuns = !hasDead ? [] : roomy ? runs : [last];

  const number = (reading: Reading | null, text: string): Cell => {
    const style = alarm(reading);
    return style === null ? text : { text, paint: (padded) => paint(style, padded) };
  };
  const columns: readonly Column[] = [
    { title: 'layer', min: 10 },
    { title: 'op' },
    ...runs.map((run): Column => ({ title: `E[x²]\n${run}`, align: 'right' })),
    ...(hasPrediction ? [{ title: 'E[x²]\ntheory', align: 'right' } satisfies Column] : []),
    ...(hasMean ? [{ title: `mean\n${last}`, align: 'right' } satisfies Column] : []),
    ...deadRuns.map((run): Column => ({ title: `dead\n${run}`, align: 'right' })),
  ];
  const names = distinctParts(shown.map((index) => printable(points[index].name)));
  const nameWidth = roomy ? 36 : 20;
  const numbers = shown.map((index, position): readonly Cell[] => {
    const point = points[index];
    return [
      names(position, nameWidth),
      shorten(printable(point.op), roomy ? 24 : 10),
      ...runs.map((run) => number(point[run], formatNumber(point[run]?.secondMoment ?? null))),
      ...(hasPrediction ? [formatNumber(point.predicted)] : []),
      ...(hasMean ? [formatNumber(point[last]?.mean ?? null)] : []),
      ...deadRuns.map((run) => formatShare(point[run]?.dead ?? null)),
    ];
  });
  const natural = naturalWidths(columns, numbers);
  const [name, ...others] = natural;
  const needed = totalWidth([Math.min(name, nameWidth), ...others]) + 2;
  const width = Math.min(Math.max(options.width - needed, 13), roomy ? 40 : 24);
  const chart: Column = { title: `second moment\n${ends(range, width)}` };

  const rows = shown.map((index, position): readonly Cell[] => [
    ...numbers[position],
    {
      text: dots(points[index], range, width),
      paint: (padded) => paintDots(padded, paint),
    },
  ]);
  return [
    ...withGaps(table([...columns, chart], rows, options), shown, options),
    '',
    ...legend(points, range, runs, options),
  ];
}

const legend = (
  points: readonly SignalPoint[],
  [low, high]: readonly [number, number],
  runs: readonly Run[],
  options: TextOptions,
): readonly string[] => {
  const paint = painter(options.colour);
  const has = (test: (value: number) => boolean): boolean =>
    points.some((point) =>
      runs.some((run) => {
        const value = point[run]?.secondMoment ?? null;
        return value !== null && test(value);
      }),
    );
  const parts = [
    ...runs.map((run) => `${marks[run]} ${run}`),
    ...(runs.length === 2 ? ['◉ both'] : []),
    ...(points.some(({ predicted }) => isOnAxis(predicted))
      ? [`${FORESEEN} theory, for the new weights`]
      : []),
    ...(low <= 0 && high >= 0 ? ['┊ 1'] : []),
    ...(has((value) => value === 0) ? ['◀ zero'] : []),
    ...(has((value) => !Number.isFinite(value)) ? ['▶ not finite'] : []),
  ];
  return wrap(`${parts.join(', ')}; log scale`, options.width).map((line) => paint('dim', line));
};
