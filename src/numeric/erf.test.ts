import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { erf, erfc, erfcx } from './erf.ts';

type Table = readonly (readonly [x: number, value: number])[];

/** mpmath with 40 digits; test/golden/special.py. */
const golden: Record<'erf' | 'erfc' | 'erfcx', Table> = JSON.parse(
  readFileSync(new URL('../../test/golden/special.json', import.meta.url), 'utf8'),
);

test.each([
  ['erf', erf],
  ['erfc', erfc],
  ['erfcx', erfcx],
] as const)('%s has a relative error of 1e-15 at most, in its tails too', (name, f) => {
  for (const [x, expected] of golden[name]) {
    expect(Math.abs(f(x) - expected), `x = ${x}`).toBeLessThanOrEqual(1e-15 * Math.abs(expected));
  }
});

test('the error functions take their limits without overflow', () => {
  expect([erf(0), erf(Infinity), erf(-Infinity)]).toEqual([0, 1, -1]);
  expect([erfc(0), erfc(Infinity), erfc(-Infinity), erfc(4e18), erfc(1e300)]).toEqual([
    1, 0, 2, 0, 0,
  ]);
  expect([erfcx(Infinity), erfcx(-30)]).toEqual([0, Infinity]);
  expect([erf(Number.NaN), erfc(Number.NaN), erfcx(Number.NaN)]).toEqual([
    Number.NaN,
    Number.NaN,
    Number.NaN,
  ]);
});

test('erf and erfc add up to 1 on both sides of the point where their formulas change', () => {
  for (let x = -3; x <= 3; x += 1 / 64) expect(erf(x) + erfc(x)).toBeCloseTo(1, 15);
});
