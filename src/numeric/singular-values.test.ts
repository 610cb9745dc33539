import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { singularValues, tridiagonalEigen } from './index.ts';

const EPS = 2 ** -52;

/** numpy (LAPACK); test/golden/certificates.py. */
const {
  matrices,
}: {
  matrices: { rows: number; columns: number; graded: boolean; values: number[] }[];
} = JSON.parse(
  readFileSync(new URL('../../test/golden/certificates.json', import.meta.url), 'utf8'),
);

function goldenMatrix(rows: number, columns: number, graded: boolean): Float64Array {
  return Float64Array.from({ length: rows * columns }, (_, i) => {
    const element = ((7919 * i + 104729 * i * i + 17) % 1009) / 1009 - 0.5;
    return graded ? element * 2 ** -(i % columns) : element;
  });
}

// Both have an error of some (m + n) ε of the largest value.
test.each(matrices)(
  'singular values of $rows × $columns, graded: $graded, are those of LAPACK',
  (c) => {
    const { rows, columns, graded, values } = c;
    const own = singularValues(goldenMatrix(rows, columns, graded), rows, columns);
    expect(own.length).toBe(values.length);
    const limit = 4 * (rows + columns) * EPS * values[values.length - 1];
    for (const [i, value] of values.entries()) {
      expect(Math.abs(own[i] - value)).toBeLessThan(limit);
    }
  },
);

test('sizes far from 1 neither overflow nor vanish, and zeros stay zero', () => {
  for (const unit of [1e300, 1e-300, 2 ** -1060]) {
    const a = [3, 0, 0, 4, 0, 0].map((value) => value * unit);
    const values = singularValues(Float64Array.from(a), 3, 2);
    expect(values[0] / unit).toBeCloseTo(3, 10);
    expect(values[1] / unit).toBeCloseTo(4, 10);
  }
  expect([...singularValues(new Float64Array(6), 2, 3)]).toEqual([0, 0]);
  expect([...singularValues(new Float64Array(0), 0, 3)]).toEqual([]);
});

test('a matrix of rank r has r singular values above rounding, and its norm', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), (m, n) => {
      // Rank 2: row i is (i + 1) times one vector plus (-1)^i times another.
      const a = Float64Array.from({ length: m * n }, (_, at) => {
        const [i, j] = [Math.floor(at / n), at % n];
        return (i + 1) * Math.cos(j) + (-1) ** i * Math.sin(j);
      });
      const values = singularValues(a, m, n);
      const rank = values.filter((value) => value > 100 * EPS * values[values.length - 1]).length;
      expect(rank).toBe(Math.min(2, m, n));
      const squares = values.reduce((sum, value) => sum + value ** 2, 0);
      const norm2 = a.reduce((sum, value) => sum + value ** 2, 0);
      expect(Math.abs(squares / norm2 - 1)).toBeLessThan(200 * EPS);
    }),
  );
});

// The second difference has 2 - 2 cos(j π / (n + 1)) and vectors √(2/(n + 1)) sin(i j π / (n + 1)).
test('eigenvalues of a tridiagonal matrix come with the last elements of their vectors', () => {
  for (const n of [1, 2, 3, 10, 200]) {
    const { values, last } = tridiagonalEigen(
      new Float64Array(n).fill(2),
      new Float64Array(n - 1).fill(-1),
    );
    for (let j = 1; j <= n; j++) {
      const angle = (j * Math.PI) / (n + 1);
      expect(Math.abs(values[j - 1] - (2 - 2 * Math.cos(angle)))).toBeLessThan(n * 8 * EPS);
      const element = Math.sqrt(2 / (n + 1)) * Math.abs(Math.sin(n * angle));
      expect(Math.abs(Math.abs(last[j - 1]) - element)).toBeLessThan(1e-10);
    }
  }
  expect(tridiagonalEigen([], []).values.length).toBe(0);
});

test('an element that is not finite ends the search with the reason', () => {
  expect(() => tridiagonalEigen([1, NaN, 2], [1, 1])).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: tridiagonalEigen: elements must be finite, so that 60 sweeps find an eigenvalue, got none for number 0 of 3]`,
  );
});

test('a matrix without full rank has its zeros among equal values too', () => {
  const n = 120;
  const lost = 50;
  const projection = new Float64Array(n * n);
  for (let i = 0; i < n; i++) projection[i * n + i] = i < lost ? 0 : 1;
  // Reflections on both sides mix the dimensions.
  for (let k = 0; k < 3; k++) {
    const v = Float64Array.from({ length: n }, (_, i) => Math.sin((k + 1) * (i + 1) ** 2));
    const size2 = v.reduce((sum, x) => sum + x * x, 0);
    for (const [row, column] of [
      [n, 1],
      [1, n],
    ]) {
      for (let j = 0; j < n; j++) {
        let dot = 0;
        for (let i = 0; i < n; i++) dot += v[i] * projection[i * row + j * column];
        for (let i = 0; i < n; i++) projection[i * row + j * column] -= (2 * dot * v[i]) / size2;
      }
    }
  }
  const values = singularValues(projection, n, n);
  for (const [i, value] of values.entries()) {
    expect(Math.abs(value - (i < lost ? 0 : 1))).toBeLessThan(8 * n * EPS);
  }
});

test('elements whose squares are no normal numbers beside others count as zeros', () => {
  const tiny = 1e-160;
  const matrix = Float64Array.of(1, 0, 0, 0, tiny, tiny, 0, tiny, -tiny);
  expect([...singularValues(matrix, 3, 3)]).toEqual([0, 0, expect.closeTo(1, 14)]);
});
