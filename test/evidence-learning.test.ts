import { expect, test } from 'vitest';
import { saxeOptimalRate, saxeTime } from '../src/meanfield/index.ts';
import { solveLinear } from '../src/numeric/index.ts';
import { fillUniform, key } from '../src/random/index.ts';
import { decoupledWeights, openDeepLinear, strengths } from '../evidence/deep-linear.ts';
import { bestPower, collapseSpread, stepsUntil } from '../evidence/learning-steps.ts';
import {
  crossing,
  exactTime,
  fastestOf,
  gridRate,
  modeError,
  slopeOf,
  strengthAfter,
} from '../evidence/linear-formulas.ts';
import { secondMoments, whitened, type Modes } from '../evidence/second-moments.ts';
import { bestFactors, depthAt, shareRight } from '../evidence/trainable-depth.ts';

test('the exact time of a single mode is the time to the strength that leaves its share of the error', () => {
  for (const layers of [3, 5, 100]) {
    const [s, u0, share] = [0.8, 0.01, 0.1];
    const uf = s - Math.sqrt(share) * (s - u0);
    expect(exactTime(layers, [s], u0, share)).toBeCloseTo(saxeTime({ layers, s, u0, uf }), 8);
  }
});

test('gradient descent on a mode takes the exact time as the learning rate goes to 0, with an error in proportion to it', () => {
  const [layers, s, u0, uf] = [6, 1, 0.1, 0.9];
  const time = saxeTime({ layers, s, u0, uf });
  const off = [0.02, 0.01].map((part) => {
    const rate = part * saxeOptimalRate({ layers, s });
    return strengthAfter({ layers, s, u0, rate }, Math.round(time / rate)) - uf;
  });
  expect(Math.abs(off[0])).toBeLessThan(0.02);
  // Rounding of the number of steps moves u by at most half a step, 0.01 · u' / λ₁ · ½ < 1e-3.
  expect(Math.abs(off[1])).toBeLessThan(Math.abs(off[0]) / 2 + 1e-3);
});

const modes: Modes = {
  inputs: 3,
  classes: 2,
  s: [1, 0.5],
  left: [Float64Array.of(0, 1), Float64Array.of(1, 0)],
  right: [Float64Array.of(0.6, 0.8, 0), Float64Array.of(0, 0, 1)],
  moments: {
    inputs: 3,
    classes: 2,
    sigma11: Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
    // Σ s u vᵀ.
    sigma31: Float64Array.of(0, 0, 0.5, 0.6, 0.8, 0),
    size: 2,
  },
};

test('decoupled weights start every mode at u0, and the network follows gradient descent on each alone', async () => {
  const [layers, u0, steps] = [7, 0.05, 60];
  const rate = 0.5 * saxeOptimalRate({ layers, s: 1 });
  const net = await openDeepLinear(layers, 6, modes.moments);
  const start = decoupledWeights(net.shapes, u0, modes, key(3));
  // Weights are float32: seven layers of ten sums each.
  for (const u of strengths(net.shapes, start, modes)) expect(u).toBeCloseTo(u0, 6);
  const { weights, losses } = await net.descend(start, rate, steps);
  await net.close();
  const found = strengths(net.shapes, weights, modes);
  const alone = modes.s.map((s) => strengthAfter({ layers, s, u0, rate }, steps));
  expect(alone[0]).toBeGreaterThan(0.5);
  // 60 steps, each rounded to 2^-24 in every layer, along a path on which an error grows at most to u/u0 = 20 of it.
  found.forEach((u, i) => expect(Math.abs(u - alone[i])).toBeLessThan(20 * 60 * 7 * 2 ** -24));
  // What no linear map can learn stays: ½ (2 - 1² - 0.5²).
  const first = modeError(modes.s, [u0, u0]) + 0.5 * (2 - 1.25);
  expect(losses[0]).toBeCloseTo(first, 5);
});

