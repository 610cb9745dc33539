import { expect, test } from 'vitest';
import {
  saxeOptimalRate,
  saxeSteps,
  saxeTime,
  saxeTrajectory,
  saxeUnequalTime,
  saxeUnequalTrajectory,
} from './index.ts';

const START = { s: 1, u0: 0.001 };

// "c" in the golden values of the theory: computed twice by independent quadrature, 10 digits.
test.each([
  [3, 6.906754779],
  [4, 11.54414464],
  [10, 31.7592617],
  [100, 9.090716661],
  [1000, 1.002006006],
  [Infinity, 1012.8125086],
])('the learning time with %d layers is the reference value', (layers, want) => {
  expect(saxeTime({ ...START, uf: 0.999, layers }) / want).toBeCloseTo(1, 8);
});

/** Runge and Kutta's method of fourth order for `dx/dt = f(x)`. */
function integrate(f: (x: number[]) => number[], x0: number[], t: number, steps: number): number[] {
  const h = t / steps;
  const along = (x: number[], k: number[], share: number): number[] =>
    x.map((value, i) => value + share * h * k[i]);
  let x = x0;
  for (let step = 0; step < steps; step++) {
    const k1 = f(x);
    const k2 = f(along(x, k1, 0.5));
    const k3 = f(along(x, k2, 0.5));
    const k4 = f(along(x, k3, 1));
    x = x.map((value, i) => value + (h / 6) * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]));
  }
  return x;
}

test.each([2, 3, 4, 7, 30])(
  'trajectories with %d layers solve the equation of motion',
  (layers) => {
    const mode = { layers, s: 1.7, u0: 0.2 };
    const times = [0, 0.05, 0.4, 1];
    const u = saxeTrajectory({ ...mode, times });
    const b = 2 - 2 / (layers - 1);
    for (const [i, t] of times.entries()) {
      const [want] = integrate(
        ([x]) => [(layers - 1) * x ** b * (mode.s - x)],
        [mode.u0],
        t,
        20_000,
      );
      // The error of Runge and Kutta's method, 1e-13 at this step, and rounding of 20 000 steps.
      expect(u[i] / want).toBeCloseTo(1, 10);
    }
  },
);

test.each([2, 3, 5, 64, 1000, Infinity])(
  'times and trajectories with %d layers are inverse',
  (layers) => {
    for (const [s, u0] of [
      [1, 1e-3],
      [5, 1e-6],
      [0.3, 0.29],
    ]) {
      for (const share of [1e-6, 0.3, 0.9, 0.999]) {
        const uf = u0 + share * (s - u0);
        const t = saxeTime({ layers, s, u0, uf });
        const [u] = saxeTrajectory({ layers, s, u0, times: [t] });
        // An error ε of t is one of `ε t du/dt` in u, and t is some 1e6 where u0 is small.
        expect(Math.abs(u - uf) / (s - u0)).toBeLessThan(1e-9);
      }
    }
  },
);

test('trajectories start at u0, rise and end at s', () => {
  for (const layers of [2, 3, 6, Infinity]) {
    const times = [0, 1, 10, 100, 1e3, 1e5, Infinity];
    const u = saxeTrajectory({ ...START, layers, times });
    expect(u[0]).toBe(START.u0);
    for (let i = 1; i < u.length; i++) expect(u[i]).toBeGreaterThanOrEqual(u[i - 1]);
    expect(u.at(-1)).toBe(1);
  }
});

test('many layers approach the limit of infinitely many like 1/N', () => {
  const mode = { s: 2, u0: 0.05, uf: 1.9 };
  const limit = saxeTime({ ...mode, layers: Infinity });
  const errors = [1000, 10_000].map((layers) => layers * saxeTime({ ...mode, layers }) - limit);
  expect(errors[0] / errors[1]).toBeGreaterThan(9.5);
  expect(errors[0] / errors[1]).toBeLessThan(10.5);
});

