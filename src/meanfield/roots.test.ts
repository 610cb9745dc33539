import { expect, test } from 'vitest';
import { maxima, minima, roots, scan } from './roots.ts';

test('every root between the ends is found, also two inside one step and one that is only touched', () => {
  const wave = scan(Math.sin, 0.5, 20, 1);
  expect(roots(wave, 0, 1e-12).map((x) => Math.round(x / Math.PI))).toEqual([1, 2, 3, 4, 5, 6]);
  const close = scan((x) => (x - 1.4) * (x - 1.45), 0, 4, 1);
  const found = roots(close, 0, 1e-12);
  expect(found).toHaveLength(2);
  expect(found[0]).toBeCloseTo(1.4, 12);
  expect(found[1]).toBeCloseTo(1.45, 12);
  const touching = roots(
    scan((x) => (x - 1.37) ** 2 * (x - 3.1), 0, 4, 0.5),
    0,
    1e-12,
  );
  expect(touching).toHaveLength(2);
  expect(touching[0]).toBeCloseTo(1.37, 6);
  expect(touching[1]).toBeCloseTo(3.1, 12);
  expect(
    roots(
      scan((x) => x * x + 1, -1, 1, 0.3),
      0,
      1e-12,
    ),
  ).toEqual([]);
});

test('extrema inside the grid are refined, and values that are no numbers are left out', () => {
  const scanned = scan((x) => (x > 9 ? Number.NaN : Math.cos(x)), 0.1, 12, 0.5);
  expect(minima(scanned)[0].x).toBeCloseTo(Math.PI, 7);
  expect(maxima(scanned)[0].x).toBeCloseTo(2 * Math.PI, 7);
  expect(Math.max(...scanned.x)).toBeLessThanOrEqual(9);
});
