import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { productTransposed } from './product.ts';
import { singularValues } from './singular-values.ts';
import { symmetricEigenvalues } from './symmetric-eigenvalues.ts';

test('eigenvalues of the second difference are 2 - 2 cos(k π/(n + 1)) at every scale', () => {
  for (const scale of [1, 1e-200, -1e200]) {
    const n = 9;
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      matrix[i * n + i] = 2 * scale;
      if (i > 0) matrix[i * n + i - 1] = matrix[(i - 1) * n + i] = -scale;
    }
    const expected = Array.from(
      { length: n },
      (_, k) => scale * (2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1))),
    ).sort((a, b) => a - b);
    const found = symmetricEigenvalues(matrix, n);
    // n ε of the largest eigenvalue, which is below 4.
    found.forEach((value, i) =>
      expect(Math.abs(value - expected[i])).toBeLessThan(4 * n * 2 ** -52 * Math.abs(scale)),
    );
  }
});

test('eigenvalues of A Aᵀ are the squares of the singular values of A, zeros for what A lacks', () => {
  const numbers = fc.integer({ min: -1000, max: 1000 }).map((x) => x / 1000);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 7 }),
      fc.array(numbers, { minLength: 49, maxLength: 49 }),
      (n, k, values) => {
        const a = Float64Array.from(values.slice(0, n * k));
        const squares = [...singularValues(a, n, k)].map((s) => s * s);
        const expected = [...Array.from({ length: n - squares.length }, () => 0), ...squares];
        const found = symmetricEigenvalues(productTransposed(a, a, n, n, k), n);
        // The product itself is rounded: n k terms of at most 1, by ε each.
        found.forEach((value, i) =>
          expect(Math.abs(value - expected[i])).toBeLessThan(64 * n * k * 2 ** -52),
        );
      },
    ),
  );
});

test('elements whose squares leave float64 are as good as 0 beside larger ones', () => {
  const matrix = Float64Array.of(1, 1e-160, 1e-170, 1e-160, 2, 1e-180, 1e-170, 1e-180, 1e-300);
  expect([...symmetricEigenvalues(matrix, 3)]).toEqual([expect.closeTo(0, 15), 1, 2]);
});

test('a matrix of zeros has eigenvalues 0, and one of no rows has none', () => {
  expect([...symmetricEigenvalues(new Float64Array(9), 3)]).toEqual([0, 0, 0]);
  expect([...symmetricEigenvalues(new Float64Array(0), 0)]).toEqual([]);
});
