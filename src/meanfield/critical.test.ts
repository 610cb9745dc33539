import { expect, test } from 'vitest';
import { activation, activations, nonlinearity } from '../activation/index.ts';
import {
  chi1At,
  criticalPoints,
  halfStablePoint,
  phasePoint,
  smallestCritical,
  varianceMap,
  varianceSlope,
} from './index.ts';

const relativeError = (value: number, expected: number): number => Math.abs(value / expected - 1);

test.each([
  // By quadrature, computed twice independently; ten digits.
  ['tanh', 1e-5, 1.0395211285, 0.0203379531],
  ['tanh', 1e-4, 1.0860262925, 0.0457090787],
  ['tanh', 1e-3, 1.1891895852, 0.1072923561],
  ['tanh', 0.01, 1.4242052905, 0.2733009135],
  ['tanh', 0.05, 1.7609546396, 0.5700478816],
  ['tanh', 0.1, 1.9860726411, 0.8057991819],
  ['tanh', 0.5, 2.8431674597, 1.9710306134],
  ['tanh', 1, 3.4432109123, 3.0363963946],
  ['erf', 0.01, 1.1142800634, 0.2532096563],
  ['erf', 0.25, 1.8805472588, 1.1832724389],
  ['arctan', 0.05, 1.7722268269, 0.69167526],
])('%s is critical at σb² = %d where two quadratures say', (name, sigmaB2, sigmaW2, qStar) => {
  const phi = activation(name);
  const points = criticalPoints(phi, { sigmaB2 });
  expect(points).toHaveLength(1);
  expect(relativeError(points[0].sigmaW2, sigmaW2)).toBeLessThan(1e-9);
  expect(relativeError(points[0].qStar, qStar)).toBeLessThan(1e-9);
  // Ten digits of σw² leave χ₁ within 1e-10 of 1: nobody can tell that from criticality.
  expect(phasePoint(phi, { sigmaW2, sigmaB2 }).phase).toBe('critical');
});

test.each([
  // By quadrature, computed twice independently.
  ['hard_tanh', 0.25, 1.0476692263, 0.008895447841],
  ['hard_tanh', 1, 1.4647947735, 0.244080131736],
  ['gelu', 1, 2.1936999, 0.06719167],
  ['silu', 1, 2.63516866, 0.0624715],
  ['selu', 1, 0.9332058, 0.0667942],
])(
  '%s is critical with the fixed point %d where two quadratures say',
  (name, q, sigmaW2, sigmaB2) => {
    const [point] = criticalPoints(activation(name), { q });
    expect(relativeError(point.sigmaW2, sigmaW2)).toBeLessThan(1e-7);
    expect(relativeError(point.sigmaB2, sigmaB2)).toBeLessThan(1e-7);
  },
);

test.each([
  // By quadrature, computed twice independently; Roberts, Yaida and Hanin 2022 have the same, (0.173, 1.983) and (0.555, 1.988).
  ['gelu', 0.1729223908, 1.9830582574, 3.5615528128],
  ['silu', 0.5551431707, 1.9880046783, 14.320173618],
])('the half-stable point of %s is that of two quadratures', (name, sigmaB2, sigmaW2, qStar) => {
  const point = halfStablePoint(activation(name));
  expect(relativeError(point.sigmaW2, sigmaW2)).toBeLessThan(1e-8);
  expect(relativeError(point.sigmaB2, sigmaB2)).toBeLessThan(1e-8);
  expect(relativeError(point.qStar, qStar)).toBeLessThan(1e-8);
});

test('a sigmoid is critical from σw² = 103 on, where no bias is left', () => {
  const point = smallestCritical(activation('sigmoid'));
  // By quadrature, computed twice independently.
  expect(relativeError(point.sigmaW2, 103.0075537557)).toBeLessThan(1e-8);
  expect(relativeError(point.qStar, 45.6242778)).toBeLessThan(1e-8);
  expect(point.sigmaB2).toBe(0);
});

const continuous = activations.filter(({ jumps }) => jumps === undefined);

