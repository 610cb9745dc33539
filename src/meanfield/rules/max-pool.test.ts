import { expect, test } from 'vitest';
import { activation } from '../../activation/index.ts';
import { fillNormal, key } from '../../random/index.ts';
import { asGaussian, maxPool, maxPoolSlope } from './max-pool.ts';
import { mapMoments, type Pairs } from './pairs.ts';

const linear = activation('linear');
const relu = activation('relu');
const valuesOf = ({ q, k, p, r }: Pairs): number[] => [q, k, p, r];

/**
 * Means and standard errors of `M`, `M²` and the products of M with the maxima of the same window of another
 * input, of another window, and of both, over Gaussians drawn with all their covariances.
 */
function drawn(
  f: (x: number) => number,
  { q, k, p, r }: Pairs,
  n: number,
  count: number,
): { value: number; error: number }[] {
  const width = 4 + 4 * n;
  const z = new Float64Array(count * width);
  fillNormal(key(11), z, 0, 1);
  // The four windows' common parts have the covariances p, r: two factors per input and one for both.
  const [both, own] = [Math.sqrt(r), Math.sqrt(p - r)];
  const separate = Math.sqrt(q - p);
  const rho = (k - r) / (q - p);
  const rest = Math.sqrt(1 - rho * rho);
  const sums = [0, 0, 0, 0, 0].map(() => ({ sum: 0, squares: 0 }));
  for (let t = 0; t < count; t++) {
    const o = t * width;
    const first = both * z[o] + own * z[o + 1];
    const second = both * z[o] + own * z[o + 2];
    const maxima = [-Infinity, -Infinity, -Infinity, -Infinity];
    for (let i = o + 4; i < o + width; i += 4) {
      const values = [
        first + separate * z[i],
        second + separate * (rho * z[i] + rest * z[i + 1]),
        first + separate * z[i + 2],
        second + separate * (rho * z[i + 2] + rest * z[i + 3]),
      ];
      for (const [w, u] of values.entries()) maxima[w] = Math.max(maxima[w], f(u));
    }
    const [a, b, c, d] = maxima;
    for (const [j, y] of [a, a * a, a * b, a * c, a * d].entries()) {
      sums[j].sum += y;
      sums[j].squares += y * y;
    }
  }
  return sums.map(({ sum, squares }) => {
    const value = sum / count;
    return { value, error: Math.sqrt((squares / count - value * value) / count) };
  });
}

test.each([
  ['relu', { q: 1, k: 0.7, p: 0.3, r: 0.2 }, 9],
  ['tanh', { q: 2, k: 1.5, p: 0.5, r: 0.4 }, 4],
  ['linear', { q: 1, k: 0.97, p: 0.1, r: 0.08 }, 6],
  ['sigmoid', { q: 4, k: 1, p: 2, r: 0 }, 3],
] as const)('the maximum of %s over a window is that of drawn numbers', (name, pairs, n) => {
  const { moments, note } = maxPool(activation(name), pairs, n);
  expect(note).toBe(null);
  const found = [moments.mean, ...valuesOf(moments.pairs)];
  for (const [i, { value, error }] of drawn(activation(name).f, pairs, n, 40_000).entries()) {
    // Four standard errors: 25 comparisons exceed them once in 600 seeds; 1e-3 is the rule's own accuracy.
    expect(Math.abs(found[i] - value)).toBeLessThan(4 * error + 1e-3 * moments.pairs.q);
  }
});

test('GELU, which falls before it rises, is near drawn numbers and says what was approximated', () => {
  const gelu = activation('gelu');
  const independent = { q: 1, k: 0.6, p: 0, r: 0 };
  for (const pairs of [independent, { q: 1, k: 0.6, p: 0.3, r: 0.2 }]) {
    const { moments, note } = maxPool(gelu, pairs, 4);
    expect(note).toBe(
      'the maximum of a function that is not monotone by its increasing rearrangement',
    );
    const found = [moments.mean, ...valuesOf(moments.pairs)];
    for (const [i, { value, error }] of drawn(gelu.f, pairs, 4, 40_000).entries()) {
      // Below -0.75, where GELU falls, it is within 0.17 of zero: a hundredth of E M² is at stake.
      const approximation = pairs === independent && i < 2 ? 1e-3 : 1e-2;
      expect(Math.abs(found[i] - value)).toBeLessThan(4 * error + approximation * moments.pairs.q);
    }
  }
});

test('the larger of two normals has the mean √((q-p)/π) and the second moment q, also where p < 0', () => {
  for (const p of [0, 0.3, 0.99, -0.4, -1]) {
    const { mean, pairs } = maxPool(linear, { q: 1, k: 0.5, p, r: p / 2 }, 2).moments;
    expect(mean).toBeCloseTo(Math.sqrt((1 - p) / Math.PI), 9);
    // E max² = q by symmetry: max² + min² = u₁² + u₂², and max and -min have one law.
    expect(pairs.q).toBeCloseTo(1, 9);
  }
});

