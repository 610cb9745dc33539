import { expect, test } from 'vitest';
import { fillNormal, fold, key, type Key } from './index.ts';
import { haarColumns } from './haar.ts';

const EPS = 2 ** -52;

/** The largest element of `|QᵀQ - I|`. */
function gramError(q: Float64Array, m: number, n: number): number {
  let worst = 0;
  for (let a = 0; a < n; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = a === b ? -1 : 0;
      for (let i = 0; i < m; i++) sum += q[a * m + i] * q[b * m + i];
      worst = Math.max(worst, Math.abs(sum));
    }
  }
  return worst;
}

/**
 * Column k by its meaning and without sign fix: the Gaussian vector x_k at length 1, which `H_k D` makes of
 * a unit vector, taken through the reflections `H_{k-1} … H_0` one by one.
 */
function slowHaar(k: Key, m: number, n: number): Float64Array {
  const q = new Float64Array(n * m);
  const mirrors: Float64Array[] = [];
  for (let c = 0; c < n; c++) {
    const x = new Float64Array(m - c);
    fillNormal(k, x, 0, 1, c * m + c);
    const norm = Math.hypot(...x);
    const column = q.subarray(c * m, (c + 1) * m);
    for (let i = c; i < m; i++) column[i] = x[i - c] / norm;
    for (let j = c - 1; j >= 0; j--) {
      const v = mirrors[j];
      const product = v.reduce((sum, value, i) => sum + value * column[j + i], 0);
      for (const [i, value] of v.entries()) column[j + i] -= 2 * product * value;
    }
    x[0] += x[0] < 0 ? -norm : norm;
    const length = Math.hypot(...x);
    mirrors.push(x.map((value) => value / length));
  }
  return q;
}

const sizes = [
  [1, 1],
  [2, 1],
  [5, 5],
  [33, 31],
  [64, 33],
  [100, 100],
  [300, 67],
  [700, 40],
] as const;

// n reflections, each a product with an orthogonal matrix known to some ε, add up to some n ε.
test.each(sizes)('the columns of %d × %d are orthonormal', (m, n) => {
  expect(gramError(haarColumns(key(1), m, n), m, n)).toBeLessThan((n + 10) * 2 * EPS);
});

test.each(sizes)(
  'column k of %d × %d is the k-th Gaussian vector, reflected one by one',
  (m, n) => {
    const blocked = haarColumns(key(2), m, n);
    const slow = slowHaar(key(2), m, n);
    let worst = 0;
    for (let i = 0; i < slow.length; i++) worst = Math.max(worst, Math.abs(blocked[i] - slow[i]));
    expect(worst).toBeLessThan((n + 10) * 4 * EPS);
  },
);

// Haar on O(n): E Q⁴ = 3/(n(n + 2)) of every element, E Q_ij = 0, E Q_ij Q_kl = 0.
test('elements have the moments of the Haar measure, in every position', () => {
  const n = 4;
  const draws = 20_000;
  const sums = new Float64Array(16);
  const sums4 = new Float64Array(16);
  const sums8 = new Float64Array(16);
  const products = new Float64Array(16);
  for (let d = 0; d < draws; d++) {
    const q = haarColumns(key(1000 + d), n, n);
    for (let i = 0; i < 16; i++) {
      sums[i] += q[i];
      sums4[i] += q[i] ** 4;
      sums8[i] += q[i] ** 8;
      products[i] += q[i] * q[(i + 5) % 16];
    }
  }
  const fourth = 3 / (n * (n + 2));
  for (let i = 0; i < 16; i++) {
    const error4 = Math.sqrt((sums8[i] / draws - fourth ** 2) / draws);
    expect(Math.abs(sums[i] / draws)).toBeLessThan(5 * Math.sqrt(1 / n / draws));
    expect(Math.abs(sums4[i] / draws - fourth)).toBeLessThan(5 * error4);
    expect(Math.abs(products[i] / draws)).toBeLessThan(5 * Math.sqrt(1 / n / draws));
  }
});

// Of Haar matrices of O(2) half are rotations, by an angle uniform on the circle, and half reflections at an
// axis uniform on the circle. Kolmogorov: P(√n D > 2.5) = 7.5e-6.
test('2 × 2 matrices are rotations and reflections in equal parts, at uniform angles', () => {
  const rotations: number[] = [];
  const reflections: number[] = [];
  const draws = 20_000;
  for (let d = 0; d < draws; d++) {
    const [a, b, c, e] = haarColumns(fold(key(6), `${d}`), 2, 2);
    const angle = Math.atan2(b, a) / (2 * Math.PI) + 0.5;
    (a * e - b * c > 0 ? rotations : reflections).push(angle);
  }
  expect(Math.abs(rotations.length - draws / 2)).toBeLessThan(5 * Math.sqrt(draws / 4));
  for (const angles of [rotations, reflections]) {
    const sorted = angles.sort((x, y) => x - y);
    const n = sorted.length;
    const d = Math.max(...sorted.map((u, i) => Math.max(u - i / n, (i + 1) / n - u)));
    expect(Math.sqrt(n) * d).toBeLessThan(2.5);
  }
});

test('signs of 1 × 1 matrices and determinants of 3 × 3 matrices are balanced', () => {
  const draws = 10_000;
  let positive = 0;
  let proper = 0;
  for (let d = 0; d < draws; d++) {
    positive += haarColumns(key(d), 1, 1)[0] > 0 ? 1 : 0;
    const [a, b, c, p, q, r, x, y, z] = haarColumns(key(d), 3, 3);
    proper += a * (q * z - r * y) - b * (p * z - r * x) + c * (p * y - q * x) > 0 ? 1 : 0;
  }
  expect(Math.abs(positive - draws / 2)).toBeLessThan(5 * Math.sqrt(draws / 4));
  expect(Math.abs(proper - draws / 2)).toBeLessThan(5 * Math.sqrt(draws / 4));
});
