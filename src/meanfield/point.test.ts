import { expect, test } from 'vitest';
import { activation, activations, activationText, nonlinearity } from '../activation/index.ts';
import { fold, key, plainKernels, type Key } from '../random/index.ts';
import {
  chi1At,
  correlationMap,
  criticalPoints,
  fixedPoint,
  phasePoint,
  varianceMap,
  varianceSlope,
} from './index.ts';
import { kernelOf } from './kernel.ts';

const relativeError = (value: number, expected: number): number => Math.abs(value / expected - 1);
const tanh = activation('tanh');

test('a point of each phase is that of two quadratures', () => {
  // By quadrature, computed twice independently: σw = 1.3 and 2.5, σb = 0.3.
  const ordered = phasePoint(tanh, { sigmaW2: 1.3 ** 2, sigmaB2: 0.09 });
  expect(ordered).toMatchObject({ phase: 'ordered', cStar: 1 });
  expect(relativeError(ordered.qStar, 0.6070467919)).toBeLessThan(1e-8);
  expect(relativeError(ordered.chi1, 0.9398074287)).toBeLessThan(1e-8);
  expect(relativeError(ordered.chiQ, 0.4735158699)).toBeLessThan(1e-8);
  expect(relativeError(ordered.xiQ, 1.33766764)).toBeLessThan(1e-8);
  expect(relativeError(ordered.xiC, 16.10817274)).toBeLessThan(1e-8);
  const chaotic = phasePoint(tanh, { sigmaW2: 6.25, sigmaB2: 0.09 });
  expect(chaotic.phase).toBe('chaotic');
  expect(relativeError(chaotic.qStar, 4.0791238815)).toBeLessThan(1e-8);
  expect(relativeError(chaotic.cStar, 0.1221037464)).toBeLessThan(1e-8);
  expect(relativeError(chaotic.chiC, 0.8222291693)).toBeLessThan(1e-8);
  expect(relativeError(chaotic.xiC, 5.10891888)).toBeLessThan(1e-7);
  // mpmath, 25 digits, quad on panels to ±12: the twice-computed values of these are off in the seventh digit.
  expect(relativeError(chaotic.qStar, 4.079123875282246)).toBeLessThan(1e-13);
  expect(relativeError(chaotic.chi1, 1.585224765006033)).toBeLessThan(1e-13);
  expect(relativeError(chaotic.chiQ, 0.23392204558259114)).toBeLessThan(1e-13);
  expect(relativeError(chaotic.xiQ, 0.6883414572367772)).toBeLessThan(1e-13);
});

test.each([
  // By quadrature, computed twice independently at σb² = 0.05 on a grid of σw² in steps of 1/49.
  [49 / 49, 3.62697562],
  [73 / 49, 15.10661893],
  [85 / 49, 176.60997],
  [91 / 49, 54.39520704],
  [148 / 49, 8.98220217],
])(
  'the depth scale of correlations of tanh at σw² = %d is that of two quadratures',
  (sigmaW2, xiC) => {
    expect(relativeError(phasePoint(tanh, { sigmaW2, sigmaB2: 0.05 }).xiC, xiC)).toBeLessThan(1e-7);
  },
);

test('depth scales grow on both sides of the edge as 1/|χ₁ - 1|, without noise', () => {
  const [{ sigmaW2 }] = criticalPoints(tanh, { sigmaB2: 0.05 });
  for (const distance of [1e-2, 1e-3, 1e-4, 1e-5, 1e-6]) {
    const below = phasePoint(tanh, { sigmaW2: sigmaW2 * (1 - distance), sigmaB2: 0.05 });
    const above = phasePoint(tanh, { sigmaW2: sigmaW2 * (1 + distance), sigmaB2: 0.05 });
    expect([below.phase, above.phase]).toEqual(['ordered', 'chaotic']);
    // C is convex, so that 1 - χ_c = χ₁ - 1 to first order beyond the edge: all four scales are one.
    const scale = 1 / Math.abs(below.chi1 - 1);
    for (const xi of [below.xiC, below.xiGradient, above.xiC, above.xiGradient]) {
      expect(relativeError(xi, scale)).toBeLessThan(6 * distance + 1e-6);
    }
  }
});

const all = activations.map((phi) => [activationText(phi), phi] as const);

