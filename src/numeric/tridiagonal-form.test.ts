import { expect, test } from 'vitest';
import { subtractProduct, tridiagonalForm } from './tridiagonal-form.ts';
import { tridiagonalValues } from './tridiagonal-values.ts';
import { tridiagonalEigen } from './tridiagonal.ts';
import { symmetricEigenvalues } from './symmetric-eigenvalues.ts';

/** A symmetric matrix with elements between -1 and 1, of a linear congruence. */
function symmetric(n: number): Float64Array {
  let state = 7;
  const s = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      s[i * n + j] = s[j * n + i] = state / 2 ** 30 - 1;
    }
  }
  return s;
}

test.each([1, 2, 3, 5, 31, 32, 33, 64, 97, 150])(
  'the form of a matrix of %i rows has its eigenvalues',
  async (n) => {
    const s = symmetric(n);
    const expected = symmetricEigenvalues(s, n);
    const { diagonal, beside } = await tridiagonalForm(s.slice(), n, subtractProduct);
    const { values } = tridiagonalEigen(diagonal, beside);
    const largest = Math.max(Math.abs(expected[0]), expected[n - 1]);
    // n ε of the largest, for either of the two.
    values.forEach((value, i) =>
      expect(Math.abs(value - expected[i])).toBeLessThan(2 * n * 2 ** -52 * largest),
    );
  },
);

test('only the lower triangle is read', async () => {
  const n = 60;
  const s = symmetric(n);
  const half = s.map((value, i) => (i % n > Math.floor(i / n) ? NaN : value));
  const whole = await tridiagonalForm(s, n, subtractProduct);
  expect(await tridiagonalForm(half, n, subtractProduct)).toEqual(whole);
});

test('a matrix of zeros and one of rank 1 come apart', async () => {
  const n = 50;
  const zeros = await tridiagonalForm(new Float64Array(n * n), n, subtractProduct);
  expect([...zeros.diagonal, ...zeros.beside].every((x) => x === 0)).toBe(true);
  const ones = await tridiagonalForm(new Float64Array(n * n).fill(1), n, subtractProduct);
  const { values } = tridiagonalEigen(ones.diagonal, ones.beside);
  expect(values[n - 1]).toBeCloseTo(n, 11);
  expect(Math.abs(values[n - 2])).toBeLessThan(n * n * 2 ** -52);
});

test.each([1e-100, 1e-150, 1e-170])(
  'what is left of a matrix may be as small as %s times the rest',
  async (small) => {
    const n = 40;
    const s = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        const value = Math.cos(1 + i * j) + Math.cos(i + j);
        s[i * n + j] = (i < 2 && j < 2 ? 1 : small) * value;
        s[j * n + i] = s[i * n + j];
      }
    }
    const [a, b, d] = [s[0], s[1], s[n + 1]];
    const { diagonal, beside } = await tridiagonalForm(s, n, subtractProduct);
    const values = tridiagonalValues(diagonal, beside);
    // Of the first two rows and columns alone.
    const root = Math.sqrt(((a - d) / 2) ** 2 + b * b);
    expect([...values].every((value) => Number.isFinite(value))).toBe(true);
    expect(values[0]).toBeCloseTo((a + d) / 2 - root, 12);
    expect(values[n - 1]).toBeCloseTo((a + d) / 2 + root, 12);
  },
);
