import { expect, test } from 'vitest';
import { gaussianRule } from './index.ts';

const mean = (
  f: (z: number) => number,
  breakpoints?: readonly number[],
  width?: number,
): number => {
  const { nodes, weights } = gaussianRule(breakpoints, width);
  return nodes.reduce((sum, z, i) => sum + weights[i] * f(z), 0);
};

test('moments of the normal distribution come out to the last digits', () => {
  // (2k - 1)!!, the even moments; what lies beyond ±9 is less than 1e-9 of the 12th moment.
  for (const [power, value, tolerance] of [
    [0, 1, 1e-15],
    [2, 1, 1e-14],
    [4, 3, 1e-13],
    [8, 105, 1e-11],
  ]) {
    expect(Math.abs(mean((z) => z ** power) / value - 1)).toBeLessThan(tolerance);
  }
  expect(mean((z) => z ** 3)).toBeCloseTo(0, 13);
});

test('a kink at a breakpoint costs nothing', () => {
  // E max(z - b, 0) = n(b) - b Φ(-b); at b = 0.3: 0.2667612...
  const b = 0.3;
  const kinked = mean((z) => Math.max(z - b, 0), [b]);
  const fine = mean((z) => Math.max(z - b, 0), [b], 0.1);
  expect(Math.abs(kinked - fine)).toBeLessThan(1e-15);
});

test('a width that is not positive is refused', () => {
  expect(() => gaussianRule([], 0)).toThrow(
    new RangeError('gaussianRule: width must be positive, got 0'),
  );
});
