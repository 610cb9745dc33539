import { expect, test } from 'vitest';
import { averageMoments, averagePool, globalAverage, interpolationOverlap } from './averages.ts';

const value = { mean: 0.5, pairs: { q: 2, k: 1.2, p: 0.8, r: 0.6 } };

test('a window keeps what its positions share and an n-th of the rest', () => {
  const { mean, pairs } = averagePool(value, 4);
  expect(mean).toBe(0.5);
  expect(pairs).toEqual({ q: 1.1, k: 0.75, p: 0.8, r: 0.6 });
  expect(averagePool(value, 1)).toEqual(value);
  const near = averagePool(value, 4, { p: 2, r: 1.2 }).pairs;
  expect(near.q).toBe(2);
  expect(near.k).toBeCloseTo(1.2, 14);
  expect(near.p).toBe(0.8);
});

test('an average over all positions leaves one: its pairs are equal for all positions', () => {
  const { pairs } = globalAverage(value, 4);
  expect(pairs.p).toBe(pairs.q);
  expect(pairs.r).toBe(pairs.k);
  expect(globalAverage(value, 1e9).pairs.q).toBeCloseTo(0.8, 8);
});

test('equal weights of an average are average pooling, one weight is the value', () => {
  const none = { p: 0, r: 0 };
  const pooled = averageMoments(value, { q: 0.25, k: 0.25, ...none }).pairs;
  const expected = averagePool(value, 4).pairs;
  for (const pair of ['q', 'k', 'p', 'r'] as const) {
    expect(pooled[pair]).toBeCloseTo(expected[pair], 14);
  }
  expect(averageMoments(value, { q: 1, k: 1, ...none })).toEqual(value);
});

test('linear interpolation to twice the length has the weights ¼ and ¾', () => {
  expect(interpolationOverlap(1)).toBe(1);
  expect(interpolationOverlap(2)).toBe(0.625);
  // By ⅙, ½ … of the way: 3 gives f = ⅔, 0, ⅓.
  expect(interpolationOverlap(3)).toBeCloseTo((5 / 9 + 1 + 5 / 9) / 3, 14);
  expect(interpolationOverlap(1.7)).toBe(2 / 3);
  expect(interpolationOverlap(1001)).toBeCloseTo(2 / 3, 5);
});

test('counts that are none are refused', () => {
  expect(() => averagePool(value, 0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: averagePool: the count must be a whole number from 1 on, got 0]`,
  );
  expect(() => interpolationOverlap(0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: interpolationOverlap: scale must be positive, got 0]`,
  );
});
