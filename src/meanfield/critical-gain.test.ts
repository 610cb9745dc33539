import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { activation, activations, secondMoment, type Activation } from '../activation/index.ts';
import { chi1, criticalGain } from './index.ts';

/** numpy; test/golden/critical_gain.py. */
const golden: {
  critical: [depth: number, gain: number, q: number][];
  signal: [layer: number, ratio: number][];
} = JSON.parse(
  readFileSync(new URL('../../test/golden/critical_gain.json', import.meta.url), 'utf8'),
);

const CRITICAL = ['tanh', 'erf', 'arctan', 'softsign', 'hard_tanh', 'sin'];

test('chi1 is 1 for homogeneous activations and at least 1 where the mean is zero', () => {
  // q E f'² = Σ k aₖ² and E f² = Σ aₖ² in Hermite coefficients, and a₀ = 0 is the mean.
  for (const record of activations) {
    for (const q of [1e-3, 0.1, 1, 10]) {
      const factor = chi1(record, q);
      if (record.homogeneous) expect(factor).toBeCloseTo(1, 13);
      else if (record.odd) expect(factor).toBeGreaterThan(1 - 1e-14);
    }
  }
  // 1.1778072323 and 0.152827 by two independent quadratures in float64.
  expect(chi1('tanh', 1)).toBeCloseTo(1.1778072323, 10);
  expect(chi1('sigmoid', 1)).toBeCloseTo(0.152827, 6);
});

test('the critical gain of tanh is that of an independent quadrature', () => {
  for (const [depth, gain, q] of golden.critical) {
    const found = criticalGain('tanh', depth);
    expect(Math.abs(found.gain / gain - 1)).toBeLessThan(1e-10);
    expect(Math.abs(found.q / q - 1)).toBeLessThan(1e-9);
  }
});

test('50 tanh layers of width 128 at the critical gain keep their signal to a few percent', () => {
  const [, gain] = golden.critical.find(([depth]) => depth === 50) ?? [];
  expect(criticalGain('tanh', 50).gain).toBeCloseTo(gain ?? Number.NaN, 10);
  for (const [, ratio] of golden.signal) expect(Math.abs(ratio - 1)).toBeLessThan(0.05);
});

test.each(CRITICAL)('%s: gradients change by 1.2 at most over the depth, and just so', (name) => {
  let before = Infinity;
  for (const depth of [1, 2, 10, 100, 1000, 10_000, 1e9]) {
    const { q, chi1: factor, gain } = criticalGain(name, depth);
    const change = depth * Math.log(factor);
    expect(factor).toBe(chi1(name, q));
    expect(gain).toBe(Math.sqrt(q / secondMoment(activation(name), q)));
    // ln q is solved to 1e-10; at depth 1e9 the 1e-16 of rounding in χ₁ grows to 1e-7.
    if (q < 1) expect(Math.abs(change - Math.log(1.2))).toBeLessThan(1e-9 + depth * 1e-15);
    else expect(change).toBeLessThanOrEqual(Math.log(1.2));
    expect(q).toBeLessThanOrEqual(before);
    before = q;
  }
});

test.each(CRITICAL)('%s: no larger signal would do, as chi1 grows with q', (name) => {
  let before = 1;
  for (let logQ = -7; logQ <= 0; logQ += 0.05) {
    const factor = chi1(name, Math.exp(logQ));
    // hard_tanh clips so rarely below q = 0.02 that its χ₁ is 1 to the last digit.
    expect(factor - before).toBeGreaterThan(-4e-15);
    before = factor;
  }
});

test('the gain tends to one over the slope at 0 with depth', () => {
  for (const name of CRITICAL) {
    const limit = 1 / activation(name).df(0);
    expect(criticalGain(name, 1e9).gain).toBeCloseTo(limit, 4);
    expect(criticalGain(name, 10).gain).toBeGreaterThan(limit);
  }
  expect(criticalGain('linear', 50)).toEqual({ gain: 1, q: 1, chi1: 1 });
});

test.each(CRITICAL)('%s: q is a stable fixed point of the variance map at every depth', (name) => {
  const record = activation(name);
  for (const depth of [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000]) {
    const { gain, q } = criticalGain(record, depth);
    const map = (x: number): number => gain * gain * secondMoment(record, x);
    expect(Math.abs(map(q) / q - 1)).toBeLessThan(1e-12);
    const h = 1e-3 * q;
    const slope = (map(q + h) - map(q - h)) / (2 * h);
    expect(slope).toBeGreaterThan(0);
    expect(slope).toBeLessThan(1);
    // From twice and from half the value the map moves towards it and does not jump over.
    expect(map(2 * q)).toBeLessThan(2 * q);
    expect(map(2 * q)).toBeGreaterThan(q);
    expect(map(0.5 * q)).toBeGreaterThan(0.5 * q * (1 - 1e-14));
    expect(map(0.5 * q)).toBeLessThan(q);
  }
});

test('the critical gain is refused where there is none', () => {
  expect(() => criticalGain('relu', 10)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: criticalGain: activation must be odd with a slope at 0, such as tanh, got relu]`,
  );
  expect(() => criticalGain('tanh', 0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: criticalGain: depth must be a whole number from 1 to 1e9, got 0]`,
  );
  expect(() => criticalGain('tanh', 2.5)).toThrow(RangeError);
  const cubic: Activation = {
    ...activation('tanh'),
    name: 'cubic',
    f: (x) => x ** 3,
    df: (x) => 3 * x * x,
  };
  expect(() => criticalGain(cubic, 10)).toThrow(RangeError);
});
