import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatCount, formatNumber, formatRange, formatShape, formatShare } from './number.ts';

test('numbers have four significant digits, no idle zeros and words for what is not finite', () => {
  const values = [
    0, -0, 1, 784, 999999, 1e6, 0.050507627, 1.5, 12345.6, 9999.4, 9999.6, 123456.7, 3.1e-12,
  ];
  expect(values.map(formatNumber)).toEqual([
    '0',
    '0',
    '1',
    '784',
    '999999',
    '1e6',
    '0.05051',
    '1.5',
    '1.235e4',
    '9999',
    '1e4',
    '1.235e5',
    '3.1e-12',
  ]);
  expect([null, NaN, Infinity, -Infinity].map(formatNumber)).toEqual(['–', 'NaN', 'inf', '-inf']);
});

test('a formatted number reads back within half a unit of its fourth digit', () => {
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }),
      (x) => {
        // Below the smallest normal number a double has fewer than four digits of its own.
        fc.pre(x === 0 || Math.abs(x) > 1e-300);
        const back = Number(formatNumber(x));
        // 5e-4 is half a unit of the fourth digit of a mantissa of 1; 1e-12 covers reading it back.
        expect(Math.abs(back - x)).toBeLessThanOrEqual(Math.abs(x) * (5e-4 + 1e-12));
      },
    ),
  );
});

test('a share is 0% or 100% only if it is exactly that', () => {
  const shares = [0, 1e-9, 0.001, 0.0251, 0.5, 0.996, 0.9999999, 1, null];
  expect(shares.map(formatShare)).toEqual([
    '0%',
    '<0.1%',
    '0.1%',
    '2.5%',
    '50%',
    '>99%',
    '>99%',
    '100%',
    '–',
  ]);
});

test('counts, ranges and shapes are words a person reads', () => {
  expect([812, 25600, 999_999, 25_557_032, 7e9].map(formatCount)).toEqual([
    '812',
    '25.6 thousand',
    '1 million',
    '25.6 million',
    '7 billion',
  ]);
  expect(formatRange([null, null])).toBe('–');
  expect(formatRange([0.5, 0.5])).toBe('0.5');
  expect(formatRange([64, null, 2048])).toBe('64…2048');
  expect([[], [64, 3, 3, 3]].map(formatShape)).toEqual(['scalar', '64×3×3×3']);
});
