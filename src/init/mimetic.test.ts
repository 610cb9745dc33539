import { expect, test } from 'vitest';
import { singularVectors } from '../numeric/index.ts';
import { fillNormal, fold, key } from '../random/index.ts';
import { mimetic } from './mimetic.ts';
import { specOf } from './spec.ts';

const SEED = key(5);

/** The matrix of a head, by its own streams: the sum that the parts are the factors of. */
function matrixOf(stream: string, head: number, d: number, alpha: number, beta: number) {
  const a = new Float64Array(d * d);
  const own = fold(fold(SEED, stream), `group/0/head/${head}`);
  fillNormal(fold(own, 'matrix'), a, 0, alpha / Math.sqrt(d));
  for (let i = 0; i < d; i++) a[i * d + i] += beta;
  return a;
}

/** The `d × d` product of two factors whose units `from` to `to` are rows, as PyTorch stores them. */
function productOf(
  left: ArrayLike<number>,
  right: ArrayLike<number>,
  d: number,
  from: number,
  to: number,
) {
  const product = new Float64Array(d * d);
  for (let k = from; k < to; k++) {
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) product[i * d + j] += left[k * d + i] * right[k * d + j];
    }
  }
  return product;
}

test('queries and keys of each head multiply to the best approximation of its matrix', () => {
  const [d, heads, width] = [24, 3, 8];
  const spec = specOf([heads * width, d], 'oi', 'float64');
  const draw = (part: string) =>
    mimetic.draw(fold(SEED, part), spec, { part, heads, stream: 's' }).data as Float64Array;
  const [query, keys] = [draw('query'), draw('key')];
  for (let head = 0; head < heads; head++) {
    const a = matrixOf('s', head, d, 0.7, 0.7);
    const product = productOf(query, keys, d, head * width, (head + 1) * width);
    // Eckart and Young: what is missing has the squares of the values that were left out.
    const { values } = singularVectors(a, d);
    const left = values.subarray(width).reduce((sum, value) => sum + value ** 2, 0);
    const missing = product.reduce((sum, value, i) => sum + (value - a[i]) ** 2, 0);
    expect(Math.abs(missing / left - 1)).toBeLessThan(1e-12);
  }
});

test('values and outputs of full width multiply to the matrix itself, in either layout', () => {
  const d = 20;
  const options = { alpha: 0.4, beta: -0.4, stream: 's' };
  const value = mimetic.draw(SEED, specOf([d, d], 'oi', 'float64'), { ...options, part: 'value' });
  const output = mimetic.draw(SEED, specOf([d, d], 'io', 'float64'), {
    ...options,
    part: 'output',
  });
  const a = matrixOf('s', 0, d, 0.4, -0.4);
  // x W_V W_O: rows of the one by units, columns of the other too.
  const product = productOf(value.data, output.data, d, 0, d);
  for (const [i, element] of product.entries())
    expect(Math.abs(element - a[i])).toBeLessThan(1e-13);
});

test('a head is drawn alike alone and among others', () => {
  const whole = mimetic.draw(SEED, specOf([24, 16], 'oi'), { heads: 3, stream: 's' });
  const last = mimetic.draw(SEED, specOf([8, 16], 'oi'), { first: 2, stream: 's' });
  expect(Array.from(whole.data.subarray(256))).toEqual(Array.from(last.data));
});

test('without chance the factors are those of the identity', () => {
  const { data } = mimetic.draw(SEED, specOf([4, 8], 'oi'), { alpha: 0, beta: 0.25 });
  const magnitudes = Array.from(data, Math.abs);
  expect(magnitudes.filter((value) => value === 0.5)).toHaveLength(4);
  expect(magnitudes.filter((value) => value === 0)).toHaveLength(28);
  expect(mimetic.std(specOf([4, 8], 'oi'), { alpha: 0, beta: 0.25 })).toBeCloseTo(
    Math.sqrt(0.25 / 8),
    12,
  );
});

test('what is no projection gets one sentence', () => {
  const messageOf = (shape: number[], options: Record<string, number | string>): string => {
    try {
      mimetic.check(specOf(shape, 'oi'), options);
    } catch (error) {
      return String(error);
    }
    return 'no error';
  };
  expect([
    messageOf([8, 8], { heads: 3 }),
    messageOf([8, 8, 3], {}),
    messageOf([8], {}),
    messageOf([8, 8], { heads: 1.5 }),
    messageOf([8, 8], { first: -1 }),
    messageOf([8, 8], { alpha: Infinity }),
    messageOf([8, 8], { part: 'packed' }),
  ]).toMatchInlineSnapshot(`
    [
      "RangeError: mimetic: heads must divide the 8 units, got 3",
      "RangeError: mimetic: shape must have one tap, got [8, 8, 3]",
      "RangeError: mimetic: shape must have at least 2 dimensions, got [8]",
      "RangeError: mimetic: heads must be an integer >= 1, got 1.5",
      "RangeError: mimetic: first must be an integer >= 0, got -1",
      "RangeError: mimetic: alpha must be finite, got Infinity",
      "RangeError: mimetic: part must be one of query, key, value, output, got packed",
    ]
  `);
});
