import { expect, test } from 'vitest';
import { constant, cosine, stepwise, warmUp } from './schedule.ts';

test('a constant rate is the same at every step', () => {
  expect([0, 1, 1000].map(constant(0.3))).toEqual([0.3, 0.3, 0.3]);
});

test('a stepwise rate is multiplied at each mark, and from the step of the mark on', () => {
  const rate = stepwise(0.8, [10, 20], 0.5);
  expect([0, 9, 10, 19, 20, 100].map(rate)).toEqual([0.8, 0.8, 0.4, 0.4, 0.2, 0.2]);
  expect(stepwise(1, [5])(5)).toBe(0.1);
});

test('a cosine goes from its rate over their mean at half way to the least, and stays there', () => {
  const rate = cosine(1, 100, 0.2);
  expect(rate(0)).toBe(1);
  // cos(π/3) = ½ and cos(π/2) = 0, of numbers below 1 with a few roundings at 2⁻⁵³.
  expect(Math.abs(rate(100 / 3) - 0.8)).toBeLessThan(4 * 2 ** -53);
  expect(Math.abs(rate(50) - 0.6)).toBeLessThan(4 * 2 ** -53);
  expect(rate(100)).toBe(0.2);
  expect(rate(1000)).toBe(0.2);
});

test('a warm-up rises by equal parts from its first step, which is not 0, to the schedule behind it', () => {
  const rate = warmUp(constant(1), 4);
  expect([0, 1, 2, 3, 4, 5].map(rate)).toEqual([0.2, 0.4, 3 / 5, 0.8, 1, 1]);
  expect(warmUp(stepwise(1, [2], 0.5), 0)(3)).toBe(0.5);
});

test('a cosine has steps', () => {
  expect(() => cosine(1, 0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: cosine: steps must be positive, got 0]`,
  );
});
