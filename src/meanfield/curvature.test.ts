import { expect, test } from 'vitest';
import { activation } from '../activation/index.ts';
import { chi2At, criticalPoints, curvatureMap, derivativeCovariance } from './index.ts';

test('χ₂ is the second derivative of the covariance map at c = 1', () => {
  // erf: D = 4/π / √((1 + 2q)² - 4k²), so that dD/dk at k = q is 16 q / (π (1 + 4q)^1.5).
  for (const q of [0.05, 1, 8]) {
    const expected = (16 * q) / (Math.PI * (1 + 4 * q) ** 1.5);
    expect(Math.abs(chi2At(activation('erf'), 1, q) / expected - 1)).toBeLessThan(1e-9);
  }
  // sin: E sin² = ½ (1 - exp(-2q)).
  expect(chi2At(activation('sin'), 2, 0.7)).toBeCloseTo(-Math.expm1(-1.4), 9);
  // One-sided differences of a function whose second derivative jumps: E exp(2 √q z) over z < 0.
  for (const name of ['tanh', 'silu', 'elu']) {
    const phi = activation(name);
    const at = (c: number): number => derivativeCovariance(phi, 1, 1, c);
    // Second order in the square root of 1 - c at worst: Richardson takes the first order off.
    const slope = (h: number): number => (at(1) - at(1 - h)) / h;
    const estimate = 2 * slope(1e-6) - slope(4e-6);
    expect(Math.abs(chi2At(phi, 1, 1) / estimate - 1)).toBeLessThan(1e-4);
  }
});

test('kinks bend a curve without bound', () => {
  expect(chi2At(activation('relu'), 2, 1)).toBe(Infinity);
  expect(chi2At(activation('sign'), 1, 1)).toBe(Infinity);
});

test('curvature of a line stays, and settles in the chaotic phase', () => {
  expect(curvatureMap(activation('linear'), 1, 1, 0.3)).toBe(0.3);
  const tanh = activation('tanh');
  const [{ sigmaW2 }] = criticalPoints(tanh, { q: 1 });
  const chaotic = 2 * sigmaW2;
  let kappa2 = 1;
  for (let layer = 0; layer < 100; layer++) kappa2 = curvatureMap(tanh, chaotic, 1, kappa2);
  // χ₁ = 2 there.
  expect(kappa2).toBeCloseTo((3 * chi2At(tanh, chaotic, 1)) / 2, 10);
});

test('impossible sizes are refused', () => {
  expect(() => chi2At(activation('tanh'), 1, 0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: chi2At: q must be positive and finite, got 0]`,
  );
  expect(() => curvatureMap(activation('tanh'), 1, 1, -1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: curvatureMap: kappa2 must be finite and not negative, got -1]`,
  );
});
