import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { productTransposed, transposed } from './index.ts';

// Small integers: every sum is exact in any order.
test('A Bᵀ is the matrix of the dot products of rows, whatever the sizes', () => {
  const size = fc.integer({ min: 0, max: 19 });
  fc.assert(
    fc.property(size, size, size, fc.nat(1000), (m, n, k, seed) => {
      const make = (count: number, step: number): Float64Array =>
        Float64Array.from({ length: count }, (_, i) => ((i * step + seed) % 17) - 8);
      const [a, b] = [make(m * k, 5), make(n * k, 7)];
      const c = productTransposed(a, b, m, n, k);
      expect(c.length).toBe(m * n);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let l = 0; l < k; l++) sum += a[i * k + l] * b[j * k + l];
          expect(c[i * n + j]).toBe(sum);
        }
      }
    }),
  );
});

test('rows longer than a tile of the cache are multiplied alike', () => {
  const [m, n, k] = [5, 11, 20_000];
  const a = Float64Array.from({ length: m * k }, (_, i) => (i % 7) - 3);
  const b = Float64Array.from({ length: n * k }, (_, i) => (i % 5) - 2);
  const c = productTransposed(a, b, m, n, k);
  const naive = (i: number, j: number): number =>
    a.subarray(i * k, (i + 1) * k).reduce((sum, x, l) => sum + x * b[j * k + l], 0);
  expect([...c]).toEqual(Array.from(c, (_, at) => naive(Math.floor(at / n), at % n)));
});

test('a transpose has rows for columns', () => {
  expect([...transposed(Float64Array.of(1, 2, 3, 4, 5, 6), 2, 3)]).toEqual([1, 4, 2, 5, 3, 6]);
});