test.each(continuous.map((phi) => [phi.name, phi] as const))(
  '%s: a critical point is a fixed point with χ₁ = 1, found by q, by σw² and by σb²',
  (_, phi) => {
    for (const q of [0.3, 2, 60]) {
      let point;
      try {
        [point] = criticalPoints(phi, { q });
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        continue;
      }
      expect(relativeError(chi1At(phi, point.sigmaW2, q), 1)).toBeLessThan(1e-13);
      expect(relativeError(varianceMap(phi, point, q), q)).toBeLessThan(1e-12);
      expect(relativeError(varianceSlope(phi, point.sigmaW2, q), point.chiQ)).toBeLessThan(1e-13);
      // Where the bias is a rounding of q it says nothing about where.
      if (point.sigmaB2 < 1e-6) continue;
      // Nor σw² where it no longer depends on q: 2 for a sine from q = 20 on, to all digits.
      const beside = 1 / chi1At(phi, 1, 1.01 * q);
      const isFlat = relativeError(beside, point.sigmaW2) < 1e-9;
      for (const at of isFlat
        ? [{ sigmaB2: point.sigmaB2 }]
        : [{ sigmaB2: point.sigmaB2 }, { sigmaW2: point.sigmaW2 }]) {
        const same = criticalPoints(phi, at).filter(({ qStar }) => relativeError(qStar, q) < 1e-5);
        expect(same).toHaveLength(1);
      }
    }
  },
);

test('activations that are 0 at 0 are critical without biases where signals vanish', () => {
  for (const [name, sigmaW2] of [
    ['tanh', 1],
    ['erf', Math.PI / 4],
    ['gelu', 4],
    ['silu', 4],
    ['elu', 1],
    ['softsign', 1],
    ['hard_tanh', 1],
    ['relu6', 2],
  ] as const) {
    const [point] = criticalPoints(activation(name), { sigmaB2: 0 });
    expect(point).toMatchObject({ sigmaB2: 0, qStar: 0, chiQ: 1 });
    expect(relativeError(point.sigmaW2, sigmaW2)).toBeLessThan(1e-15);
  }
});

test('a homogeneous activation is critical at one point, whatever the signal', () => {
  const relu = activation('relu');
  expect(criticalPoints(relu, { q: 7 })).toEqual([{ sigmaW2: 2, sigmaB2: 0, qStar: 7, chiQ: 1 }]);
  expect(criticalPoints(relu, { sigmaB2: 0 })[0].sigmaW2).toBe(2);
  expect(criticalPoints(activation('leaky_relu:0.5'), { sigmaB2: 0 })[0].sigmaW2).toBe(1.6);
  expect(smallestCritical(activation('abs')).sigmaW2).toBe(1);
});

