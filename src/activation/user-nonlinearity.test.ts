import { expect, test } from 'vitest';
import {
  activations,
  activationText,
  derivativeSecondMoment,
  nonlinearity,
  secondMoment,
} from './index.ts';

test.each(activations.map((record) => [activationText(record), record] as const))(
  '%s: the function alone tells its kinks, jumps, symmetry and derivative',
  (_, record) => {
    const found = nonlinearity({ name: 'mine', f: record.f });
    expect(found.breakpoints.length).toBe(record.breakpoints.length);
    for (const [i, at] of record.breakpoints.entries()) {
      expect(Math.abs(found.breakpoints[i] - at)).toBeLessThan(1e-10);
    }
    expect(found.jumps).toEqual(record.jumps);
    expect([found.odd, found.homogeneous]).toEqual([record.odd, record.homogeneous]);
    for (let x = -20.03; x < 20; x += 0.0317) {
      if (record.breakpoints.some((at) => Math.abs(at - x) < 1e-9)) continue;
      // Slopes of these are up to 1; rounding and the eighth-order formula leave 1e-11 at steps of 1/256.
      expect(Math.abs(found.df(x) - record.df(x)), `x = ${x}`).toBeLessThan(1e-11);
    }
    for (const q of [0.1, 1, 9]) {
      expect(Math.abs(secondMoment(found, q) / secondMoment(record, q) - 1)).toBeLessThan(1e-10);
    }
  },
);

test('kinks and jumps at places of no special meaning are found', () => {
  const kink = nonlinearity({ name: 'kink', f: (x) => Math.max(x - 1 / 3, 0) });
  expect(Math.abs(kink.breakpoints[0] - 1 / 3)).toBeLessThan(1e-11);
  expect([kink.df(0.3), kink.df(0.4)]).toEqual([0, 1]);
  const step = nonlinearity({ name: 'step', f: (x) => (x > Math.SQRT2 ? 1 + x : 0) });
  // One of the two numbers between which it jumps.
  expect(Math.abs(step.breakpoints[0] - Math.SQRT2)).toBeLessThanOrEqual(Number.EPSILON * 2);
  expect(step.jumps?.[0].height).toBeCloseTo(1 + Math.SQRT2, 9);
  const clipped = nonlinearity({ name: 'clip', f: (x) => Math.min(Math.max(x, -0.1), 0.1) });
  expect(clipped.breakpoints).toEqual([-0.1, 0.1]);
  const stairs = nonlinearity({ name: 'stairs', f: Math.floor });
  expect(stairs.jumps?.length).toBe(255);
  // Rounding noise of a formula that cancels is no kink.
  const naive = (x: number): number => 0.5 * x * (1 + Math.tanh(0.8 * (x + 0.045 * x ** 3)));
  expect(nonlinearity({ name: 'naive', f: naive }).breakpoints).toEqual([]);
});

test('a derivative that is given is used and compared', () => {
  const df = (x: number): number => 1 - Math.tanh(x) ** 2;
  expect(nonlinearity({ name: 'mine', f: Math.tanh, df }).df).toBe(df);
  expect(() =>
    nonlinearity({ name: 'mine', f: Math.tanh, df: (x) => 1 - Math.tanh(x) }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: nonlinearity: df of mine must be the derivative of f, got df(-0.0137) = 1.0136991429466775 where f has the slope 0.999812]`,
  );
});

test('functions that no theory holds for are refused in a sentence', () => {
  const mine = (f: (x: number) => number) => () => nonlinearity({ name: 'mine', f });
  expect(mine(Math.sqrt)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: nonlinearity: f of mine must be finite, got f(-40) = NaN]`,
  );
  expect(mine((x) => 1 / x)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: nonlinearity: f of mine must be finite, got f(0) = Infinity]`,
  );
  expect(mine((x) => Math.exp(x * x))).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: nonlinearity: f of mine must be square-integrable over every Gaussian, got growth like exp(1 x²), for which E f(√q z)² is infinite from q = 0.25 on]`,
  );
  expect(mine((x) => Math.exp(x * x * 0.02))).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: nonlinearity: f of mine must be square-integrable over every Gaussian, got growth like exp(0.02 x²), for which E f(√q z)² is infinite from q = 12 on]`,
  );
  expect(mine((x) => Math.sqrt(Math.abs(x)))).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: nonlinearity: f of mine must have a bounded slope for E f'(√q z)² to be finite, got a cusp near x = -9.54e-7]`,
  );
  expect(mine(Math.tan)).toThrow(/got a pole/);
  let count = 0;
  expect(mine(() => (count += 1))).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: nonlinearity: f of mine must give the same value each time, got two values at x = 0.0137]`,
  );
  const text = (() => 'a') as unknown as (x: number) => number;
  expect(mine(text)).toThrowErrorMatchingInlineSnapshot(
    `[TypeError: nonlinearity: f of mine must return a number, got string at x = -40]`,
  );
  expect(mine((x) => Math.sin(1e6 * x))).toThrow(/rough/);
});

test.each([
  // By mpmath, 30 digits: E φ'² of exp(-a (x - m)²) for a, m and q.
  [1e4, 1, 0.1, 1.0689603528511953],
  [1e4, 1, 1, 30.326532961940174],
  [1e4, 1, 10, 15.040207033238694],
  [50, 4, 1, 0.001322510374558112],
  [100, 3, 2, 0.3750866313968447],
] as const)(
  'a bump that is narrow and far from 0 is neither flat nor stepped over: a = %d at %d, q = %d',
  (a, m, q, slope) => {
    const bump = nonlinearity({ name: 'bump', f: (x) => Math.exp(-a * (x - m) ** 2) });
    expect([bump.homogeneous, bump.odd]).toEqual([false, false]);
    // E exp(-2a (√q z - m)²) in closed form.
    const second = Math.exp((-2 * a * m * m) / (1 + 4 * a * q)) / Math.sqrt(1 + 4 * a * q);
    expect(Math.abs(secondMoment(bump, q) / second - 1)).toBeLessThan(1e-12);
    expect(Math.abs(derivativeSecondMoment(bump, q) / slope - 1)).toBeLessThan(1e-9);
  },
);

test('what oscillates has its slope far out as well', () => {
  const functions = [
    [(x: number) => x + Math.sin(5 * x) ** 2 / 5, (x: number) => 1 + Math.sin(10 * x)],
    [(x: number) => Math.sin(3 * x), (x: number) => 3 * Math.cos(3 * x)],
    [(x: number) => Math.sin(x / 20), (x: number) => Math.cos(x / 20) / 20],
  ] as const;
  for (const [f, slope] of functions) {
    const { df } = nonlinearity({ name: 'wave', f });
    for (const x of [-2000.3, -300.1, 0.3, 90.3, 127.9, 128.5, 131.1, 777.7, 9000.1]) {
      // Arguments are rounded to 1e-12, over steps of 1/32.
      expect(Math.abs(df(x) - slope(x))).toBeLessThan(1e-8);
    }
  }
});
