import { expect, test } from 'vitest';
import { singularVectors } from './svd.ts';

/** Numbers without a rule: the fractional parts of squares times √2, about 0. */
const irregular = (n: number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, i) => (((i + 1) ** 2 * Math.SQRT2) % 1) - 0.5);

function product(
  n: number,
  rank: number,
  { values, left, right }: ReturnType<typeof singularVectors>,
) {
  const a = new Float64Array(n * n);
  for (let k = 0; k < rank; k++) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) a[i * n + j] += values[k] * left[k * n + i] * right[k * n + j];
    }
  }
  return a;
}

function largestDifference(a: Float64Array, b: Float64Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

/** Largest |⟨r_i, r_j⟩ - δ_ij| among the rows of a matrix. */
function skew(rows: Float64Array, n: number): number {
  let most = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? -1 : 0;
      for (let k = 0; k < n; k++) sum += rows[i * n + k] * rows[j * n + k];
      most = Math.max(most, Math.abs(sum));
    }
  }
  return most;
}

test.each([1, 2, 3, 5, 16, 33])(
  'the vectors of a matrix of %i rows are orthonormal and put it together again',
  (n) => {
    const a = irregular(n);
    const found = singularVectors(a, n);
    expect([...found.values]).toEqual([...found.values].sort((x, y) => y - x));
    const [largest, least] = [found.values[0], found.values[n - 1]];
    // n rounded products per element, and right vectors to as many digits fewer as σ_1/σ_n has.
    expect(largestDifference(product(n, n, found), a)).toBeLessThan(8 * n * 2 ** -52 * largest);
    expect(skew(found.left, n)).toBeLessThan(8 * n * 2 ** -52);
    expect(skew(found.right, n)).toBeLessThan((8 * n * 2 ** -52 * largest) / least);
  },
);

test('singular values are those of LAPACK', () => {
  // numpy 2.4.6: np.linalg.svd((np.arange(1, 26) ** 2 * np.sqrt(2) % 1 - 0.5).reshape(5, 5), compute_uv=False)
  const expected = [
    0.962120719762474, 0.6602546004638584, 0.5102408003758485, 0.16021485166146285,
    0.06200397918072606,
  ];
  const { values } = singularVectors(irregular(5), 5);
  for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i], 14);
});

test('a matrix of small rank, of zeros, a diagonal one and an empty one have their values', () => {
  const n = 6;
  const one = Float64Array.from(
    { length: n * n },
    (_, i) => (1 + Math.floor(i / n)) * ((i % n) - 2),
  );
  const found = singularVectors(one, n);
  expect([...found.values.subarray(1)].every((value) => value < 1e-13)).toBe(true);
  expect(found.right.subarray(n).every((value) => value === 0)).toBe(true);
  expect(largestDifference(product(n, 1, found), one)).toBeLessThan(1e-13);
  expect(singularVectors(new Float64Array(9), 3).values).toEqual(new Float64Array(3));
  const diagonal = Float64Array.of(1, 0, 0, 0, -3, 0, 0, 0, 2);
  expect([...singularVectors(diagonal, 3).values]).toEqual([3, 2, 1]);
  expect(singularVectors(new Float64Array(), 0).values).toHaveLength(0);
});
