import { expect, test } from 'vitest';
import { fillUniform, fold, key } from '../random/index.ts';
import { toFloat64 } from '../tensor/index.ts';
import { hadamardEntry } from './hadamard.ts';
import { scheme, specOf, type Options, type Spec } from './index.ts';

function rows(name: string, spec: Spec, options: Options = {}): number[][] {
  const values = toFloat64(scheme(name).draw(key(3), { ...spec, dtype: 'float64' }, options));
  const width = values.length / spec.shape[0];
  return Array.from({ length: spec.shape[0] }, (_, row) => [
    ...values.subarray(row * width, (row + 1) * width),
  ]);
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i], 0);

// scipy 1.x: scipy.linalg.hadamard(8)[5].
test('row 5 of the matrix of order 8 is as in SciPy', () => {
  const row = Array.from({ length: 8 }, (_, j) => hadamardEntry(5, j));
  expect(row).toEqual([1, -1, 1, -1, -1, 1, -1, 1]);
});

test('H Hᵀ = n I exactly, whichever power of two n is', () => {
  for (const n of [1, 2, 4, 32, 128]) {
    const h = Array.from({ length: n }, (_, i) =>
      Array.from({ length: n }, (_unused, j): number => hadamardEntry(i, j)),
    );
    for (const [i, a] of h.entries()) {
      for (const [j, b] of h.entries()) expect(dot(a, b)).toBe(i === j ? n : 0);
    }
  }
});

test.each(['random', 'fixed'])(
  'a wide map with %s signs has orthogonal rows of one magnitude',
  (signs) => {
    // n = 64 has the exact root 8, so no element and no product is rounded.
    const matrix = rows('hadamard', specOf([10, 16, 4], 'oi'), { signs, gain: 2 });
    for (const [i, a] of matrix.entries()) {
      expect(new Set(a.map(Math.abs))).toEqual(new Set([2 / 8]));
      for (const [j, b] of matrix.entries()) expect(dot(a, b)).toBe(i === j ? 4 : 0);
    }
  },
);

test('a tall map has orthogonal columns', () => {
  const matrix = rows('hadamard', specOf([64, 10], 'oi'));
  const columns = matrix[0].map((_, j) => matrix.map((row) => row[j]));
  for (const [i, a] of columns.entries()) {
    for (const [j, b] of columns.entries()) expect(dot(a, b)).toBe(i === j ? 1 : 0);
  }
});

test('zero is the identity, its first rows, or a Hadamard map with orthogonal columns', () => {
  expect(rows('zero', specOf([3, 3], 'oi'))).toEqual([
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]);
  expect(rows('zero', specOf([2, 3], 'oi'), { gain: 3 })).toEqual([
    [3, 0, 0],
    [0, 3, 0],
  ]);
  const tall = rows('zero', specOf([8, 3], 'oi'));
  const columns = tall[0].map((_, j) => tall.map((row) => row[j]));
  // c² · 2^m = 2^-(m-1) · 2^m.
  for (const [i, a] of columns.entries()) {
    for (const [j, b] of columns.entries()) expect(dot(a, b)).toBeCloseTo(i === j ? 2 : 0, 14);
  }
  expect(Math.abs(tall[5][2])).toBe(2 ** -1);
  expect(Math.abs(rows('zero', specOf([8, 3], 'oi'), { rule: 'orthonormal' })[5][2])).toBeCloseTo(
    2 ** -1.5,
    15,
  );
});

test('where the outputs are no power of two, zero takes part of the next Hadamard matrix', () => {
  const matrix = rows('zero', specOf([6, 4], 'oi'));
  expect(matrix.map((row) => row.map((value) => value / 2 ** -1))).toEqual(
    Array.from({ length: 6 }, (_, i) =>
      Array.from({ length: 4 }, (_unused, j) => hadamardEntry(i, j)),
    ),
  );
});

test('a kernel of zero has its map at the tap k // 2 alone', () => {
  const matrix = rows('zero', specOf([2, 2, 4, 3], 'oi'));
  const places = matrix.map((row) => row.flatMap((value, i) => (value === 0 ? [] : [i])));
  expect(places).toEqual([[2 * 3 + 1], [12 + 2 * 3 + 1]]);
});

test('orders that are no power of two are refused', () => {
  expect(() =>
    scheme('hadamard').check(specOf([6, 4], 'oi'), {}),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: hadamard: the longer side of [out, in · kernel] must be a power of two up to 2^30, got 6]`,
  );
  expect(() =>
    scheme('zero').check(specOf([2 ** 31, 1], 'oi'), {}),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: zero: outputs must be at most 2^30, got 2147483648]`,
  );
});

test('the signs are those of the stream that docs/streams.md names', () => {
  const noise = new Float64Array(16);
  fillUniform(fold(key(3), 'group/0'), noise, -1, 1);
  const matrix = rows('hadamard', specOf([4, 16], 'oi'));
  expect(matrix[0].map((value) => value < 0)).toEqual([...noise].map((value) => value < 0));
});
