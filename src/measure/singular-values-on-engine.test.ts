import { expect, test } from 'vitest';
import { singularValues } from '../numeric/index.ts';
import { fillNormal, fold, key } from '../random/index.ts';
import { singularValuesOnEngine } from './singular-values-on-engine.ts';

function normals(count: number): Float32Array {
  const values = new Float32Array(count);
  fillNormal(fold(key(1), 'matrix'), values, 0, 1);
  return values;
}

test.each([
  [1, 5],
  [100, 120],
  [130, 130],
  [200, 300],
  [150, 20_000],
] as const)('a matrix of %i × %i has those of the plain way', async (m, n) => {
  const matrix = normals(m * n);
  const expected = singularValues(Float64Array.from(matrix), m, n);
  const found = await singularValuesOnEngine(matrix, m, n);
  const largest = expected[m - 1];
  // m ε σ_max² / σ for the eigenvalues, and where σ is small √(m ε).
  found.forEach((s, i) => {
    const bound = (m * 2 ** -52 * largest ** 2) / Math.max(s, expected[i]);
    expect(Math.abs(s - expected[i])).toBeLessThan(4 * bound + 1e-12 * largest);
  });
});

test('values at the ends of what float32 holds neither overflow nor vanish', async () => {
  for (const factor of [2 ** 126, 2 ** -126]) {
    const matrix = normals(140 * 140).map((x) => (x / 8) * factor);
    const expected = singularValues(Float64Array.from(matrix), 140, 140);
    const found = await singularValuesOnEngine(matrix, 140, 140);
    expect(found[139] / expected[139]).toBeCloseTo(1, 12);
  }
});

test('a matrix without full rank has values below 1e-6 of the largest in place of zeros', async () => {
  const [m, n, rank] = [200, 200, 120];
  const matrix = normals(m * n).map((x, i) => (Math.floor(i / n) < rank ? x : 0));
  const found = await singularValuesOnEngine(matrix, m, n);
  expect(found.filter((s) => s > 1e-6 * found[m - 1])).toHaveLength(rank);
});

test('zeros have zeros', async () => {
  expect(await singularValuesOnEngine(new Float32Array(200 * 200), 200, 200)).toEqual(
    new Float64Array(200),
  );
});
