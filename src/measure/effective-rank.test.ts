import { expect, test } from 'vitest';
import { singularValues } from '../numeric/index.ts';
import { fillNormal, key } from '../random/index.ts';
import { sizeOf, type Tensor } from '../tensor/index.ts';
import { effectiveRank } from './effective-rank.ts';

function normal(seed: number, ...shape: readonly number[]): Tensor<'float64'> {
  const data = new Float64Array(sizeOf(shape));
  fillNormal(key(seed), data, 0, 1);
  return { dtype: 'float64', shape, data };
}

/** `exp` of the entropy of normalised singular values. */
function rankOf(values: Float64Array): number {
  const total = values.reduce((sum, value) => sum + value, 0);
  const entropy = values.reduce((sum, value) => {
    const p = value / total;
    return p > 0 ? sum - p * Math.log(p) : sum;
  }, 0);
  return Math.exp(entropy);
}

test.each([
  [12, 5],
  [5, 12],
  [7, 7],
])('of a %i × %i matrix it is that of the singular values', (rows, columns) => {
  const matrix = normal(3, rows, columns);
  const direct = rankOf(singularValues(matrix.data, rows, columns));
  const found = effectiveRank([matrix], -1) ?? NaN;
  // Squares that err by some (m + n) ε of the largest, 49 at most times the smallest here: 1e-9 is far above.
  expect(Math.abs(found - direct)).toBeLessThan(1e-9 * direct);
});

test('positions are rows, wherever the axis of units is, and batches stand below each other', () => {
  const image = normal(4, 2, 3, 2, 2);
  const rows: number[] = [];
  for (const [example, place] of [0, 1].flatMap((a) => [0, 1, 2, 3].map((p) => [a, p]))) {
    for (let unit = 0; unit < 3; unit++) rows.push(image.data[(example * 3 + unit) * 4 + place]);
  }
  const matrix: Tensor<'float64'> = {
    dtype: 'float64',
    shape: [8, 3],
    data: Float64Array.from(rows),
  };
  const expected = effectiveRank([matrix], -1);
  expect(effectiveRank([image], 1)).toBe(expected);
  const halves = [0, 1].map((half): Tensor<'float64'> => {
    return {
      dtype: 'float64',
      shape: [1, 3, 2, 2],
      data: image.data.subarray(12 * half, 12 * half + 12),
    };
  });
  expect(effectiveRank(halves, 1)).toBe(expected);
});

test('it is n for n orthogonal columns of one length, 1 for one direction, and null for zeros or NaN', () => {
  const identity: Tensor<'float64'> = {
    dtype: 'float64',
    shape: [3, 3],
    data: Float64Array.of(2, 0, 0, 0, 2, 0, 0, 0, -2),
  };
  // Roundings of a logarithm and an exponential near 1 to 3.
  expect(effectiveRank([identity], -1)).toBeCloseTo(3, 14);
  const line: Tensor<'float64'> = {
    dtype: 'float64',
    shape: [4, 2],
    data: Float64Array.of(1, 0, 2, 0, 3, 0, -1, 0),
  };
  expect(effectiveRank([line], -1)).toBe(1);
  const zeros: Tensor<'float64'> = { dtype: 'float64', shape: [2, 2], data: new Float64Array(4) };
  expect(effectiveRank([zeros], -1)).toBeNull();
  const broken: Tensor<'float64'> = { ...zeros, data: Float64Array.of(1, NaN, 1, 1) };
  expect(effectiveRank([broken], -1)).toBeNull();
});
