import { expect, test } from 'vitest';
import { activation } from '../../activation/index.ts';
import { gaussianMean } from '../../numeric/index.ts';
import { fillNormal, key } from '../../random/index.ts';
import { localResponse } from './local-response.ts';
import { mapMoments } from './pairs.ts';

const relu = activation('relu');
const pairs = { q: 2, k: 1, p: 0.5, r: 0.2 };
const alexNet = { size: 5, alpha: 1e-4, beta: 0.75, bias: 1 };

test('one channel alone is an average over one Gaussian', () => {
  const options = { size: 1, alpha: 0.8, beta: 0.75, bias: 1.5 };
  const of = mapMoments(activation('linear'), pairs);
  const { moments, factor } = localResponse(activation('linear'), 2, of, options);
  const second = gaussianMean((z) => (2 * z * z) / (1.5 + 1.6 * z * z) ** 1.5);
  const slope = (x: number): number =>
    (1.5 + 0.8 * x * x) ** -0.75 - 1.2 * x * x * (1.5 + 0.8 * x * x) ** -1.75;
  expect(moments.mean).toBeCloseTo(0, 12);
  expect(moments.pairs.q).toBeCloseTo(second, 8);
  expect(moments.pairs.k / moments.pairs.q).toBeCloseTo(0.5, 12);
  expect(factor).toBeCloseTo(
    gaussianMean((z) => slope(Math.SQRT2 * z) ** 2),
    8,
  );
});

test('with a small alpha it divides by (bias + α E x²)^β', () => {
  const of = mapMoments(relu, pairs);
  const { moments, factor } = localResponse(relu, 2, of, { ...alexNet, bias: 2 });
  // To first order in α = 1e-4: E x⁴/(E x²)² = 6 and its own square count in the place of 1, 5 channels.
  expect(Math.abs(moments.pairs.q * 2 ** 1.5 - 1)).toBeLessThan(2 * 1.5 * 1e-4 * 3);
  expect(Math.abs(factor * 2 ** 1.5 - 1)).toBeLessThan(2 * 1.5 * 1e-4 * 3);
  const none = localResponse(relu, 2, of, { ...alexNet, alpha: 0 });
  expect(none.moments.pairs.q).toBeCloseTo(1, 12);
  expect(none.factor).toBeCloseTo(1, 12);
});

test('moments and gradients of ReLU channels are those of draws', () => {
  const options = { size: 5, alpha: 3, beta: 0.75, bias: 1 };
  const of = mapMoments(relu, pairs);
  const { moments, factor } = localResponse(relu, 2, of, options);
  // A ring of 10 channels, windows of 5.
  const [channels, count] = [10, 8000];
  const z = new Float64Array(2 * channels * count);
  fillNormal(key(4), z, 0, 1);
  const sums = [0, 0, 0].map(() => ({ sum: 0, squares: 0 }));
  for (let t = 0; t < count; t++) {
    const from = 2 * channels * t;
    const x = z.subarray(from, from + channels).map((u) => Math.max(0, Math.SQRT2 * u));
    const g = z.subarray(from + channels, from + 2 * channels);
    const near = [-2, -1, 0, 1, 2];
    const at = (i: number): number => (i + channels) % channels;
    const D = x.map((_, i) => 1 + 0.6 * near.reduce((sum, d) => sum + x[at(i + d)] ** 2, 0));
    const back = x.map((_, j) =>
      near.reduce(
        (sum, d) => {
          const i = at(j + d);
          return sum - g[i] * 2 * 0.75 * 0.6 * x[i] * x[j] * D[i] ** -1.75;
        },
        g[j] * D[j] ** -0.75,
      ),
    );
    const y = x.map((value, i) => value * D[i] ** -0.75);
    const over = (values: Float64Array, f: (v: number) => number): number =>
      values.reduce((sum, v) => sum + f(v), 0) / channels;
    for (const [j, value] of [
      over(y, (v) => v),
      over(y, (v) => v * v),
      over(back, (v) => v * v),
    ].entries()) {
      sums[j].sum += value;
      sums[j].squares += value * value;
    }
  }
  for (const [j, found] of [moments.mean, moments.pairs.q, factor].entries()) {
    const value = sums[j].sum / count;
    const error = Math.sqrt((sums[j].squares / count - value * value) / count);
    expect(Math.abs(found - value)).toBeLessThan(4 * error);
  }
});

test('attributes that make no sense are refused', () => {
  const of = mapMoments(relu, pairs);
  for (const wrong of [{ size: 0 }, { alpha: -1 }, { beta: 0 }, { bias: 0 }]) {
    expect(() => localResponse(relu, 2, of, { ...alexNet, ...wrong })).toThrow(RangeError);
  }
  expect(() =>
    localResponse(relu, 2, of, { ...alexNet, bias: 0 }),
  ).toThrowErrorMatchingInlineSnapshot(`[RangeError: localResponse: bias must be positive, got 0]`);
});
