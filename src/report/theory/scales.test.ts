import { expect, test } from 'vitest';
import { clipped, ticksOf } from './scales.ts';

test('ticks are round, inside the range, and as many as there is room for', () => {
  expect(ticksOf(0, 1, 5, false)).toEqual({
    values: [0, 0.2, 0.4, 0.6000000000000001, 0.8, 1],
    digits: 1,
  });
  expect(ticksOf(0, 1.214, 6, false).values).toEqual([0, 0.5, 1]);
  expect(ticksOf(-3, 3, 8, false)).toEqual({ values: [-3, -2, -1, 0, 1, 2, 3], digits: 0 });
  expect(ticksOf(0, 30, 6, false).values).toEqual([0, 5, 10, 15, 20, 25, 30]);
  expect(ticksOf(0, 3e-5, 3, false)).toEqual({
    values: [0, 1e-5, 2e-5, 3.0000000000000004e-5],
    digits: 5,
  });
});

test('ticks of a logarithm are whole decades', () => {
  expect(ticksOf(-12.3, 1.2, 5, true).values).toEqual([-12, -9, -6, -3, 0]);
  expect(ticksOf(0, 3, 7, true)).toEqual({ values: [0, 1, 2, 3], digits: 0 });
});

test('a line is cut exactly where it leaves the rectangle, with a gap where it is outside', () => {
  const points = [
    [0, 0.5],
    [1, 2.5],
    [2, 0.5],
    [3, 0.5],
  ] as const;
  expect(clipped(points, [0, 0], [2.5, 1])).toEqual([
    [0, 0.5],
    [0.25, 1],
    [0.25, null],
    [1.75, 1],
    [2, 0.5],
    [2.5, 0.5],
  ]);
});

test('a line wholly outside, of one point or through what is not finite leaves nothing there', () => {
  expect(
    clipped(
      [
        [0, 5],
        [1, 6],
      ],
      [0, 0],
      [1, 1],
    ),
  ).toEqual([]);
  expect(clipped([[0.5, 0.5]], [0, 0], [1, 1])).toEqual([]);
  expect(
    clipped(
      [
        [0, 0],
        [0.2, NaN],
        [0.4, 0.4],
        [0.6, 0.6],
      ],
      [0, 0],
      [1, 1],
    ),
  ).toEqual([
    [0.4, 0.4],
    [0.6, 0.6],
  ]);
});