test.each(all)(
  '%s: the fixed points of both maps are fixed, stable and what iterating finds',
  (_, phi) => {
    for (const variances of [
      { sigmaW2: 0.8, sigmaB2: 0.2 },
      { sigmaW2: 1.7, sigmaB2: 0.05 },
      { sigmaW2: 3, sigmaB2: 0 },
    ]) {
      let point;
      try {
        point = phasePoint(phi, variances);
      } catch (error) {
        expect(String(error)).toMatch(/grow without bound/);
        let q = 1;
        for (let layer = 0; layer < 3000 && q < 1e6; layer++) q = varianceMap(phi, variances, q);
        expect(q).toBeGreaterThan(30);
        continue;
      }
      const { qStar, cStar, chi1, chiC, chiQ } = point;
      expect(Math.abs(varianceMap(phi, variances, qStar) - qStar)).toBeLessThanOrEqual(
        1e-12 * qStar,
      );
      expect(chi1).toBe(chi1At(phi, variances.sigmaW2, qStar));
      expect(chiQ).toBe(varianceSlope(phi, variances.sigmaW2, qStar));
      expect(Math.abs(chiQ)).toBeLessThanOrEqual(1 + 1e-9);
      expect(chiC).toBeLessThanOrEqual(1 + 1e-8);
      const map = correlationMap(phi, variances, qStar);
      expect(Math.abs(map.at(cStar) - cStar)).toBeLessThan(1e-11);
      if (cStar < 1) expect(Math.abs(map.slope(cStar) - chiC)).toBeLessThan(1e-10);
      if (chiQ > 0.9) continue;
      let q = 1;
      for (let layer = 0; layer < 400; layer++) q = varianceMap(phi, variances, q);
      expect(Math.abs(q - qStar)).toBeLessThan(1e-10 * qStar + 1e-30);
    }
  },
);

test.each(all)('%s: every scale has its numbers, from q = 1e-8 to 1e4', (_, phi) => {
  for (const q of [1e-8, 1e-4, 0.1, 3, 1e4]) {
    expect(varianceMap(phi, { sigmaW2: 1, sigmaB2: 0 }, q)).toBeGreaterThan(0);
    expect(chi1At(phi, 1, q)).toBeGreaterThan(0);
    expect(Number.isFinite(varianceSlope(phi, 1, q))).toBe(true);
    // A plane at 1e4 takes seconds where there is no closed form.
    if (q > 1e3 && phi.derivativeCovariance === undefined) continue;
    const map = correlationMap(phi, { sigmaW2: 1, sigmaB2: 0.1 }, q);
    for (const c of [-1, -0.99, 0, 0.5, 1]) {
      expect(map.at(c)).toBeLessThanOrEqual(1 + 1e-12);
      expect(map.at(c)).toBeGreaterThanOrEqual(-1 - 1e-12);
    }
    expect(map.at(1)).toBe(1);
  }
});

test('the correlation map of ReLU is its closed form, also a hundred layers deep', () => {
  const map = correlationMap(activation('relu'), { sigmaW2: 2, sigmaB2: 0 }, 1);
  for (const [c, value] of [
    // From the closed form, by two people.
    [0, 0.318309886184],
    [0.5, 0.608997781044],
    [0.99, 0.990300255733],
    [-0.5, 0.108997781044],
  ]) {
    // Twelve digits are given.
    expect(relativeError(map.at(c), value)).toBeLessThan(5e-12);
  }
  const expected = new Map([
    [1, 0.318309886184],
    [5, 0.735946350628],
    [20, 0.948428479156],
    [100, 0.996423146684],
  ]);
  let c = 0;
  for (let layer = 1; layer <= 10_000; layer++) {
    c = map.at(c);
    const value = expected.get(layer);
    if (value !== undefined) expect(relativeError(c, value)).toBeLessThan(5e-12);
  }
  // 1 - c → 9π²/(2 l²), with a correction of order ln l / l.
  expect(((1 - c) * 1e8 * 2) / (9 * Math.PI ** 2)).toBeGreaterThan(0.98);
  expect(((1 - c) * 1e8 * 2) / (9 * Math.PI ** 2)).toBeLessThan(1);
});

