import { expect, test } from 'vitest';
import { key } from '../random/index.ts';
import { toFloat64 } from '../tensor/index.ts';
import { scheme, specOf, type Spec } from './index.ts';

/** By elimination with row pivots. */
function determinant(matrix: Float64Array, n: number): number {
  const a = matrix.slice();
  let product = 1;
  for (let j = 0; j < n; j++) {
    let pivot = j;
    for (let i = j; i < n; i++) if (Math.abs(a[i * n + j]) > Math.abs(a[pivot * n + j])) pivot = i;
    if (pivot !== j) product = -product;
    for (let l = 0; l < n; l++) {
      [a[j * n + l], a[pivot * n + l]] = [a[pivot * n + l], a[j * n + l]];
    }
    product *= a[j * n + j];
    for (let i = j + 1; i < n; i++) {
      const factor = a[i * n + j] / a[j * n + j];
      for (let l = j; l < n; l++) a[i * n + l] -= factor * a[j * n + l];
    }
  }
  return product;
}

function draw(name: string, spec: Spec, seed: number): Float64Array {
  return toFloat64(scheme(name).draw(key(seed), spec, {}));
}

test('square maps are rotations: every determinant is 1, where those of orthogonal have either sign', () => {
  for (const n of [1, 2, 3, 8, 33, 40]) {
    const spec = specOf([n, n], 'oi', 'float64');
    let positive = 0;
    for (let seed = 0; seed < 40; seed++) {
      expect(determinant(draw('special_orthogonal', spec, seed), n)).toBeCloseTo(1, 12);
      if (determinant(draw('orthogonal', spec, seed), n) > 0) positive++;
    }
    // Binomial(40, ½) has standard deviation 3.16.
    expect(Math.abs(positive - 20)).toBeLessThan(5 * Math.sqrt(10));
  }
});

// A rotation of space has trace 1 + 2 cos θ, and under the Haar measure θ in [0, π] has the density
// (1 - cos θ) / π. Kolmogorov: P(√n D > 2.5) = 7.5e-6.
test('angles of rotations of space follow the Haar measure of SO(3)', () => {
  const spec = specOf([3, 3], 'oi', 'float64');
  const draws = 5000;
  const shares = Array.from({ length: draws }, (_, seed) => {
    const q = draw('special_orthogonal', spec, seed);
    const angle = Math.acos(Math.max(-1, Math.min(1, (q[0] + q[4] + q[8] - 1) / 2)));
    return (angle - Math.sin(angle)) / Math.PI;
  }).sort((a, b) => a - b);
  const distances = shares.map((u, i) => Math.max(u - i / draws, (i + 1) / draws - u));
  expect(Math.sqrt(draws) * Math.max(...distances)).toBeLessThan(2.5);
});

test('only the sign of the last column differs from orthogonal, and nothing where the map is not square', () => {
  const square = specOf([5, 5], 'oi', 'float64');
  for (let seed = 0; seed < 10; seed++) {
    const [a, b] = ['special_orthogonal', 'orthogonal'].map((name) => draw(name, square, seed));
    for (let i = 0; i < 25; i++) {
      if (i % 5 === 4) expect(Math.abs(a[i])).toBe(Math.abs(b[i]));
      else expect(a[i]).toBe(b[i]);
    }
  }
  for (const shape of [
    [6, 4],
    [4, 6],
    [4, 2, 3],
  ]) {
    const spec = specOf(shape, 'oi', 'float64');
    expect(draw('special_orthogonal', spec, 3)).toEqual(draw('orthogonal', spec, 3));
  }
});

test('each group is a rotation, kernels that are square with their taps too', () => {
  const spec = specOf([12, 2, 2], 'oi', 'float64', 3);
  for (let seed = 0; seed < 8; seed++) {
    const values = draw('special_orthogonal', spec, seed);
    for (let g = 0; g < 3; g++) {
      expect(determinant(values.subarray(16 * g, 16 * (g + 1)), 4)).toBeCloseTo(1, 13);
    }
  }
});

test('the only rotation of a line is 1, which has no spread', () => {
  const record = scheme('special_orthogonal');
  const spec = specOf([7, 1, 1], 'oi', 'float64', 7);
  expect([...draw('special_orthogonal', spec, 1)].map((x) => Math.round(x * 1e12) / 1e12)).toEqual([
    1, 1, 1, 1, 1, 1, 1,
  ]);
  const options = { gain: 2 };
  expect([
    record.mean(spec, options),
    record.std(spec, options),
    record.bound(spec, options),
  ]).toEqual([2, 0, 0]);
});
