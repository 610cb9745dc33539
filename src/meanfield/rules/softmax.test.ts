import { expect, test } from 'vitest';
import { gaussianMean, sigmoid } from '../../numeric/index.ts';
import { fillNormal, key } from '../../random/index.ts';
import { softmaxOverlap, softmaxSums } from './softmax.ts';

const relativeError = (value: number, expected: number): number =>
  Math.abs(value - expected) / Math.abs(expected);

/** Sum of one number for each of `count` draws, with its standard error. */
function averaged(count: number, draw: (t: number) => number): { value: number; error: number } {
  let sum = 0;
  let squares = 0;
  for (let t = 0; t < count; t++) {
    const y = draw(t);
    sum += y;
    squares += y * y;
  }
  const value = sum / count;
  return { value, error: Math.sqrt((squares / count - value * value) / count) };
}

function softmax(scores: Float64Array): Float64Array {
  const top = Math.max(...scores);
  const weights = scores.map((s) => Math.exp(s - top));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / total);
}

test('equal scores share equally, and one token gets everything', () => {
  for (const T of [2, 10, 1000, 100_000]) {
    const { second, gradient } = softmaxSums(T, 0);
    expect(relativeError(second, 1 / T)).toBeLessThan(1e-9);
    // Σ aₜ² (1 - 2aₜ + Σ aᵤ²) at aₜ = 1/T.
    expect(Math.abs(gradient - (1 - 1 / T) / T)).toBeLessThan(1e-8 / T);
  }
  for (const variance of [0, 1, 100]) {
    expect(relativeError(softmaxSums(1, variance).second, 1)).toBeLessThan(1e-9);
    expect(softmaxSums(1, variance).gradient).toBeLessThan(1e-8);
    expect(softmaxOverlap(1, variance, 0.4)).toBe(1);
  }
});

test('of two tokens one has the logistic function of the difference', () => {
  for (const variance of [1e-4, 0.3, 1, 9, 100, 1e4]) {
    const std = Math.sqrt(2 * variance);
    const ends = [1, 2, 4, 8, 16, 32].flatMap((x) => [x / std, -x / std]);
    const mean = (f: (a: number) => number): number =>
      gaussianMean((z) => f(sigmoid(std * z)), { breakpoints: ends });
    const { second, gradient } = softmaxSums(2, variance);
    const squares = mean((a) => a * a + (1 - a) * (1 - a));
    expect(relativeError(second, squares)).toBeLessThan(1e-8);
    const back = mean((a) => 4 * a * a * (1 - a) * (1 - a));
    expect(Math.abs(gradient - back)).toBeLessThan(1e-8);
  }
});

test.each([
  [5, 0.5],
  [16, 4],
  [64, 25],
  [40, 100],
])('the squares of %i weights and their gradient at variance %f are those of draws', (T, s2) => {
  const count = 6000;
  const scores = new Float64Array(T * count);
  const gradients = new Float64Array(T * count);
  fillNormal(key(1), scores, 0, Math.sqrt(s2));
  fillNormal(key(2), gradients, 0, 1);
  const weights = (t: number): Float64Array => softmax(scores.subarray(t * T, (t + 1) * T));
  const { second, gradient } = softmaxSums(T, s2);
  const squares = averaged(count, (t) => weights(t).reduce((sum, a) => sum + a * a, 0));
  expect(Math.abs(second - squares.value)).toBeLessThan(4 * squares.error);
  const back = averaged(count, (t) => {
    const a = weights(t);
    const g = gradients.subarray(t * T, (t + 1) * T);
    const level = a.reduce((sum, weight, i) => sum + weight * g[i], 0);
    return a.reduce((sum, weight, i) => sum + (weight * (g[i] - level)) ** 2, 0);
  });
  expect(Math.abs(gradient - back.value)).toBeLessThan(4 * back.error);
});