test('correlations of sampled networks follow the map', () => {
  // A layer of `width` tanh units under two inputs of correlation c: the sample mean of φφ over units has the standard error
  // of its own variance; 4 of them.
  const width = 200_000;
  const variances = { sigmaW2: 2, sigmaB2: 0.1 };
  const q = fixedPoint(tanh, variances);
  const map = correlationMap(tanh, variances, q);
  const stream: Key = fold(key(7), 'units');
  const [z1, z2] = [0, 1].map((i) => {
    const values = new Float64Array(width);
    plainKernels.normal(fold(stream, `input ${i}`), values, 0, 1);
    return values;
  });
  for (const c of [-0.6, 0, 0.4, 0.95]) {
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < width; i++) {
      const u1 = Math.sqrt(q) * z1[i];
      const u2 = Math.sqrt(q) * (c * z1[i] + Math.sqrt(1 - c * c) * z2[i]);
      const product = Math.tanh(u1) * Math.tanh(u2);
      sum += product;
      squares += product * product;
    }
    const mean = sum / width;
    const error = Math.sqrt((squares / width - mean * mean) / width);
    const sampled = (variances.sigmaW2 * mean + variances.sigmaB2) / q;
    expect(Math.abs(sampled - map.at(c))).toBeLessThan((4 * variances.sigmaW2 * error) / q);
  }
});

test('without weights, without biases and at criticality the numbers are their limits', () => {
  expect(phasePoint(tanh, { sigmaW2: 0, sigmaB2: 0.3 })).toMatchObject({
    qStar: 0.3,
    cStar: 1,
    chi1: 0,
    xiC: 0,
    phase: 'ordered',
  });
  expect(phasePoint(tanh, { sigmaW2: 0.5, sigmaB2: 0 })).toMatchObject({
    qStar: 0,
    chi1: 0.5,
    chiQ: 0.5,
  });
  expect(phasePoint(tanh, { sigmaW2: 1, sigmaB2: 0 })).toMatchObject({
    phase: 'critical',
    xiC: Infinity,
  });
  expect(phasePoint(activation('relu'), { sigmaW2: 2, sigmaB2: 0 })).toMatchObject({
    qStar: 1,
    chi1: 1,
    phase: 'critical',
    xiGradient: Infinity,
  });
  expect(phasePoint(tanh, { sigmaW2: 3, sigmaB2: 0 }).cStar).toBe(0);
  const sign = phasePoint(activation('sign'), { sigmaW2: 1, sigmaB2: 0.5 });
  // E φ(u₁) φ(u₂) = 1 - 2θ/π, so that 1 - 2θ/π + ½ = 1.5 cos θ at c*.
  expect(sign).toMatchObject({ qStar: 1.5, chi1: Infinity, phase: 'chaotic', xiGradient: 0 });
  const theta = Math.acos(sign.cStar);
  expect((1 - (2 * theta) / Math.PI + 0.5) / 1.5).toBeCloseTo(sign.cStar, 12);
});

