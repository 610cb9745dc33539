import { expect, test } from 'vitest';
import { addLn2, cosSmall, exactExp, exactLn, exactPow2, lnNearOne, sinSmall } from './exact.ts';

// mpmath 1.3, 200 bits: float(mp.log(x)).
const logs = [
  [0.625, -0.4700036292457356],
  [1e-300, -690.7755278982137],
  [5e-324, -744.4400719213812],
  [3, 1.0986122886681098],
  [1.1, 0.09531017980432493],
  [1.7976931348623157e308, 709.782712893384],
  [2 ** -33, -22.873856958478196],
] as const;

// mpmath 1.3, 200 bits: float(mp.exp(x)).
const exps = [
  [-700, 9.85967654375977e-305],
  [-1, 0.36787944117144233],
  [0.3, 1.3498588075760032],
  [2, 7.38905609893065],
  [10, 22026.465794806718],
  [709.7, 1.6549840276802644e308],
] as const;

test('logarithm and exponential are within two units in the last place of 200-bit values', () => {
  for (const [x, ln] of logs) {
    expect(Math.abs(exactLn(x) - ln)).toBeLessThanOrEqual(2 * 2 ** -52 * Math.abs(ln));
  }
  for (const [x, exp] of exps) {
    expect(Math.abs(exactExp(x) - exp)).toBeLessThanOrEqual(2 * 2 ** -52 * exp);
  }
});

test('the kernels agree with those of the engine to a few units in the last place', () => {
  for (let i = 1; i < 20000; i++) {
    const x = (Math.PI / 4) * (i / 10000 - 1);
    expect(Math.abs(sinSmall(x) - Math.sin(x))).toBeLessThanOrEqual(2 * 2 ** -52 * Math.abs(x));
    expect(Math.abs(cosSmall(x) - Math.cos(x))).toBeLessThanOrEqual(2 * 2 ** -52);
    const y = i * 1.7 ** ((i % 900) - 450);
    const ln = Math.log(y);
    expect(Math.abs(exactLn(y) - ln)).toBeLessThanOrEqual(4 * 2 ** -52 * Math.abs(ln));
  }
});

test('the ends of the domain are those of Math.log and Math.exp', () => {
  expect([0, -1, Infinity, NaN, 1].map(exactLn)).toEqual([-Infinity, NaN, Infinity, NaN, 0]);
  expect([-Infinity, Infinity, NaN, 0, 710].map(exactExp)).toEqual([0, Infinity, NaN, 1, Infinity]);
});

test('the logarithm is the sum of its parts', () => {
  expect(exactLn(1.25 * 2 ** -20)).toBe(addLn2(-20, lnNearOne(1.25)));
  expect(exactLn(1.5)).toBe(addLn2(1, lnNearOne(0.75)));
  for (let k = -1022; k <= 1023; k++) expect(exactPow2(k)).toBe(2 ** k);
});