test.each([
  [8, 1, 0.6],
  [8, 1, -0.6],
  [30, 9, 0.3],
  [30, 16, 0.95],
])('the overlap of %i weights at variance %f and correlation %f is that of draws', (T, s2, rho) => {
  const count = 8000;
  const z = new Float64Array(2 * T * count);
  fillNormal(key(5), z, 0, Math.sqrt(s2));
  const drawn = averaged(count, (t) => {
    const first = z.subarray(2 * T * t, 2 * T * t + T);
    const other = z.subarray(2 * T * t + T, 2 * T * (t + 1));
    const second = first.map((s, i) => rho * s + Math.sqrt(1 - rho * rho) * other[i]);
    const [a, b] = [softmax(first), softmax(second)];
    return a.reduce((sum, weight, i) => sum + weight * b[i], 0);
  });
  expect(Math.abs(softmaxOverlap(T, s2, rho) - drawn.value)).toBeLessThan(4 * drawn.error);
});

test('overlap is 1/T without correlation and Σ aₜ² with full correlation', () => {
  for (const [T, s2] of [
    [2, 1],
    [50, 0.2],
    [128, 16],
    [100_000, 1],
  ]) {
    expect(relativeError(softmaxOverlap(T, s2, 0), 1 / T)).toBeLessThan(1e-8);
    const { second } = softmaxSums(T, s2);
    expect(softmaxOverlap(T, s2, 1)).toBe(second);
    expect(relativeError(softmaxOverlap(T, s2, 1 - 1e-9), second)).toBeLessThan(1e-6);
  }
});

test('many tokens share as log-normal weights do, e^(ρ s²) / T', () => {
  // 1/T Σ e^s has the mean e^(s²/2) and fluctuates by (e^s² - 1)/T, here 2e-5 times a factor of order 1.
  for (const rho of [0.25, 0.5, 1]) {
    const limit = Math.exp(rho) / 100_000;
    expect(relativeError(softmaxOverlap(100_000, 1, rho), limit)).toBeLessThan(2e-4);
  }
});

test('a causal mask averages over the lengths 1 … T', () => {
  for (const s2 of [0, 0.5, 9]) {
    const T = 10;
    let [second, gradient, overlap] = [0, 0, 0];
    for (let t = 1; t <= T; t++) {
      const sums = softmaxSums(t, s2);
      second += sums.second / T;
      gradient += sums.gradient / T;
      overlap += softmaxOverlap(t, s2, 0.5) / T;
    }
    const causal = softmaxSums(T, s2, { causal: true });
    expect(relativeError(causal.second, second)).toBeLessThan(1e-8);
    expect(Math.abs(causal.gradient - gradient)).toBeLessThan(1e-7);
    const masked = softmaxOverlap(T, s2, 0.5, { causal: true });
    expect(relativeError(masked, overlap)).toBeLessThan(1e-8);
  }
  // Σ 1/t / T of equal scores.
  const harmonic = Math.log(100_000) + 0.5772156649 + 1 / 200_000;
  const long = softmaxSums(100_000, 0, { causal: true }).second;
  expect(relativeError(long, harmonic / 100_000)).toBeLessThan(1e-8);
});

test('no tokens and what is no variance are refused', () => {
  expect(() => softmaxSums(0, 1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: softmaxSums: tokens must be a whole number from 1 on, got 0]`,
  );
  expect(() => softmaxOverlap(4, -1, 0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: softmaxOverlap: variance must be finite and not negative, got -1]`,
  );
});

test('steep scores of two tokens agree as the signs of their differences, in a time without their size', () => {
  for (const rho of [-0.5, 0, 0.3, 0.8]) {
    const limit = 0.5 + Math.asin(rho) / Math.PI;
    // Ties within the logistic's width cost a share of order 1/variance.
    expect(Math.abs(softmaxOverlap(2, 1e6, rho) - limit)).toBeLessThan(1e-5);
  }
  const { second } = softmaxSums(16, 2500);
  const near = softmaxOverlap(16, 2500, 1 - 1e-9);
  // Of what is missing to 1 both forms leave out a share of order 1/variance.
  expect(Math.abs((1 - near) / (1 - second) - 1)).toBeLessThan(4 / 400);
});
