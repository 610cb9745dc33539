import { expect, test } from 'vitest';
import { leadingVectors } from './leading-vectors.ts';
import { singularVectors } from './svd.ts';

/** Numbers without a rule: the fractional parts of squares times √2, about 0. */
const irregular = (n: number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, i) => (((i + 1) ** 2 * Math.SQRT2) % 1) - 0.5);

/** Largest |⟨r_i, r_j⟩ - δ_ij| among rows of length n. */
function skew(rows: Float64Array, n: number): number {
  let most = 0;
  for (let i = 0; i * n < rows.length; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? -1 : 0;
      for (let k = 0; k < n; k++) sum += rows[i * n + k] * rows[j * n + k];
      most = Math.max(most, Math.abs(sum));
    }
  }
  return most;
}

test.each([
  [1, 1],
  [2, 1],
  [3, 2],
  [8, 4],
  [33, 16],
  [60, 20],
])('the pairs of a matrix of %i rows that lead are the first %i of all', (n, rank) => {
  const a = irregular(n);
  const all = singularVectors(a, n);
  const leading = leadingVectors(a, n, rank);
  const largest = all.values[0];
  expect(skew(leading.left, n)).toBeLessThan(1e-11);
  expect(skew(leading.right, n)).toBeLessThan(8 * n * 2 ** -52);
  // AᵀA squares what the values are to each other: n ε σ_1² over the value and the gap below it.
  for (let k = 0; k < rank; k++) {
    const gaps = [all.values[k - 1], all.values[k + 1]].map((other) =>
      other === undefined ? largest : Math.abs(other - all.values[k]),
    );
    const noise = (8 * n * 2 ** -52 * largest ** 2) / (all.values[k] * Math.min(...gaps));
    expect(Math.abs(leading.values[k] - all.values[k])).toBeLessThan(noise * largest + 1e-14);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j += 7) {
        const [own, other] = [leading, all].map(
          ({ left, right }) => left[k * n + i] * right[k * n + j],
        );
        expect(Math.abs(own - other)).toBeLessThan(4 * noise + 1e-14);
      }
    }
  }
});

test('equal values have orthonormal vectors, whichever they are', () => {
  const n = 12;
  const a = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 3 : 0));
  const { values, left, right } = leadingVectors(a, n, 6);
  expect([...values].every((value) => Math.abs(value - 3) < 1e-14)).toBe(true);
  expect(skew(left, n)).toBeLessThan(1e-14);
  expect(skew(right, n)).toBeLessThan(1e-14);
});

test('a matrix of zeros and one of rank 1 have vectors of finite numbers', () => {
  expect([...leadingVectors(new Float64Array(25), 5, 2).values]).toEqual([0, 0]);
  const one = Float64Array.from({ length: 36 }, (_, i) => (1 + Math.floor(i / 6)) * ((i % 6) - 2));
  const { values, left, right } = leadingVectors(one, 6, 3);
  // ‖(1 … 6)‖ ‖(-2 … 3)‖
  expect(values[0]).toBeCloseTo(Math.sqrt(91 * 19), 11);
  expect([...values, ...left, ...right].every(Number.isFinite)).toBe(true);
});