test('the covariance of the maxima of two pairs follows from Φ₂', () => {
  // max(u₁, u₂) = ½(u₁ + u₂) + ½|u₁ - u₂|, so E M M' = ½ (k + r) + ¼ E |d||d'|, d of variance 2(q - p) and
  // correlation ρ = (k - r)/(q - p): E |d||d'| = 2(q - p) (2/π)(√(1-ρ²) + ρ arcsin ρ).
  for (const [k, r] of [
    [0.75, 0.1],
    [0.3, 0.2],
    [0.1, 0.3],
    [0.99, 0.299],
  ]) {
    const rho = (k - r) / 0.7;
    const apart = (0.7 / Math.PI) * (Math.sqrt(1 - rho * rho) + rho * Math.asin(rho));
    const { pairs } = maxPool(linear, { q: 1, k, p: 0.3, r }, 2).moments;
    // What the rule promises: 1e-3 of the variance, 1 - 0.7/π.
    expect(Math.abs(pairs.k - ((k + r) / 2 + apart))).toBeLessThan(1e-3 * (1 - 0.7 / Math.PI));
    expect(Math.abs(pairs.p - (0.3 + 0.7 / Math.PI))).toBeLessThan(1e-6);
  }
});

test('a window of one position, and positions that are equal, leave what the function alone gives', () => {
  for (const name of ['relu', 'tanh', 'linear']) {
    const phi = activation(name);
    const pairs = { q: 1.3, k: 0.9, p: 0.4, r: 0.2 };
    const alone = mapMoments(phi, pairs);
    const one = maxPool(phi, pairs, 1).moments;
    for (const [i, value] of valuesOf(one.pairs).entries()) {
      expect(Math.abs(value - valuesOf(alone.pairs)[i])).toBeLessThan(1e-3 * alone.pairs.q);
    }
    expect(one.mean).toBeCloseTo(alone.mean, 8);
    const equal = { q: 1.3, k: 0.9, p: 1.3, r: 0.9 };
    const same = mapMoments(phi, equal);
    const nine = maxPool(phi, equal, 9).moments;
    expect(nine.mean).toBeCloseTo(same.mean, 8);
    expect(Math.abs(nine.pairs.k - same.pairs.k)).toBeLessThan(1e-3 * same.pairs.q);
    expect(nine.pairs.p).toBeCloseTo(nine.pairs.q, 12);
  }
});

test('equal inputs have equal maxima, and the covariance of two inputs grows with theirs', () => {
  let before = -Infinity;
  for (const k of [0, 0.3, 0.6, 0.9, 0.99, 0.9999, 1]) {
    const { pairs } = maxPool(relu, { q: 1, k, p: 0, r: 0 }, 9).moments;
    expect(pairs.k).toBeGreaterThan(before);
    before = pairs.k;
    if (k === 1) expect(pairs.k).toBeCloseTo(pairs.q, 12);
  }
});

test('a function that falls has the maximum of its mirror image', () => {
  const down = { f: (x: number) => Math.max(0, -x), breakpoints: [0] };
  const pairs = { q: 1, k: 0.4, p: 0.2, r: 0.1 };
  expect(maxPool(down, pairs, 4)).toEqual(maxPool(relu, pairs, 4));
});

test('the slope of ReLU at the maximum of n positions is the chance 1 - 2^-n of a positive one', () => {
  const step = { f: relu.df, breakpoints: [0] };
  for (const n of [1, 4, 9]) expect(maxPoolSlope(step, 2, 0, n)).toBeCloseTo(1 - 2 ** -n, 8);
  expect(maxPoolSlope(step, 2, 2, 9)).toBeCloseTo(0.5, 8);
});

test('many positions have the maximum √(2 ln n) to leading order', () => {
  const { mean, pairs } = maxPool(linear, { q: 1, k: 0.5, p: 0, r: 0 }, 12_544).moments;
  // Expected value by Blom's approximation Φ^-1((n - 0.375)/(n + 0.25)), good to 0.005 here.
  expect(Math.abs(mean - 3.8885)).toBeLessThan(0.02);
  expect(pairs.q - mean * mean).toBeGreaterThan(0);
  expect(pairs.k).toBeLessThan(pairs.q);
});

test('a value of unknown law is taken for Gaussian about its mean', () => {
  const { f, pairs } = asGaussian({ mean: 2, pairs: { q: 5, k: 4.5, p: 4.2, r: 4.1 } });
  expect(f.f(0.5)).toBe(2.5);
  expect(pairs).toEqual({ q: 1, k: 0.5, p: 4.2 - 4, r: 4.1 - 4 });
});

test('a window without positions is refused', () => {
  const pairs = { q: 1, k: 0, p: 0, r: 0 };
  expect(() => maxPool(relu, pairs, 0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: maxPool: n must be a whole number of positions from 1 on, got 0]`,
  );
  expect(maxPool(activation('sigmoid'), { q: 0, k: 0, p: 0, r: 0 }, 4).moments).toEqual({
    mean: 0.5,
    pairs: { q: 0.25, k: 0.25, p: 0.25, r: 0.25 },
  });
});