test('what has no fixed point is refused with the nearest that has', () => {
  const at = (name: string, sigmaW2: number, sigmaB2: number) => () =>
    phasePoint(activation(name), { sigmaW2, sigmaB2 });
  expect(at('relu', 2.5, 0.1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: fixedPoint: the variance map of relu must have a fixed point q = sigmaW2 E f(√q z)² + sigmaB2 that signals approach from q = 1, got none for sigmaW2 = 2.5, sigmaB2 = 0.1: they grow without bound; with this sigmaB2 there is one for sigmaW2 < 2]`,
  );
  expect(at('relu', 2, 0.1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: fixedPoint: the variance map of relu must have a fixed point q = sigmaW2 E f(√q z)² + sigmaB2 that signals approach from q = 1, got none for sigmaW2 = 2, sigmaB2 = 0.1: they grow without bound; with this sigmaB2 there is one for sigmaW2 < 2]`,
  );
  expect(at('relu', 2.5, 0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: fixedPoint: the variance map of relu must have a fixed point q = sigmaW2 E f(√q z)² + sigmaB2 that signals approach from q = 1, got none for sigmaW2 = 2.5, sigmaB2 = 0: they grow without bound; with this sigmaB2 there is one for sigmaW2 <= 2]`,
  );
  expect(at('gelu', 2.2, 0.1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: fixedPoint: the variance map of gelu must have a fixed point q = sigmaW2 E f(√q z)² + sigmaB2 that signals approach from q = 1, got none for sigmaW2 = 2.2, sigmaB2 = 0.1: they grow without bound; with this sigmaB2 there is one for sigmaW2 <= 2.11654, at q = 1]`,
  );
  expect(at('selu', 2, 0.1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: fixedPoint: the variance map of selu must have a fixed point q = sigmaW2 E f(√q z)² + sigmaB2 that signals approach from q = 1, got none for sigmaW2 = 2, sigmaB2 = 0.1: they grow without bound; with this sigmaB2 there is one for sigmaW2 < 1.81164]`,
  );
  expect(at('tanh', -1, 0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: phasePoint: sigmaW2 must be a variance, finite and not negative, got -1]`,
  );
  expect(at('tanh', 1, NaN)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: phasePoint: sigmaB2 must be a variance, finite and not negative, got NaN]`,
  );
  const map = correlationMap(tanh, { sigmaW2: 1, sigmaB2: 0 }, 1);
  expect(() => map.at(1.1)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: correlationMap: c must lie in [-1, 1], got 1.1]`,
  );
  expect(() =>
    correlationMap(tanh, { sigmaW2: 1, sigmaB2: 0 }, -1),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: correlationMap: q must be finite and not negative, got -1]`,
  );
  // Just below the σw² that the message names.
  expect(fixedPoint(activation('gelu'), { sigmaW2: 2.0948, sigmaB2: 0.1 })).toBeGreaterThan(0);
});

test('a point far in the chaotic phase takes a few quadratures, and runs to the kernel of steps', () => {
  let calls = 0;
  const f = (x: number): number => {
    calls += 1;
    return Math.tanh(x);
  };
  const { qStar, cStar, chiC } = phasePoint({ ...tanh, f }, { sigmaW2: 1e6, sigmaB2: 0.1 });
  // It takes 2.6e6; the series of the kernel take many times that.
  expect(calls).toBeLessThan(6e6);
  // tanh(√q z) is a step for q → ∞, and its output one of ±1 but for a share √(2/πq).
  expect(qStar / 1e6).toBeCloseTo(1 - Math.sqrt(2 / Math.PI / 1e6), 5);
  expect(chiC).toBeCloseTo(2 / Math.PI, 2);
  expect(cStar).toBeCloseTo(0.1 / 1e6 / (1 - 2 / Math.PI), 8);
});

test('values by quadrature and by the series of a kernel are the same', () => {
  for (const [name, q] of [
    ['mish', 3],
    ['softsign', 0.5],
    ['tanh', 60],
  ] as const) {
    const phi = activation(name);
    const [direct, series] = [kernelOf(phi, q, 'few'), kernelOf(phi, q)];
    for (const theta of [0, 1e-3, 0.2, 1, 1.6, Math.PI]) {
      expect(relativeError(direct.secant(theta), series.secant(theta))).toBeLessThan(1e-10);
      expect(Math.abs(direct.derivative(theta) - series.derivative(theta))).toBeLessThan(
        1e-11 * series.derivative(0),
      );
    }
  }
});

test('a critical network without biases has signals that run to 0, not to what rounding leaves', () => {
  expect(phasePoint(tanh, { sigmaW2: 1, sigmaB2: 0 })).toMatchObject({
    qStar: 0,
    chi1: 1,
    chiQ: 1,
    phase: 'critical',
  });
});

test('a narrow bump far from 0 has the fixed points of its closed forms', () => {
  const bump = nonlinearity({ name: 'bump', f: (x) => Math.exp(-1e4 * (x - 1) ** 2) });
  const point = phasePoint(bump, { sigmaW2: 1.5, sigmaB2: 0.1 });
  // The averages of exp(-a (x - 1)²) are Gaussian integrals; roots and derivatives by mpmath, 30 digits.
  const expected = {
    qStar: 0.10016114603276742,
    cStar: 0.999567898770339,
    chiC: 0.6344319807906309,
    chiQ: 0.007223155376966484,
  };
  for (const [key, value] of Object.entries(expected)) {
    expect(relativeError(point[key as keyof typeof expected], value)).toBeLessThan(1e-8);
  }
});
