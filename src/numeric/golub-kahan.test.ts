import { expect, test } from 'vitest';
import { bidiagonalLaw, golubKahan, type BlockProduct } from './golub-kahan.ts';
import { singularValues } from './singular-values.ts';

/** Numbers between -1 and 1 of a linear congruence. */
function noise(count: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 30 - 1;
  });
}

/** `A v` for A of m × n, or `Aᵀ u`. */
function product(a: Float64Array, m: number, n: number, isTransposed: boolean): BlockProduct {
  const [from, to] = isTransposed ? [m, n] : [n, m];
  return (block, count) => {
    const out = new Float64Array(count * to);
    for (let c = 0; c < count; c++) {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          const [row, column] = isTransposed ? [j, i] : [i, j];
          out[c * to + row] += a[i * n + j] * block[c * from + column];
        }
      }
    }
    return Promise.resolve(out);
  };
}

const decompose = (a: Float64Array, m: number, n: number, steps: number, starts = 2) =>
  golubKahan(
    product(a, m, n, false),
    product(a, m, n, true),
    Array.from({ length: starts }, (_, index) => noise(n, 100 + index)),
    steps,
    2 ** -46,
  );

test('as many steps as there are columns give all singular values, of which the weights add up to 1', async () => {
  const [m, n] = [40, 30];
  const a = noise(m * n, 1);
  const exact = singularValues(a, m, n);
  for (const run of await decompose(a, m, n, n)) {
    const { s, weight } = bidiagonalLaw(run);
    expect(run.isComplete).toBe(false);
    expect(s).toHaveLength(n);
    // n² ε of the largest: n steps that each round n numbers.
    s.forEach((value, i) => expect(Math.abs(value - exact[i])).toBeLessThan(2e-13 * exact[n - 1]));
    expect(weight.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 12);
  }
});

test('few steps find the moments of the start exactly: k steps those up to the power 2 k - 1', async () => {
  const [m, n] = [40, 30];
  const a = noise(m * n, 2);
  const start = noise(n, 100);
  const square = start.reduce((sum, x) => sum + x * x, 0);
  const [run] = await decompose(a, m, n, 3, 1);
  const { s, weight } = bidiagonalLaw(run);
  let vector = start;
  for (let power = 1; power <= 5; power++) {
    const forth = await product(a, m, n, false)(vector, 1);
    vector = await product(a, m, n, true)(forth, 1);
    const moment = vector.reduce((sum, x, i) => sum + x * start[i], 0) / square;
    const found = s.reduce((sum, value, i) => sum + weight[i] * value ** (2 * power), 0);
    expect(found / moment).toBeCloseTo(1, 11);
  }
});

test('a matrix of rank 5 is complete after 6 steps, with the weight of its null space at 0', async () => {
  const [m, n, rank] = [12, 20, 5];
  const [left, right] = [noise(m * rank, 3), noise(rank * n, 4)];
  const a = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < rank; k++) a[i * n + j] += left[i * rank + k] * right[k * n + j];
    }
  }
  const exact = singularValues(a, m, n).subarray(m - rank);
  for (const run of await decompose(a, m, n, n)) {
    const { s, weight } = bidiagonalLaw(run);
    expect(run.isComplete).toBe(true);
    expect(s).toHaveLength(rank + 1);
    // A zero on the diagonal of B leaves rounding of its largest number.
    expect(s[0]).toBeLessThan(1e-15 * exact[rank - 1]);
    expect(weight[0]).toBeGreaterThan(0.1);
    s.subarray(1).forEach((value, i) => expect(value / exact[i]).toBeCloseTo(1, 10));
  }
});

test('a multiple of an orthogonal matrix is complete after one step', async () => {
  const n = 10;
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) a[i * n + ((i + 3) % n)] = -2;
  for (const run of await decompose(a, n, n, n)) {
    expect(run.isComplete).toBe(true);
    const { s } = bidiagonalLaw(run);
    expect(s).toHaveLength(1);
    expect(s[0]).toBeCloseTo(2, 14);
  }
});

test('a matrix of zeros has the law of 0', async () => {
  const [run] = await decompose(new Float64Array(12), 3, 4, 4);
  const { s, weight } = bidiagonalLaw(run);
  expect([s[0], weight[0], s.length]).toEqual([0, 1, 1]);
});

test('products of two different matrices are seen to disagree', async () => {
  const [m, n] = [12, 10];
  const [a, b] = [noise(m * n, 5), noise(m * n, 6)];
  const [same] = await decompose(a, m, n, 5, 1);
  expect(same.disagreement).toBeLessThan(1e-14);
  const starts = [noise(n, 100)];
  const [mixed] = await golubKahan(
    product(a, m, n, false),
    product(b, m, n, true),
    starts,
    5,
    2 ** -46,
  );
  expect(mixed.disagreement).toBeGreaterThan(0.1);
});
