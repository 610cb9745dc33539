import { expect, test } from 'vitest';
import { angleBetween, besideCovariance, largestCovariance, sineExcess } from './index.ts';

test('the angle of a covariance keeps its digits near 0 and π', () => {
  expect(angleBetween(3, 3, 3)).toBe(0);
  expect(angleBetween(3, 3, -3)).toBe(Math.PI);
  expect(angleBetween(2, 8, 0)).toBe(Math.PI / 2);
  for (const size of [1e-6, 1e-4, 0.1]) {
    // cos θ = 1 - s exactly representable: θ = 2 asin √(s/2).
    const s = 2 ** Math.round(Math.log2(size));
    const theta = 2 * Math.asin(Math.sqrt(s / 2));
    expect(Math.abs(angleBetween(1, 1, 1 - s) / theta - 1)).toBeLessThan(4e-16);
    expect(Math.abs((Math.PI - angleBetween(1, 1, s - 1)) / theta - 1)).toBeLessThan(1e-9);
  }
  expect(largestCovariance(0.1, 0.1)).toBe(0.1);
  expect(besideCovariance(4, 9, 0)).toBeCloseTo(6, 14);
});

test('sin x - x cos x has all digits where it is x³/3', () => {
  for (const x of [1e-8, 1e-3, 0.1]) {
    const series = (x ** 3 / 3) * (1 - x ** 2 / 10 + x ** 4 / 280 - x ** 6 / 15120);
    expect(Math.abs(sineExcess(x) / series - 1)).toBeLessThan(1e-14);
  }
  expect(sineExcess(Math.PI)).toBeCloseTo(Math.PI, 14);
  // It grows by 3 · 2e-14 / 0.5 of itself between the two, on either side of the change of formula.
  expect(Math.abs(sineExcess(0.5 - 1e-14) / sineExcess(0.5 + 1e-14) - 1)).toBeLessThan(3e-13);
});