test('learning time at the optimal rate stays finite, and differs by s/u0 between 3 and infinitely many layers', () => {
  const mode = { s: 3, u0: 1e-3, uf: 2.9 };
  const shallow = saxeSteps({ ...mode, layers: 3 });
  const deep = saxeSteps({ ...mode, layers: Infinity });
  expect(shallow).toBeCloseTo(Math.log((2.9 * (3 - 1e-3)) / (1e-3 * (3 - 2.9))), 10);
  expect(deep - shallow).toBeCloseTo(3 / 1e-3 - 3 / 2.9, 8);
  expect(saxeOptimalRate({ layers: 3, s: 3 })).toBeCloseTo(1 / 6, 15);
  expect(saxeOptimalRate({ layers: 1e6, s: 3 }) * 1e6 * 9).toBeCloseTo(1, 5);
  expect(saxeOptimalRate({ layers: Infinity, s: 3 })).toBe(0);
});

test.each([
  [0.1, 0.2],
  [0.3, 0.01],
  [-0.1, 0.3],
  [0, 0.2],
  [-0.3, -0.1],
  [0.2, 0.2],
  [1e-4, -2],
])('layers of unequal strength %f and %f solve the equations of motion', (a0, b0) => {
  const s = 1.3;
  for (const t of [0.1, 2]) {
    const motion = ([a, b]: number[]): number[] => [b * (s - a * b), a * (s - a * b)];
    const [a, b] = integrate(motion, [a0, b0], t, 20_000);
    const [found] = saxeUnequalTrajectory({ s, a0, b0, times: [t] });
    expect(Math.abs(found.a - a)).toBeLessThan(1e-11);
    expect(Math.abs(found.b - b)).toBeLessThan(1e-11);
    expect(saxeUnequalTime({ s, a0, b0, uf: found.u })).toBeCloseTo(t, 9);
  }
});

test('layers of equal strength are the case of one hidden layer', () => {
  const unequal = saxeUnequalTime({ s: 2, a0: 0.1, b0: 0.1, uf: 1.5 });
  expect(unequal).toBeCloseTo(saxeTime({ layers: 3, s: 2, u0: 0.1 * 0.1, uf: 1.5 }), 12);
});

test('modes that do not learn are refused with the reason', () => {
  const time = (change: object) => () =>
    saxeTime({ layers: 3, s: 1, u0: 0.001, uf: 0.999, ...change });
  expect(time({ layers: 1 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: saxeTime: layers must be a whole number from 2 on, input and output counted, or Infinity, got 1]`,
  );
  expect(time({ layers: 3.5 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: saxeTime: layers must be a whole number from 2 on, input and output counted, or Infinity, got 3.5]`,
  );
  expect(time({ s: 0 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: saxeTime: s must be positive and finite, got 0]`,
  );
  expect(time({ u0: 0 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: saxeTime: u0 must lie between 0 and s = 1, got 0; a mode that starts at 0 is at a saddle and never learns]`,
  );
  expect(time({ u0: 2 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: saxeTime: u0 must lie between 0 and s = 1, got 2]`,
  );
  expect(time({ uf: 1 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: saxeTime: uf must lie between u0 = 0.001 and s = 1, got 1; a mode comes close to s but never reaches it]`,
  );
  expect(time({ uf: 1e-4 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: saxeTime: uf must lie between u0 = 0.001 and s = 1, got 0.0001]`,
  );
  expect(() =>
    saxeTrajectory({ layers: 3, s: 1, u0: 0.1, times: [-1] }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: saxeTrajectory: times must be numbers from 0 on, got -1]`,
  );
  expect(() =>
    saxeUnequalTime({ s: 1, a0: 0.1, b0: -0.1, uf: 0.5 }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: saxeUnequalTime: a0 and b0 must not be of the same size and 0 or of opposite signs, got 0.1 and -0.1; such a mode ends at the saddle a = b = 0 and never learns]`,
  );
  expect(() => saxeUnequalTime({ s: 1, a0: 2, b0: 1, uf: 0.5 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: saxeUnequalTime: a0 b0 must be less than s = 1, got 2 · 1]`,
  );
  expect(() =>
    saxeUnequalTime({ s: 1, a0: 0.1, b0: 0.2, uf: 1 }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: saxeUnequalTime: uf must lie between a0 b0 = 0.020000000000000004 and s = 1, got 1]`,
  );
});
