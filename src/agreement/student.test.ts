import { expect, test } from 'vitest';
import { widening } from './student.ts';

test('quantiles of Student over those of the normal law are those of scipy', () => {
  // scipy.stats.t.isf(scipy.stats.norm.sf(4), ν) / 4, and at 4.5 for ν = 12; scipy 1.16.
  const golden = [
    [1, 2512.609758172545],
    [2, 31.410281739384466],
    [3, 8.154099257166846],
    [7, 2.1167312758661105],
    [8, 1.89876387112609],
    [31, 1.1554080212857059],
    [1000, 1.0042660766805238],
  ] as const;
  for (const [freedom, want] of golden) {
    // Where the tail is 1e-5 of all, rounding of the sums leaves 1e-10 of it.
    expect(Math.abs(widening(freedom, 4) / want - 1)).toBeLessThan(1e-9);
  }
  expect(widening(1e7, 4)).toBe(1);
});

test('less than one degree of freedom is refused', () => {
  expect(() => widening(0.5, 4)).toThrow(
    new RangeError('widening: degrees of freedom must be at least 1, got 0.5'),
  );
});
