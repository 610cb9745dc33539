import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { rowsOf } from '../../test/report-fixture.ts';
import type { SignalRow as MeasuredRow } from '../measure/index.ts';
import { decades, keyPoints, pairSignals } from './signal.ts';
import type { SignalRow } from './types.ts';

const paired = (before: readonly number[], after: readonly number[]) =>
  pairSignals({ before: rowsOf(before), after: rowsOf(after) });

const named = (names: readonly string[]): readonly SignalRow[] =>
  names.map((name, i) => ({ name, op: 'Add', secondMoment: 1 + i, mean: 0, dead: null }));

test('rows pair up by name, equal names in order, and none is lost', () => {
  const points = pairSignals({
    before: named(['a', 'b', 'b', 'c']),
    after: named(['a', 'x', 'b', 'b']),
  });
  expect(
    points.map(({ index, name, before, after }) => [index, name, before !== null, after !== null]),
  ).toEqual([
    [1, 'a', true, true],
    [2, 'x', false, true],
    [3, 'b', true, true],
    [4, 'b', true, true],
    [5, 'c', true, false],
  ]);
});

test('every row of either run is in exactly one pair', () => {
  const names = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 });
  fc.assert(
    fc.property(names, names, (left, right) => {
      const points = pairSignals({ before: named(left), after: named(right) });
      const values = (run: 'before' | 'after') =>
        points.flatMap((point) => point[run]?.secondMoment ?? []).toSorted((a, b) => a - b);
      expect(values('before')).toEqual(left.map((_, i) => 1 + i));
      expect(values('after')).toEqual(right.map((_, i) => 1 + i));
    }),
  );
});

test('the fate of a signal is judged against its first layer', () => {
  const [...points] = paired([1, 0.1, 0, 1e-7, 1e7, Infinity, NaN], []);
  expect(points.map((point) => point.before?.fate)).toEqual([
    'alive',
    'alive',
    'zero',
    'vanished',
    'exploded',
    'not finite',
    'not finite',
  ]);
  expect(points[5].before?.secondMoment).toBe(Infinity);
  expect(points[6].before?.secondMoment).toBeNaN();
});

test('a shortened network keeps its ends and where a signal first dies or explodes', () => {
  const before = Array.from({ length: 100 }, (_, i) => (i < 70 ? 10 ** (-i / 5) : 0));
  const after = Array.from({ length: 100 }, (_, i) => (i === 40 ? NaN : 1));
  // 10^(-i/5) < 1e-6 from 31 on, since 30 is exactly at the limit.
  const kept = keyPoints(paired(before, after), 10);
  expect(kept).toHaveLength(10);
  expect(kept).toEqual(expect.arrayContaining([0, 30, 31, 39, 40, 69, 70, 99]));
  expect(keyPoints(paired(before, after), 3)).toEqual([0, 40, 99]);
  expect(keyPoints(paired([1, 1], []), 10)).toEqual([0, 1]);
});

test('the axis spans whole decades around all that it can show', () => {
  expect(decades(paired([1, 1e-12], [1, 3]))).toEqual([-12, 1]);
  expect(decades(paired([1, 1], []))).toEqual([-1, 1]);
  expect(decades(paired([0, NaN], []))).toEqual([-1, 1]);
});

test('a measured row is a row to draw', () => {
  const measured: MeasuredRow = {
    name: 'h',
    op: 'Gemm',
    kind: 'linear',
    secondMoment: null,
    mean: null,
    dead: 0,
    notFinite: { secondMoment: 'Infinity', mean: '-Infinity', share: 0.5 },
  };
  const [point] = pairSignals({ before: [], after: [measured] });
  expect(point.after).toEqual({
    secondMoment: Infinity,
    mean: -Infinity,
    dead: 0,
    fate: 'not finite',
  });
});
