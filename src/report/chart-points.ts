import { formatNumber } from './number.ts';
import type { Run, SignalPoint } from './signal.ts';

/** A layer's number and what is drawn there, `null` for a gap. */
export type Point = readonly [number, number | null];

/** Most points of one line; of more, every bucket keeps its least, its greatest and a gap. */
const mostPoints = 400;

/** At most about 400 points that look like all of them. */
export function sample(points: readonly Point[]): readonly Point[] {
  if (points.length <= mostPoints) return points;
  const size = Math.ceil(points.length / (mostPoints / 4));
  const kept = new Set([0, points.length - 1]);
  for (let start = 0; start < points.length; start += size) {
    const end = Math.min(start + size, points.length);
    let [low, high, gap] = [-1, -1, -1];
    for (let i = start; i < end; i++) {
      const value = points[i][1];
      if (value === null) gap = i;
      else {
        if (low < 0 || value < points[low][1]!) low = i;
        if (high < 0 || value > points[high][1]!) high = i;
      }
    }
    for (const i of [low, high, gap]) if (i >= 0) kept.add(i);
  }
  return [...kept].sort((a, b) => a - b).map((i) => points[i]);
}

/** Base-10 logarithms of the second moments of one run or of the prediction, with gaps where there is none. */
export function logMoments(
  points: readonly SignalPoint[],
  run: Run | 'predicted',
): readonly Point[] {
  return sample(
    points.map((point): Point => {
      const value = run === 'predicted' ? point.predicted : (point[run]?.secondMoment ?? null);
      return [
        point.index,
        value !== null && value > 0 && value < Infinity ? Math.log10(value) : null,
      ];
    }),
  );
}

/** A second moment that a log axis cannot show. */
export interface EdgeMark {
  readonly run: Run;
  readonly index: number;
  /** Zero stands at the lower edge, the not finite at the upper one. */
  readonly low: boolean;
  readonly label: string | null;
  /** Which of the labels at this edge it is, so that none covers another. */
  readonly line: number;
}

interface Stretch {
  readonly value: number;
  readonly from: number;
  readonly to: number;
}

/** Stretches of layers whose second moment is the same zero or not finite number. */
function offAxis(points: readonly SignalPoint[], run: Run): readonly Stretch[] {
  const stretches: Stretch[] = [];
  points.forEach((point, i) => {
    const value = point[run]?.secondMoment ?? null;
    if (value === null || (value > 0 && value < Infinity)) return;
    const last = stretches.at(-1);
    if (last !== undefined && last.to === i - 1 && Object.is(last.value, value)) {
      stretches[stretches.length - 1] = { value, from: last.from, to: i };
    } else stretches.push({ value, from: i, to: i });
  });
  return stretches;
}

/** Points that a log axis cannot show; the first stretches of them have a label. */
export function edgeMarks(
  points: readonly SignalPoint[],
  runs: readonly Run[],
): readonly EdgeMark[] {
  const marks: EdgeMark[] = [];
  const every = Math.ceil(points.length / (mostPoints / 4));
  const lines = { low: 0, high: 0 };
  for (const run of runs) {
    offAxis(points, run).forEach(({ value, from, to }, nth) => {
      if (nth >= 2 && to - from < every && nth % every !== 0) return;
      const low = value === 0;
      const [first, last] = [points[from].index, points[to].index];
      const where =
        from === to
          ? `at layer ${first}`
          : to === points.length - 1
            ? `from layer ${first}`
            : `in layers ${first} to ${last}`;
      const labelled = nth < 2;
      const label = labelled ? `${run}: ${formatNumber(value)} ${where}` : null;
      marks.push({
        run,
        index: first,
        low,
        label,
        line: labelled ? lines[low ? 'low' : 'high']++ : 0,
      });
      for (let i = from + 1; i <= to; i++) {
        if (i % every === 0 || i === to) {
          marks.push({ run, index: points[i].index, low, label: null, line: 0 });
        }
      }
    });
  }
  return marks;
}
