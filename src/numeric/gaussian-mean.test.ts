import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { gaussianMean } from './gaussian-mean.ts';
import { normalCdf, normalPdf } from './normal.ts';

test('the moments of a Gaussian are the double factorials', () => {
  let expected = 1;
  for (let power = 0; power <= 20; power += 2) {
    expect(gaussianMean((z) => z ** power) / expected).toBeCloseTo(1, 13);
    expect(Math.abs(gaussianMean((z) => z ** (power + 1)) / expected)).toBeLessThan(1e-13);
    expected *= power + 1;
  }
});

test('the mean of exp(sz) is exp(s²/2), also where its mass lies far out', () => {
  for (const s of [-20, -3, 0.1, 1, 8, 25]) {
    expect(gaussianMean((z) => Math.exp(s * z - (s * s) / 2))).toBeCloseTo(1, 12);
  }
});

test('a kink named as a breakpoint gives E max(z - a, 0) = n(a) - a(1 - Φ(a)) to 1e-14', () => {
  fc.assert(
    fc.property(fc.double({ min: -6, max: 6, noNaN: true }), (a) => {
      const mean = gaussianMean((z) => Math.max(z - a, 0), { breakpoints: [a, 1e9, -1e9] });
      expect(Math.abs(mean - (normalPdf(a) - a * normalCdf(-a)))).toBeLessThan(1e-14);
    }),
  );
});

test('a kink that is not named is found', () => {
  for (const a of [-2.3, 0.123, 3.9]) {
    const mean = gaussianMean((z) => Math.abs(z - a));
    const expected = 2 * normalPdf(a) + a * (1 - 2 * normalCdf(-a));
    expect(Math.abs(mean - expected)).toBeLessThan(1e-12);
  }
});

test('fast oscillations are resolved: E cos(kz) = exp(-k²/2)', () => {
  for (const k of [0.5, 5, 60]) {
    expect(gaussianMean((z) => Math.cos(k * z))).toBeCloseTo(Math.exp((-k * k) / 2), 13);
  }
});

/** What it takes to integrate a kink that is not named. */
function evaluations(tolerance: number): { count: number; error: number } {
  let count = 0;
  const kinked = (z: number): number => {
    count++;
    return Math.max(z - 0.123, 0);
  };
  const mean = gaussianMean(kinked, { tolerance });
  const expected = normalPdf(0.123) - 0.123 * normalCdf(-0.123);
  return { count, error: Math.abs(mean - expected) / expected };
}

test('a looser tolerance takes fewer evaluations and keeps its promise', () => {
  const loose = evaluations(1e-4);
  const tight = evaluations(1e-10);
  expect(loose.count).toBeLessThan(tight.count);
  expect(loose.error).toBeLessThan(1e-4);
  expect(tight.error).toBeLessThan(1e-10);
});

test('a feature that the first panels step over is measured by its own size', () => {
  // E exp(-((z - a)/w)²) is √(2π) s times the density at a of variance 1 + s², s = w/√2.
  const [a, s] = [0.5, 1e-3 * Math.SQRT1_2];
  const mean = gaussianMean((z) => Math.exp(-(((z - a) / 1e-3) ** 2)));
  const wide = Math.sqrt(1 + s * s);
  const expected = Math.sqrt(2 * Math.PI) * s * (normalPdf(a / wide) / wide);
  expect(Math.abs(mean / expected - 1)).toBeLessThan(1e-12);
});

test('what has no finite mean is refused with the cause and the cure', () => {
  expect(() => gaussianMean(() => Number.NaN)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: gaussianMean: f must be finite, got NaN at z = -38.48023056540565]`,
  );
  expect(() => gaussianMean((z) => Math.exp(z * z))).toThrow(RangeError);
  expect(() => gaussianMean((z) => 1 / Math.abs(z - 0.1))).toThrow(
    /^gaussianMean: f must be resolved to 1e-13 .* name the kinks of f as breakpoints or raise/,
  );
});
