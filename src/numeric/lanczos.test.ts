import { expect, test } from 'vitest';
import { fillNormal, fold, key } from '../random/index.ts';
import { lanczos, lanczosShortfall } from './index.ts';

/** The operator with these eigenvalues, in its own basis: the start is as random there as elsewhere. */
function diagonal(values: Float64Array): (v: Float64Array) => Float64Array {
  return (v) => v.map((x, i) => x * values[i]);
}

function startOf(n: number, path: string): Float64Array {
  const start = new Float64Array(n);
  fillNormal(fold(key(1), path), start, 0, 1);
  return start;
}

test('as many steps as there are dimensions find both ends exactly', () => {
  const values = Float64Array.from({ length: 24 }, (_, i) => Math.cos(i) * 3);
  const { low, high, residual } = lanczos(diagonal(values), startOf(24, 'all'), 100);
  expect(low).toBeCloseTo(Math.min(...values), 12);
  expect(high).toBeCloseTo(Math.max(...values), 12);
  expect(residual).toBe(0);
});

test('a space that the operator does not leave ends the search early, with all that is in it', () => {
  const values = Float64Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? 1 : 4));
  for (const most of [2, 32]) {
    const { low, high, residual } = lanczos(diagonal(values), startOf(50, 'two'), most);
    expect(low).toBeCloseTo(1, 12);
    expect(high).toBeCloseTo(4, 12);
    expect(residual).toBeLessThan(1e-12);
  }
  const one = lanczos((v) => v.slice(), startOf(50, 'one'), 32);
  expect(one.low).toBeCloseTo(1, 14);
  expect(one.high).toBeCloseTo(1, 14);
  const zero = lanczos((v) => v.map(() => 0), startOf(50, 'zero'), 32);
  expect(zero).toEqual({ low: 0, high: 0, residual: 0, steps: 1 });
});

test('Ritz values lie inside of the spectrum, and an eigenvalue within the residual of each', () => {
  for (let seed = 0; seed < 20; seed++) {
    const values = startOf(300, `spectrum/${seed}`).sort();
    const { low, high, residual } = lanczos(diagonal(values), startOf(300, `start/${seed}`), 20);
    expect(low).toBeGreaterThanOrEqual(values[0] - 1e-13);
    expect(high).toBeLessThanOrEqual(values[299] + 1e-13);
    for (const end of [low, high]) {
      const nearest = values.reduce((least, x) => Math.min(least, Math.abs(x - end)), Infinity);
      expect(nearest).toBeLessThanOrEqual(residual + 1e-13);
    }
  }
});

// A single eigenvalue beyond a dense interval is the hard case of a random start.
test('the shortfall is exceeded no more often than its chance says, and part of it often', () => {
  const [n, steps, runs] = [400, 6, 200];
  for (const gap of [0.01, 0.05, 0.2]) {
    const values = Float64Array.from({ length: n }, (_, i) => (i / n) * (1 - gap));
    values[n - 1] = 1;
    const missed = Array.from({ length: runs }, (_, run) => {
      const { low, high } = lanczos(diagonal(values), startOf(n, `miss/${gap}/${run}`), steps);
      return Math.max(1 - high, low);
    });
    for (const chance of [0.02, 0.2]) {
      const allowed = lanczosShortfall(n, steps, chance);
      const count = missed.filter((miss) => miss > allowed).length;
      // Two ends, each with this chance.
      const expected = 2 * chance * runs;
      expect(count).toBeLessThanOrEqual(expected + 5 * Math.sqrt(expected));
      expect(missed.filter((miss) => miss > allowed / 20).length).toBeGreaterThan(0.9 * runs);
    }
  }
  expect(lanczosShortfall(10, 10, 1e-6)).toBe(0);
  expect(lanczosShortfall(4096, 2, 1e-6)).toBe(1);
  // 1.648 · √4096 · exp(-√ε · 63) = 1e-6 at ε = (ln(1.05472e8) / 63)².
  expect(lanczosShortfall(4096, 32, 1e-6)).toBeCloseTo((Math.log(1.05472e8) / 63) ** 2, 12);
});
