import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  chebyshev,
  chebyshevAt,
  chebyshevDerivative,
  chebyshevIntegral,
  coefficientsAtRoots,
  coefficientsOf,
  minimumBetween,
} from './index.ts';

test('an interpolant is its function, its derivative and its integral, between the nodes too', () => {
  const series = chebyshev((x) => Math.exp(x) * Math.cos(3 * x), -1, 2);
  const slopes = chebyshevDerivative(series);
  const integral = chebyshevIntegral(series, 5);
  // ∫ eˣ cos 3x = eˣ (cos 3x + 3 sin 3x)/10.
  const exact = (x: number): number => (Math.exp(x) * (Math.cos(3 * x) + 3 * Math.sin(3 * x))) / 10;
  fc.assert(
    fc.property(fc.double({ min: -1, max: 2, noNaN: true }), (x) => {
      const f = Math.exp(x) * Math.cos(3 * x);
      const df = Math.exp(x) * (Math.cos(3 * x) - 3 * Math.sin(3 * x));
      // Values up to 7.1; a derivative of degree n loses n².
      expect(Math.abs(chebyshevAt(series, x) - f)).toBeLessThan(1e-13);
      expect(Math.abs(chebyshevAt(slopes, x) - df)).toBeLessThan(1e-11);
      expect(Math.abs(chebyshevAt(integral, x) - 5 - exact(x) + exact(-1))).toBeLessThan(1e-13);
    }),
  );
});

test('the degree follows the function, and a polynomial is itself', () => {
  expect(chebyshev(() => 3, 0, 1).coefficients).toHaveLength(1);
  const degrees = [1, 5, 40].map(
    (k) => chebyshev((x) => Math.sin(k * x), 0, 4).coefficients.length,
  );
  expect(degrees[0]).toBeLessThan(degrees[1]);
  expect(degrees[1]).toBeLessThan(degrees[2]);
  const values = [1, 0.5, -0.5, -1].map((t) => 4 * t ** 3 - 3 * t);
  expect([...coefficientsOf(values)].map((c) => Math.round(c * 1e12) / 1e12 + 0)).toEqual([
    0, 0, 0, 1,
  ]);
  const roots = Array.from({ length: 5 }, (_, j) => Math.cos((Math.PI * (j + 0.5)) / 5));
  const square = coefficientsAtRoots(roots.map((t) => 2 * t * t - 1));
  expect([...square].map((c) => Math.round(c * 1e12) / 1e12 + 0)).toEqual([0, 0, 1, 0, 0]);
});

test('a minimum is found to the root of rounding', () => {
  // Values differ from the least one by less than rounding within 1e-8 or so.
  expect(Math.abs(minimumBetween((x) => (x - 0.3) ** 2 + 1, -2, 5) - 0.3)).toBeLessThan(1e-7);
  expect(Math.abs(minimumBetween(Math.cos, 2, 4) - Math.PI)).toBeLessThan(1e-7);
});
