import { expect, test } from 'vitest';
import { tridiagonalEigen } from './tridiagonal.ts';
import { tridiagonalValues } from './tridiagonal-values.ts';

/** Numbers between -1 and 1 of a linear congruence. */
function noise(count: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 30 - 1;
  });
}

test.each([0, 1, 2, 3, 10, 100, 301])(
  'a matrix of %i rows has the eigenvalues that sweeps with roots find',
  (n) => {
    const [diagonal, beside] = [noise(n, 1), noise(Math.max(0, n - 1), 2)];
    const expected = tridiagonalEigen(diagonal, beside).values;
    const found = tridiagonalValues(diagonal, beside);
    expect(found).toHaveLength(n);
    // Each sweep rounds to some ε of the largest, about 2; there are two for each eigenvalue.
    found.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(n * 2 ** -50));
  },
);

test('the second difference has the eigenvalues 2 - 2 cos(π k / (n + 1))', () => {
  const n = 200;
  const found = tridiagonalValues(new Float64Array(n).fill(2), new Float64Array(n - 1).fill(-1));
  found.forEach((value, i) =>
    expect(Math.abs(value - 2 + 2 * Math.cos((Math.PI * (i + 1)) / (n + 1)))).toBeLessThan(1e-13),
  );
});

test('matrices with zeros beside or on the diagonal come apart', () => {
  expect(tridiagonalValues([3, 1, 2], [0, 0])).toEqual(Float64Array.of(1, 2, 3));
  expect(tridiagonalValues([0, 0, 0], [0, 0])).toEqual(new Float64Array(3));
  const found = tridiagonalValues([0, 0, 0, 0], [1, 0, 2]);
  [-2, -1, 1, 2].forEach((value, i) => expect(found[i]).toBeCloseTo(value, 14));
});

test('eigenvalues over twelve orders of magnitude are accurate to the largest', () => {
  const n = 60;
  const diagonal = Float64Array.from({ length: n }, (_, i) => 10 ** (-12 * (i / n)));
  const beside = Float64Array.from({ length: n - 1 }, (_, i) => 0.1 * diagonal[i + 1]);
  const expected = tridiagonalEigen(diagonal, beside).values;
  tridiagonalValues(diagonal, beside).forEach((value, i) =>
    expect(Math.abs(value - expected[i])).toBeLessThan(1e-14),
  );
});

test('numbers that are not finite are refused', () => {
  expect(() => tridiagonalValues([1, NaN, 2], [1, 1])).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: tridiagonalValues: all elements must be finite, got NaN]`,
  );
});
