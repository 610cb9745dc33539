import { expect, test } from 'vitest';
import { key } from '../random/index.ts';
import { fillNormal } from '../random/index.ts';
import { positiveQ } from './positive-q.ts';

test.each([
  [1, 1],
  [5, 1],
  [7, 4],
  [9, 9],
  [40, 23],
  [90, 90],
  [300, 101],
  [65, 64],
])(
  'Q of a %i × %i matrix is orthonormal, and QᵀA is upper triangular with positive diagonal',
  (m, n) => {
    const a = new Float64Array(m * n);
    fillNormal(key(3), a, 0, 1);
    const q = a.slice();
    positiveQ(q, m, n);
    const dot = (x: Float64Array, i: number, y: Float64Array, j: number): number => {
      let sum = 0;
      for (let row = 0; row < m; row++) sum += x[i * m + row] * y[j * m + row];
      return sum;
    };
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        // Householder's Q is orthonormal to a small multiple of m · 2^-53.
        expect(Math.abs(dot(q, i, q, j) - (i === j ? 1 : 0))).toBeLessThan(1e-14 * m);
        if (i > j) expect(Math.abs(dot(q, i, a, j))).toBeLessThan(1e-13 * m);
      }
      expect(dot(q, i, a, i)).toBeGreaterThan(0);
    }
  },
);

test('a column of zeros is completed, not divided by', () => {
  const q = Float64Array.of(0, 0, 0, 1, 2, 2);
  positiveQ(q, 3, 2);
  expect(q.every(Number.isFinite)).toBe(true);
  expect(q[0] ** 2 + q[1] ** 2 + q[2] ** 2).toBeCloseTo(1, 14);
});
