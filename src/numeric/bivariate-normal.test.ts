import { expect, test } from 'vitest';
import { bivariateNormalCdf } from './bivariate-normal.ts';
import { gaussianMean } from './gaussian-mean.ts';
import { normalCdf } from './normal.ts';

/** `E 1{z < a} Φ((b - ρ z) / √(1 - ρ²))`. */
function byConditioning(a: number, b: number, rho: number): number {
  const s = Math.sqrt((1 - rho) * (1 + rho));
  const inner = (z: number): number => (z < a ? normalCdf((b - rho * z) / s) : 0);
  // The inner step is s / ρ wide; panels lead up to it.
  const widths = [0, 1, 2, 4, 8, 16].flatMap((width) => [width * s, -width * s]);
  const steps = widths.map((width) => (b + width) / rho).filter(Number.isFinite);
  return gaussianMean(inner, { breakpoints: [a, ...steps], tolerance: 1e-14 });
}

const points = [-6, -2.5, -1, -0.3, 0, 1e-6, 0.31, 1.2, 3, 5];

test('the distribution function is the conditional one averaged, for every correlation', () => {
  let worst = 0;
  for (const rho of [
    -0.9999,
    -0.95,
    -0.9,
    -0.6,
    -0.2,
    0,
    0.25,
    0.6,
    0.9,
    0.91,
    0.97,
    0.9999,
    1 - 1e-9,
  ]) {
    for (const a of points) {
      for (const b of points) {
        const difference = bivariateNormalCdf(a, b, rho) - byConditioning(a, b, rho);
        worst = Math.max(worst, Math.abs(difference));
      }
    }
  }
  expect(worst).toBeLessThan(2e-15);
});

test('at the origin it is Sheppard’s ¼ + arcsin ρ / 2π', () => {
  for (const rho of [-1, -0.95, -0.3, 0, 0.5, 0.8999, 0.9001, 0.999, 1]) {
    const expected = 0.25 + Math.asin(rho) / (2 * Math.PI);
    expect(Math.abs(bivariateNormalCdf(0, 0, rho) - expected)).toBeLessThan(2e-15);
  }
});

test('independent, equal and opposite normals have the closed forms', () => {
  for (const a of points) {
    for (const b of points) {
      const apart = Math.max(0, normalCdf(a) + normalCdf(b) - 1);
      expect(bivariateNormalCdf(a, b, 0)).toBe(normalCdf(a) * normalCdf(b));
      expect(bivariateNormalCdf(a, b, 1)).toBe(normalCdf(Math.min(a, b)));
      expect(Math.abs(bivariateNormalCdf(a, b, -1) - apart)).toBeLessThan(1e-15);
    }
  }
});

test('an infinite bound asks nothing, and what is no correlation is refused', () => {
  expect(bivariateNormalCdf(Infinity, 0.7, 0.4)).toBe(normalCdf(0.7));
  expect(bivariateNormalCdf(-0.2, Infinity, 0.4)).toBe(normalCdf(-0.2));
  expect(bivariateNormalCdf(-Infinity, 2, 0.4)).toBe(0);
  expect(() => bivariateNormalCdf(0, 0, 1.1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: bivariateNormalCdf: rho must be a correlation, got 1.1]`,
  );
});