test('the modes of whitened inputs are orthonormal, make Σ31, and explain what least squares explains', async () => {
  const [count, pixels, classes] = [300, 16, 10];
  const uniform = new Float64Array(count * pixels);
  fillUniform(key(1), uniform, 0, 1);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % classes);
  // Pixels say something of the class.
  const data = Uint8Array.from(
    uniform,
    (value, i) => 200 * value + 5 * (Math.floor(i / pixels) % 10),
  );
  const moments = await secondMoments(
    {
      name: 'noise',
      split: 'train',
      classes: Array.from({ length: classes }, (_, i) => `${i}`),
      images: { dtype: 'uint8', shape: [count, 1, 4, 4], data },
      labels,
    },
    count,
  );
  const found = whitened(moments, pixels);
  expect(found.s[0]).toBe(1);
  // Tr(Σ31 Σ11⁻¹ Σ31ᵀ) is the size of what least squares explains of targets of size 1.
  let explained = 0;
  for (let c = 0; c < classes; c++) {
    const row = moments.sigma31.slice(c * pixels, (c + 1) * pixels);
    const solved = solveLinear(moments.sigma11, row);
    explained += row.reduce((sum, value, i) => sum + value * solved[i], 0);
  }
  const squares = found.s.reduce((sum, value) => sum + value * value, 0);
  expect(squares / found.moments.size).toBeCloseTo(explained, 8);
  const made = new Float64Array(found.moments.sigma31.length);
  found.left.forEach((u, mode) => {
    for (let c = 0; c < found.classes; c++) {
      for (let k = 0; k < found.inputs; k++) {
        made[c * found.inputs + k] += found.s[mode] * u[c] * found.right[mode][k];
      }
    }
    for (const [other, v] of found.right.entries()) {
      const product = v.reduce((sum, value, k) => sum + value * found.right[mode][k], 0);
      expect(product).toBeCloseTo(other === mode ? 1 : 0, 8);
    }
  });
  made.forEach((value, i) => expect(value).toBeCloseTo(found.moments.sigma31[i], 8));
});

test('a power law has its exponent as slope, and a falling series crosses a value between its numbers', () => {
  expect(slopeOf([1, 2, 5, 9].map((x) => [x, 3 * x ** -0.7]))).toBeCloseTo(-0.7, 12);
  expect(crossing([4, 3, 1, 0], 2)).toBe(1.5);
  expect(crossing([4, 3], 5)).toBe(0);
  expect(crossing([4, Number.NaN], 2)).toBeNull();
  expect(gridRate(5, 19)).toBeCloseTo(0.005, 15);
});

test('the search of rates finds the fewest steps from any start, and says nothing where nothing learns', async () => {
  const steps = (index: number): number | null => (index < 6 ? null : 10 * (index - 5));
  for (const start of [2, 6, 9]) {
    const found = await fastestOf(
      async (index, most) => {
        const taken = steps(index);
        return taken !== null && taken <= most ? taken : null;
      },
      start,
      100,
    );
    expect(found).toMatchObject({ index: 6, steps: 10 });
  }
  expect(await fastestOf(async () => null, 3, 100, 2)).toBeNull();
});

test('the depth at which accuracy falls lies between measured ones on a scale of logarithms', () => {
  const depths = [10, 20, 40];
  expect(depthAt({ depths, accuracy: [0.8, 0.5, 0.1] }, 0.3)).toBeCloseTo(20 * Math.SQRT2, 12);
  expect(depthAt({ depths, accuracy: [0.8, 0.5, 0.4] }, 0.3)).toBeNull();
  expect(depthAt({ depths, accuracy: [0.2, 0.1, 0.1] }, 0.3)).toBeNull();
  expect(depthAt({ depths, accuracy: [0.8, 0.5, Number.NaN] }, 0.3)).toBeNull();
});

test('the factors that sort networks best are those between the deepest trained and the shallowest that is not', () => {
  const cells = [
    { depth: 10, limit: 5, isTrained: true },
    { depth: 40, limit: 10, isTrained: true },
    { depth: 50, limit: 10, isTrained: false },
    { depth: 80, limit: Infinity, isTrained: true },
  ];
  expect(shareRight(cells, 4.5)).toBe(1);
  expect(shareRight(cells, 6)).toBe(0.75);
  const [low, high] = bestFactors(cells, 1, 16, 401);
  // The grid has steps of 16^(1/400), 0.7 %.
  expect(low).toBeGreaterThanOrEqual(4);
  expect(low).toBeLessThan(4 * 1.007);
  expect(high).toBeLessThan(5);
  expect(high).toBeGreaterThan(5 / 1.007);
});

test('learning is timed at the middle of the first batches that are right often enough', () => {
  expect(stepsUntil([0, 0, 0.2, 0.3, 0.3, 0.3], 0.25, 2)).toBe(2.5);
  expect(stepsUntil([0.25, 0.25, 0.25], 0.25, 3)).toBe(1);
  expect(stepsUntil([0, 0.5, 0, 0.4], 0.3, 3)).toBe(2);
  expect(stepsUntil([0.9, 0], 0.3, 3)).toBeNull();
});

test('curves that are one in units of depth have no spread there and their power is found', () => {
  const times = [10, 100].flatMap((depth) =>
    [1, 2].map((scaledRate) => ({ depth, scaledRate, steps: depth ** 0.5 / scaledRate })),
  );
  expect(collapseSpread(times, 0.5)).toBeCloseTo(0, 12);
  expect(bestPower(times)).toBe(0.5);
  // ln 10^½ apart, half of it on both sides of the mean.
  expect(collapseSpread(times, 0)).toBeCloseTo(0.25 * Math.log(10), 12);
  expect(bestPower(times.slice(0, 2).concat({ depth: 1, scaledRate: 9, steps: 1 }))).toBeNull();
});
