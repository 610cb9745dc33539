import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sigmoid, softplus } from './logistic.ts';

/** mpmath with 40 digits; test/golden/special.py. */
const golden: { softplus: [x: number, value: number][] } = JSON.parse(
  readFileSync(new URL('../../test/golden/special.json', import.meta.url), 'utf8'),
);

test('softplus has a relative error of 1e-15 at most from -700 to 700', () => {
  for (const [x, expected] of golden.softplus) {
    expect(Math.abs(softplus(x) - expected), `x = ${x}`).toBeLessThanOrEqual(1e-15 * expected);
  }
});

test('softplus and sigmoid take their limits without overflow', () => {
  expect([softplus(-1e300), softplus(1e300)]).toEqual([0, 1e300]);
  expect([sigmoid(-1e300), sigmoid(0), sigmoid(1e300)]).toEqual([0, 0.5, 1]);
});

test('sigmoid keeps its relative accuracy in the left tail', () => {
  for (const x of [-700, -100, -40]) {
    // 1 / (1 + exp(-x)) is exp(x) there to one part in exp(40).
    expect(Math.abs(sigmoid(x) / Math.exp(x) - 1)).toBeLessThan(1e-15);
  }
});

test('sigmoid is tanh in other units', () => {
  for (let x = -30; x <= 30; x += 0.37) {
    expect(sigmoid(x)).toBeCloseTo(0.5 + 0.5 * Math.tanh(x / 2), 15);
  }
});
