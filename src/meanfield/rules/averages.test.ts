import { expect, test } from 'vitest';
import { fillNormal, key } from '../../random/index.ts';
import {
  averageMoments,
  averagePool,
  averageUnits,
  globalAverage,
  interpolationOverlap,
  mixedMoments,
  normOverUnits,
  overlapCorrelation,
  scaledMoments,
} from './averages.ts';

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

test('windows over white noise are correlated by the part that they share', () => {
  expect(overlapCorrelation(3, 2, 1)).toBeCloseTo(1 / 3, 15);
  expect(overlapCorrelation(3, 2, 2)).toBe(0);
  expect(overlapCorrelation(5, 1, -2)).toBe(0.6);
  const count = 100_000;
  const z = new Float64Array(count + 5);
  fillNormal(key(2), z, 0, 1);
  let [product, square] = [0, 0];
  for (let i = 0; i < count; i++) {
    const first = z[i] + z[i + 1] + z[i + 2];
    product += first * (z[i + 2] + z[i + 3] + z[i + 4]);
    square += first * first;
  }
  // Products of sums of 3 that share 1 have the variance 9 + 1, and are themselves correlated over 5 steps.
  expect(Math.abs((product - overlapCorrelation(3, 2, 1) * square) / count)).toBeLessThan(
    5 * Math.sqrt((10 * 5) / count),
  );
});

test('linear interpolation to twice the length has the weights ¼ and ¾', () => {
  expect(interpolationOverlap(1)).toBe(1);
  expect(interpolationOverlap(2)).toBe(0.625);
  // By ⅙, ½ … of the way: 3 gives f = ⅔, 0, ⅓.
  expect(interpolationOverlap(3)).toBeCloseTo((5 / 9 + 1 + 5 / 9) / 3, 14);
  expect(interpolationOverlap(1.7)).toBe(2 / 3);
  expect(interpolationOverlap(1001)).toBeCloseTo(2 / 3, 5);
});

test('averages and norms over many units are the same for every input', () => {
  const { pairs } = averageUnits(value, 1e9);
  for (const moment of Object.values(pairs)) expect(moment).toBeCloseTo(0.25, 8);
  expect(averageUnits(value, 1)).toEqual(value);
  expect(normOverUnits(value, 50)).toEqual({
    mean: 10,
    pairs: { q: 100, k: 100, p: 100, r: 100 },
  });
  expect(scaledMoments(value, -2)).toEqual({
    mean: -1,
    pairs: { q: 8, k: 4.8, p: 3.2, r: 2.4 },
  });
});

test('values side by side average their moments by their numbers of units', () => {
  const other = { mean: 0, pairs: { q: 1, k: 0, p: 0, r: 0 } };
  const { mean, pairs } = mixedMoments([
    { units: 30, moments: value },
    { units: 10, moments: other },
  ]);
  expect(mean).toBe(0.375);
  expect(pairs.q).toBe(1.75);
  expect(pairs.k).toBeCloseTo(0.9, 15);
});

test('counts that are none are refused', () => {
  expect(() => averagePool(value, 0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: averagePool: the count must be a whole number from 1 on, got 0]`,
  );
  expect(() => interpolationOverlap(0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: interpolationOverlap: scale must be positive, got 0]`,
  );
  expect(() => mixedMoments([])).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: mixedMoments: parts must have units, got 0 parts]`,
  );
});
