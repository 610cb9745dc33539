import { expect, test } from 'vitest';
import { gaussLegendre } from './gauss-legendre.ts';

test('the rules of one, two and three points are the ones in closed form', () => {
  expect(gaussLegendre(1).nodes).toEqual(Float64Array.of(0));
  expect(gaussLegendre(1).weights).toEqual(Float64Array.of(2));
  expect(gaussLegendre(2).nodes[1]).toBeCloseTo(Math.sqrt(1 / 3), 15);
  expect(gaussLegendre(2).weights[1]).toBeCloseTo(1, 15);
  expect(gaussLegendre(3).nodes[1]).toBe(0);
  expect(gaussLegendre(3).nodes[2]).toBeCloseTo(Math.sqrt(3 / 5), 15);
  expect(gaussLegendre(3).weights[1]).toBeCloseTo(8 / 9, 15);
  expect(gaussLegendre(3).weights[2]).toBeCloseTo(5 / 9, 15);
});

test.each([1, 2, 3, 8, 16, 61, 200])(
  'the rule of %i points is exact up to degree 2n - 1 and not beyond',
  (n) => {
    const { nodes, weights } = gaussLegendre(n);
    const integral = (degree: number): number =>
      nodes.reduce((sum, x, i) => sum + weights[i] * x ** degree, 0);
    for (let degree = 0; degree < 2 * n; degree++) {
      const expected = degree % 2 === 0 ? 2 / (degree + 1) : 0;
      // A node off by one rounding changes its power by degree · 1e-16; the weights sum to 2.
      expect(Math.abs(integral(degree) - expected)).toBeLessThan(2e-16 * (20 + degree));
    }
    // At degree 2n the error is that of the monic Legendre polynomial; visible for small n.
    if (n <= 8) expect(Math.abs(integral(2 * n) - 2 / (2 * n + 1))).toBeGreaterThan(1e-5);
  },
);

test('the nodes ascend, lie inside and mirror each other, and the weights are positive', () => {
  for (const n of [2, 5, 64, 1001]) {
    const { nodes, weights } = gaussLegendre(n);
    expect(nodes.every((x, i) => Math.abs(x) < 1 && (i === 0 || x > nodes[i - 1]))).toBe(true);
    expect(nodes.every((x, i) => x === 0 - nodes[n - 1 - i])).toBe(true);
    expect(weights.every((w, i) => w > 0 && w === weights[n - 1 - i])).toBe(true);
  }
});

test('a number of points that makes no rule is refused', () => {
  expect(() => gaussLegendre(0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: gaussLegendre: n must be a whole number from 1 on, got 0]`,
  );
  expect(() => gaussLegendre(2.5)).toThrow(RangeError);
});
