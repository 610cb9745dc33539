import { expect, test } from 'vitest';
import { activation } from '../../activation/index.ts';
import { fillNormal, key } from '../../random/index.ts';
import { normalised } from './norm.ts';
import { mapMoments, type Pairs } from './pairs.ts';

const gaussian = (pairs: Pairs): { mean: number; pairs: Pairs } => ({ mean: 0, pairs });
const exact = { centred: true, epsilon: 0 };

test('layer normalisation in the wide limit takes off the mean and divides by the variance', () => {
  const relu = mapMoments(activation('relu'), { q: 1, k: 0.6, p: 0.3, r: 0.1 });
  const over = { units: Infinity, positions: 1, inputs: 1 };
  const { moments, factor } = normalised(relu, over, exact);
  const square = 1 / (2 * Math.PI);
  const variance = 0.5 - square;
  expect(moments.mean).toBe(0);
  expect(moments.pairs.q).toBe(1);
  expect(moments.pairs.k).toBeCloseTo((relu.pairs.k - square) / variance, 12);
  expect(moments.pairs.r).toBeCloseTo((relu.pairs.r - square) / variance, 12);
  expect(factor).toBeCloseTo(1 / variance, 12);
});

test('layer normalisation before ReLU and He weights keeps the gradient, χ = 1', () => {
  // x of second moment q, a weight matrix of σw² = 2, then the normalisation: σw² E φ'² / (σw² E φ²) at q = 1.
  const over = { units: Infinity, positions: 1, inputs: 1 };
  const { factor } = normalised(gaussian({ q: 1, k: 0, p: 0, r: 0 }), over, exact);
  expect(factor * 2 * 0.5).toBe(1);
});

test('RMS normalisation leaves the mean and makes the second moment 1', () => {
  const value = { mean: 1, pairs: { q: 4, k: 3, p: 2, r: 1.5 } };
  const over = { units: Infinity, positions: 1, inputs: 1 };
  expect(normalised(value, over, { centred: false, epsilon: 0 })).toEqual({
    moments: { mean: 0.5, pairs: { q: 1, k: 0.75, p: 0.5, r: 0.375 } },
    factor: 0.25,
  });
});

test('over all positions of one unit only what positions do not share is left', () => {
  const over = { units: 1, positions: 1e6, inputs: 1 };
  const { moments } = normalised(gaussian({ q: 2, k: 1.4, p: 0.5, r: 0.3 }), over, exact);
  expect(moments.pairs.q).toBe(1);
  expect(moments.pairs.k).toBeCloseTo((1.4 - 0.3) / (2 - 0.5), 5);
  // The elements add up to zero: p' = -q'/(n-1), r' = -k'/(n-1).
  expect(moments.pairs.p).toBeCloseTo(-1e-6, 9);
  expect(moments.pairs.r).toBeCloseTo(-moments.pairs.k / (1e6 - 1), 9);
});

test('statistics over everything make the elements add up to zero', () => {
  const value = { mean: 0.4, pairs: { q: 2, k: 1.4, p: 0.5, r: 0.3 } };
  for (const [n, b] of [
    [1, 8],
    [5, 1],
    [5, 8],
  ]) {
    const { pairs } = normalised(value, { units: 1, positions: n, inputs: b }, exact).moments;
    const sum = pairs.q + (n - 1) * pairs.p + (b - 1) * pairs.k + (n - 1) * (b - 1) * pairs.r;
    if (n > 1 && b > 1) expect(Math.abs(sum)).toBeLessThan(1e-14 * n * b);
    if (n === 1) expect(pairs.q + (b - 1) * pairs.k).toBeCloseTo(0, 13);
    if (b === 1) expect(pairs.q + (n - 1) * pairs.p).toBeCloseTo(0, 13);
  }
});

test('batch normalisation of ReLU networks makes gradients grow by π/(π-1), of linear ones by (B-2)/(B-3)', () => {
  const alike = { q: 1, k: 0, p: 0, r: 0 };
  const relu = mapMoments(activation('relu'), alike);
  const wide = { units: 1, positions: 1, inputs: 1e9 };
  // After a weight matrix of σw² = 2 the covariances are 2 E φφ'; χ = σw² E φ'² times the factor.
  const next = {
    mean: 0,
    pairs: { ...relu.pairs, q: 2 * relu.pairs.q, k: 2 * relu.pairs.k, p: 0, r: 0 },
  };
  const chi = 2 * 0.5 * normalised(next, wide, exact).factor;
  expect(chi).toBeCloseTo(Math.PI / (Math.PI - 1), 7);
  for (const B of [4, 8, 32]) {
    const { factor } = normalised(gaussian(alike), { units: 1, positions: 1, inputs: B }, exact);
    expect(factor).toBeCloseTo((B - 2) / (B - 3), 12);
  }
  const three = normalised(gaussian(alike), { units: 1, positions: 1, inputs: 3 }, exact);
  expect(three.factor).toBe(Infinity);
  const two = normalised(gaussian(alike), { units: 1, positions: 1, inputs: 2 }, exact);
  expect(two.factor).toBe(0);
});

test('the factor of a group of few units is that of drawn numbers', () => {
  const count = 40_000;
  const n = 12;
  const z = new Float64Array(2 * n * count);
  fillNormal(key(3), z, 0, 1);
  for (const centred of [true, false]) {
    let sum = 0;
    let squares = 0;
    for (let t = 0; t < count; t++) {
      const x = z.subarray(2 * n * t, 2 * n * t + n);
      const g = z.subarray(2 * n * t + n, 2 * n * t + 2 * n);
      const meanOf = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / n;
      const at = centred ? meanOf(x) : 0;
      const std = Math.sqrt(meanOf(x.map((y) => (y - at) ** 2)));
      const hat = x.map((y) => (y - at) / std);
      const along = meanOf(hat.map((y, i) => y * g[i]));
      const level = centred ? meanOf(g) : 0;
      const back = meanOf(hat.map((y, i) => ((g[i] - level - y * along) / std) ** 2));
      sum += back;
      squares += back * back;
    }
    const value = sum / count;
    const error = Math.sqrt((squares / count - value * value) / count);
    const over = { units: n, positions: 1, inputs: 1 };
    const { factor } = normalised(
      gaussian({ q: 1, k: 0, p: 0, r: 0 }),
      over,
      centred ? exact : { ...exact, centred },
    );
    expect(Math.abs(factor - value)).toBeLessThan(4 * error);
  }
});

test('epsilon limits what is divided by, and equal elements without it are refused', () => {
  const constant = { mean: 2, pairs: { q: 4, k: 4, p: 4, r: 4 } };
  const over = { units: Infinity, positions: 1, inputs: 1 };
  const { moments, factor } = normalised(constant, over, { centred: true, epsilon: 1e-5 });
  expect(moments).toEqual({ mean: 0, pairs: { q: 0, k: 0, p: 0, r: 0 } });
  expect(factor).toBe(1 / 1e-5);
  expect(() => normalised(constant, over, exact)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: normalised: the variance that is divided by must be positive, got 0; the elements of one normalisation are equal]`,
  );
  expect(() => normalised(constant, { ...over, inputs: 0 }, exact)).toThrow(
    'normalised: inputs must be a count from 1 on, got 0',
  );
});
