import type { PredictedLayer } from '../meanfield/index.ts';
import type { SignalPair, SignalRow } from './types.ts';

/** With the stored weights or with the new ones. */
export type Run = 'before' | 'after';

/** What became of a signal: alive, or how it was lost. */
export type Fate = 'alive' | 'zero' | 'vanished' | 'exploded' | 'not finite' | 'unknown';

/** A row with its numbers restored: NaN and ±∞ stand as such, `null` is not known. */
export interface Reading {
  readonly secondMoment: number | null;
  readonly mean: number | null;
  readonly dead: number | null;
  readonly fate: Fate;
}

/** One layer in both runs, numbered from 1. */
export interface SignalPoint {
  readonly index: number;
  readonly name: string;
  readonly op: string;
  readonly before: Reading | null;
  readonly after: Reading | null;
  /** Second moment that the theory gives for the new weights, `null` where it gives none. */
  readonly predicted: number | null;
}

/** What a signal is compared with: of the prediction, names and second moments. */
export type PredictedMoment = Pick<PredictedLayer, 'name' | 'q'>;

/** Factor of the second moment against the first layer beyond which a signal is lost. */
const lost = 1e6;

const restore = (row: SignalRow, field: 'secondMoment' | 'mean' | 'dead'): number | null => {
  const value = row[field];
  if (value !== null) return value;
  const word = row.notFinite?.[field];
  if (word === undefined) return null;
  if (/^\s*-\s*inf/i.test(word)) return -Infinity;
  return /inf/i.test(word) ? Infinity : NaN;
};

const fateOf = (secondMoment: number | null, first: number | null): Fate => {
  if (secondMoment === null) return 'unknown';
  if (!Number.isFinite(secondMoment)) return 'not finite';
  if (secondMoment === 0) return 'zero';
  if (first === null) return 'alive';
  if (secondMoment > first * lost) return 'exploded';
  return secondMoment < first / lost ? 'vanished' : 'alive';
};

const readings = (rows: readonly SignalRow[]): readonly Reading[] => {
  const moments = rows.map((row) => restore(row, 'secondMoment'));
  const first = moments.find((value) => value !== null && value > 0 && value < Infinity) ?? null;
  return rows.map((row, i) => ({
    secondMoment: moments[i],
    mean: restore(row, 'mean'),
    dead: restore(row, 'dead'),
    fate: fateOf(moments[i], first),
  }));
};

/** Names made unique by their occurrence, so that equal names pair up in order. */
const keys = (rows: readonly SignalRow[]): readonly string[] => {
  const seen = new Map<string, number>();
  return rows.map(({ name }) => {
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return `${count} ${name}`;
  });
};

/** The two runs side by side: rows of the same name together, the others where they stand; and what was predicted. */
export function pairSignals(
  { before, after }: SignalPair,
  predicted: readonly PredictedMoment[] = [],
): readonly SignalPoint[] {
  const momentOf = new Map(predicted.map(({ name, q }) => [name, q]));
  const [beforeKeys, afterKeys] = [keys(before), keys(after)];
  const [left, right] = [readings(before), readings(after)];
  const afterAt = new Map(afterKeys.map((name, index) => [name, index]));
  const beforeAt = new Map(beforeKeys.map((name, index) => [name, index]));
  const points: SignalPoint[] = [];
  const add = (row: SignalRow, i: number | undefined, j: number | undefined): void => {
    points.push({
      index: points.length + 1,
      name: row.name,
      op: row.op,
      before: i === undefined ? null : left[i],
      after: j === undefined ? null : right[j],
      predicted: momentOf.get(row.name) ?? null,
    });
  };
  let i = 0;
  const addUnmatched = (end: number): void => {
    for (; i < end; i++) if (!afterAt.has(beforeKeys[i])) add(before[i], i, undefined);
  };
  after.forEach((row, j) => {
    const partner = beforeAt.get(afterKeys[j]);
    if (partner !== undefined) addUnmatched(partner);
    add(row, partner, j);
  });
  addUnmatched(before.length);
  return points;
}

/** Ways to lose a signal, the worst first. */
const losses: readonly Fate[] = ['not finite', 'zero', 'exploded', 'vanished'];

/** Where each run first meets each loss, the worst losses first. */
const events = (points: readonly SignalPoint[]): readonly number[] =>
  losses
    .flatMap((fate) =>
      (['before', 'after'] as const).map((run) =>
        points.findIndex((point) => point[run]?.fate === fate),
      ),
    )
    .filter((index) => index >= 0);

/**
 * Indices of at most `limit` points: the first, the last and those where a signal first dies or
 * explodes, each with the one before; the room that is left goes to the neighbours of both ends.
 */
export function keyPoints(points: readonly SignalPoint[], limit: number): readonly number[] {
  if (points.length <= limit) return points.map((_, index) => index);
  const kept = new Set<number>();
  const keep = (index: number): void => {
    if (index >= 0 && kept.size < limit) kept.add(index);
  };
  keep(0);
  keep(points.length - 1);
  for (const index of events(points)) {
    keep(index);
    keep(index - 1);
  }
  for (let step = 1; kept.size < limit; step++) {
    keep(step);
    keep(points.length - 1 - step);
  }
  return [...kept].sort((a, b) => a - b);
}

/** Powers of ten around all positive finite second moments, at least two decades apart. */
export function decades(points: readonly SignalPoint[]): readonly [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const point of points) {
    for (const moment of [point.before?.secondMoment, point.after?.secondMoment, point.predicted]) {
      const value = moment ?? 0;
      if (!(value > 0 && value < Infinity)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (low > high) return [-1, 1];
  let [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  // Room on the side where the data come closer to the end.
  while (to - from < 2) {
    if (Math.log10(low) - from < to - Math.log10(high)) from--;
    else to++;
  }
  return [from, to];
}

/** Rows of a table of `count` layers: all, or the most telling of a long network. */
export function defaultRows(count: number): number {
  return count <= 40 ? count : 24;
}

/** What stands for rows left out. */
export function gapText(count: number): string {
  return `… ${count} ${count === 1 ? 'row' : 'rows'} like ${count === 1 ? 'this' : 'these'} …`;
}
