import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { brent } from './brent.ts';

test('the root of cos x = x is the Dottie number', () => {
  // 0.7390851332151607 is the float64 nearest to it.
  expect(Math.abs(brent((x) => Math.cos(x) - x, 0, 1) - 0.7390851332151607)).toBeLessThan(1e-15);
});

test('the root of a monotone function is found within the tolerance, from either order of the ends', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -0.99, max: 0.99, noNaN: true }),
      fc.constantFrom(0, 1e-12, 1e-4),
      fc.constantFrom(1, 3, 9),
      (root, tolerance, power) => {
        // The sign of a difference of floats is exact, so only the bracket limits the result.
        const f = (x: number): number => (x - root) ** power * Math.exp(3 * x);
        const allowed = tolerance + 4 * Number.EPSILON;
        // An odd power underflows to zero within 1e-36 of the root at worst.
        expect(Math.abs(brent(f, -1, 1, tolerance) - root)).toBeLessThanOrEqual(allowed);
        expect(Math.abs(brent(f, 1, -1, tolerance) - root)).toBeLessThanOrEqual(allowed);
      },
    ),
  );
});

function evaluations(f: (x: number) => number): number {
  let count = 0;
  brent(
    (x) => {
      count++;
      return f(x);
    },
    -1,
    4,
  );
  return count;
}

test('smooth roots take far fewer evaluations than bisection, steps no more than a few times as many', () => {
  // Bisection of [-1, 4] down to one rounding at 0.3 takes 57 evaluations.
  expect(evaluations((x) => Math.exp(x) - Math.exp(0.3))).toBeLessThan(15);
  expect(evaluations((x) => (x > 0.3 ? 1e-200 : -1e-200))).toBeLessThan(4 * 57);
  // Interpolation creeps towards roots that are this flat, so bisection has to step in.
  expect(evaluations((x) => (x - 0.1) ** 9)).toBeLessThan(4 * 57);
  expect(evaluations((x) => (x - 0.123) ** 25)).toBeLessThan(4 * 57);
});

test('an end that is a root is the result', () => {
  expect(brent((x) => x, 0, 1)).toBe(0);
  expect(brent((x) => x - 1, 0, 1)).toBe(1);
});

test('ends on one side of the root and values that are no numbers are refused', () => {
  expect(() => brent((x) => x * x + 1, 0, 1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: brent: f must have opposite signs at two finite ends, got f(0) = 1 and f(1) = 2; choose ends on both sides of the root]`,
  );
  expect(() => brent(() => Number.NaN, 0, 1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: brent: f must be a number, got NaN at x = 1]`,
  );
  expect(() => brent((x) => x, -Infinity, 1)).toThrow(RangeError);
});