test('where nothing is critical the message says why and what is nearest', () => {
  const of = activation;
  expect(() => criticalPoints(of('softplus'), { sigmaB2: 0.1 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: criticalPoints: softplus must have a point on the edge of chaos, got none since sigmaB2 = q - E f(√q z)² / E f'(√q z)² is negative for every q from 1e-8 to 1e12, -7.97885e-7 q at best, at q = 1000000000000: the mean of its output is too large; subtract its mean, as a shaped activation does, or normalise]`,
  );
  expect(() => criticalPoints(of('sigmoid'), { sigmaW2: 50 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: criticalPoints: chi_1 = sigmaW2 E f'(√q z)² = 1 must hold at a fixed point of sigmoid with sigmaW2 = 50, got none for q up to 1e12; the nearest point is sigmaW2 = 103.008, sigmaB2 = 0 (q = 45.6243)]`,
  );
  expect(() => criticalPoints(of('sigmoid'), { q: 1 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: criticalPoints: sigmaB2 = q - E f(√q z)² / E f'(√q z)² must not be negative on the edge of chaos of sigmoid, got -5.54335 at q = 1; the nearest point is sigmaW2 = 103.008, sigmaB2 = 0 (q = 45.6243)]`,
  );
  expect(() => criticalPoints(of('relu'), { sigmaB2: 0.1 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: criticalPoints: relu must have sigmaW2 = 2 and sigmaB2 = 0 to be critical, since its variance map is a line that only there keeps signals and gradients, got sigmaB2 = 0.1]`,
  );
  expect(() => criticalPoints(of('gelu'), { sigmaW2: 1.9 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: criticalPoints: chi_1 = sigmaW2 E f'(√q z)² = 1 must hold at a fixed point of gelu with sigmaW2 = 1.9, got none for q up to 1e12; the nearest point is sigmaW2 = 1.95581, sigmaB2 = 0.327377 (q = 10.2133)]`,
  );
  expect(() => criticalPoints(of('tanh'), { sigmaW2: 0.5 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: criticalPoints: chi_1 = sigmaW2 E f'(√q z)² = 1 must hold at a fixed point of tanh with sigmaW2 = 0.5, got none for q up to 1e12; the nearest point is sigmaW2 = 1, sigmaB2 = 0 (q = 0)]`,
  );
  expect(() => criticalPoints(of('sin'), { sigmaW2: 4 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: criticalPoints: chi_1 = sigmaW2 E f'(√q z)² = 1 must hold at a fixed point of sin with sigmaW2 = 4, got none for q up to 1e12; the nearest point is sigmaW2 = 2, sigmaB2 = 24.4335 (q = 25.4335)]`,
  );
  expect(() => halfStablePoint(of('tanh'))).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: halfStablePoint: chi_q must cross 1 on the edge of chaos of tanh where sigmaB2 is positive, got none for q from 1e-4 to 1e6; use criticalPoints for points of other stability]`,
  );
  expect(() => smallestCritical(of('softplus'))).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: smallestCritical: softplus must have a point on the edge of chaos, got none since sigmaB2 = q - E f(√q z)² / E f'(√q z)² is negative for every q from 1e-8 to 1e12, -7.97885e-7 q at best, at q = 1000000000000: the mean of its output is too large; subtract its mean, as a shaped activation does, or normalise]`,
  );
  expect(() => criticalPoints(of('tanh'), { sigmaB2: -1 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: criticalPoints: sigmaB2 must be finite and not negative, got -1]`,
  );
  expect(() => criticalPoints(of('tanh'), { q: 0 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: criticalPoints: q must be positive and finite, got 0]`,
  );
  const constant = nonlinearity({ name: 'constant', f: () => 1 });
  expect(() => criticalPoints(constant, { sigmaB2: 0.1 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: criticalPoints: constant must have a point on the edge of chaos, got none since E f'(√q z)² is zero or cannot be computed for every q from 1e-8 to 1e12]`,
  );
  expect(() => criticalPoints(of('sign'), { q: 1 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: criticalPoints: E f'(√q z)² must be finite, got an infinite one for sign, which jumps at 0: gradients explode at every sigmaW2; take a continuous activation]`,
  );
});

test('an activation that oscillates has its edge at once, whatever cannot be resolved far out', () => {
  let calls = 0;
  const f = (x: number): number => {
    calls += 1;
    return Math.cos(x);
  };
  const [point, ...others] = criticalPoints(nonlinearity({ name: 'cos', f }), { sigmaB2: 0.1 });
  // It takes 1.4e7; trying every moment up to q = 1e12 anew takes many times that.
  expect(calls).toBeLessThan(3e7);
  expect(others).toEqual([]);
  // E cos² = ½ (1 + e^-2q), E sin² = ½ (1 - e^-2q), so that q = σb² + σw² E cos² and σw² E sin² = 1.
  const [high, low] = [1 + Math.exp(-2 * point.qStar), 1 - Math.exp(-2 * point.qStar)];
  expect(point.sigmaW2).toBeCloseTo(2 / low, 9);
  expect(point.qStar).toBeCloseTo(0.1 + high / low, 9);
});

test('a function that is 0 everywhere has no critical point, in a sentence', () => {
  expect(() =>
    criticalPoints(nonlinearity({ name: 'nothing', f: () => 0 }), { q: 1 }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: criticalPoints: E f'(√q z)² must be positive, got 0 for nothing, which is 0 everywhere]`,
  );
});
