import { expect, test } from 'vitest';
import {
  activation,
  activations,
  activationText,
  derivativeSecondMoment,
  firstMoment,
  secondMoment,
  type Activation,
} from '../activation/index.ts';
import { gaussianRule } from '../numeric/index.ts';
import {
  covarianceByQuadrature,
  derivativeByQuadrature,
  halfSquaredDistance,
} from './covariance.ts';
import { hermiteWeights, powerSum } from './hermite-weights.ts';
import { covariance, derivativeCovariance } from './index.ts';
import { kernelOf } from './kernel.ts';

const all: (readonly [string, Activation])[] = [
  ...activations.map((record) => [activationText(record), record] as const),
  ...['leaky_relu:-0.3', 'hard_sigmoid:0.125', 'elu:0.5', 'celu:2'].map(
    (text) => [text, activation(text)] as const,
  ),
];

const CORRELATIONS = [0, 0.3, -0.3, 0.9, -0.9, 0.9999, -0.9999, 1 - 1e-9, 1e-9 - 1, 1, -1];

test.each(all.filter(([, { covariance: closed }]) => closed !== undefined))(
  '%s: the closed form of the covariance agrees with quadrature',
  (_, phi) => {
    for (const [q1, q2] of [
      [1, 1],
      [1e-6, 1e-6],
      [0.3, 7],
      [40, 0.02],
      [200, 200],
    ]) {
      const scale = Math.sqrt(secondMoment(phi, q1) * secondMoment(phi, q2));
      const slopes = derivativeSecondMoment(phi, q1) * derivativeSecondMoment(phi, q2);
      for (const c of CORRELATIONS) {
        const k = c * Math.sqrt(q1 * q2);
        const closed = covariance(phi, q1, q2, k);
        const error = Math.abs(closed - covarianceByQuadrature(phi, q1, q2, k));
        expect(error / scale, `q = ${q1}, ${q2}, c = ${c}`).toBeLessThan(1e-10);
        const derivative = derivativeCovariance(phi, q1, q2, k);
        // The density of a jump is infinite, or steep to any power, where the two are one.
        if (phi.jumps !== undefined && Math.abs(c) > 0.99999) continue;
        const size = Number.isFinite(slopes) ? Math.sqrt(slopes) : derivative;
        const slopeError = Math.abs(derivative - derivativeByQuadrature(phi, q1, q2, k));
        expect(slopeError / size, `q = ${q1}, ${q2}, c = ${c}`).toBeLessThan(1e-10);
      }
    }
  },
);

test.each(all)('%s: the covariance is E φ² at c = 1 and (E φ)² at c = 0', (_, phi) => {
  for (const q of [1e-8, 1e-3, 0.7, 12, 1e4]) {
    // 1e4 is beyond what quadrature in the plane can do for a sine; it has closed forms.
    const second = secondMoment(phi, q);
    expect(Math.abs(covariance(phi, q, q, q) / second - 1)).toBeLessThan(1e-12);
    expect(Math.abs(covariance(phi, q, q, 0) - firstMoment(phi, q) ** 2) / second).toBeLessThan(
      1e-11,
    );
    if (phi.jumps !== undefined) continue;
    const slope = derivativeCovariance(phi, q, q, q) / derivativeSecondMoment(phi, q);
    expect(Math.abs(slope - 1)).toBeLessThan(1e-12);
  }
});

test.each(all)('%s: every covariance of every scale is a number between its bounds', (_, phi) => {
  for (const [q1, q2] of [
    [1e-8, 1e-8],
    [1e-8, 1],
    [3, 0.5],
    [1e4, 1e4],
    [1e4, 1e-8],
  ]) {
    const most = Math.sqrt(secondMoment(phi, q1) * secondMoment(phi, q2));
    for (const c of [-1, -0.7, 0, 0.2, 0.999, 1]) {
      const k = c * Math.sqrt(q1 * q2);
      expect(Math.abs(covariance(phi, q1, q2, k))).toBeLessThanOrEqual(most * (1 + 1e-12));
      if (phi.jumps === undefined || Math.abs(c) < 1) {
        expect(Number.isFinite(derivativeCovariance(phi, q1, q2, k))).toBe(true);
      }
    }
  }
});

test.each(all)('%s: the kernel is the covariance, seen from c = 1', (_, phi) => {
  for (const q of [1e-4, 1, 15]) {
    const kernel = kernelOf(phi, q);
    for (const theta of [1e-3, 0.03, 0.4, 1.5, 2.2, 3.1]) {
      const distance = halfSquaredDistance(phi, q, theta);
      const secant = distance / (2 * q * Math.sin(0.5 * theta) ** 2);
      expect(Math.abs(kernel.secant(theta) / secant - 1), `θ = ${theta}`).toBeLessThan(1e-10);
      // The cosine has lost half of the digits of so small an angle, which 1/θ of a jump shows.
      if (phi.jumps !== undefined && theta < 0.01) continue;
      const derivative = derivativeByQuadrature(phi, q, q, q * Math.cos(theta));
      const size = kernel.derivative(Math.min(theta, 0.4));
      expect(Math.abs(kernel.derivative(theta) - derivative) / size).toBeLessThan(1e-10);
    }
  }
});

test.each(['tanh', 'sigmoid', 'silu', 'gelu_tanh', 'softplus', 'mish', 'arctan', 'erf'])(
  '%s: the Hermite series and quadrature in the plane agree',
  (name) => {
    const phi = activation(name);
    for (const q of [0.1, 1, 5]) {
      const weights = hermiteWeights(phi, q);
      if (weights === null) throw new Error(`${name} should have a series at q = ${q}`);
      const size = derivativeSecondMoment(phi, q);
      for (const c of [-1, -0.8, 0, 0.5, 0.95, 1]) {
        const error = powerSum(weights, c) - derivativeByQuadrature(phi, q, q, c * q);
        expect(Math.abs(error) / size).toBeLessThan(2e-12);
      }
    }
  },
);

test('a Hermite series is refused where it would be wrong', () => {
  expect(hermiteWeights(activation('hard_tanh'), 1)).toBeNull();
  expect(hermiteWeights(activation('elu:2'), 1)).toBeNull();
  expect(hermiteWeights(activation('hard_swish'), 1)).toBeNull();
  expect(hermiteWeights(activation('tanh'), 1e4)).toBeNull();
});

test.each(['tanh', 'hard_tanh', 'selu', 'hard_swish', 'relu6', 'softsign', 'sign'])(
  '%s: covariances of unequal norms agree with a plain tensor rule, which knows no rotation',
  (name) => {
    const phi = activation(name);
    for (const [q1, q2, c] of [
      [0.5, 2, 0.6],
      [1, 1, -0.4],
      [3, 0.2, 0.1],
    ]) {
      const s = Math.sqrt(1 - c * c);
      const outer = gaussianRule(
        phi.breakpoints.map((b) => b / Math.sqrt(q1)),
        0.5,
      );
      let sum = 0;
      for (const [i, z] of outer.nodes.entries()) {
        const shifted = phi.breakpoints.map((b) => (b / Math.sqrt(q2) - c * z) / s);
        const inner = gaussianRule(shifted, 0.5);
        let part = 0;
        for (const [j, w] of inner.nodes.entries()) {
          part += inner.weights[j] * phi.f(Math.sqrt(q2) * (c * z + s * w));
        }
        sum += outer.weights[i] * phi.f(Math.sqrt(q1) * z) * part;
      }
      const scale = Math.sqrt(secondMoment(phi, q1) * secondMoment(phi, q2));
      const value = covariance(phi, q1, q2, c * Math.sqrt(q1 * q2));
      expect(Math.abs(value - sum) / scale).toBeLessThan(1e-11);
    }
  },
);

test.each([
  // By quadrature, computed twice independently.
  ['erf', 1.3, 0.4, 0.18657163460654, 0.36942913724999],
  ['relu', 1, 0.4, 0.272065890876, 0.315494940217],
])(
  '%s: the kernels at one point are those of two quadratures',
  (name, q, c, second, derivative) => {
    const phi = activation(name);
    // Given to 12 and 14 digits.
    expect(Math.abs(covariance(phi, q, q, c * q) / second - 1)).toBeLessThan(4e-12);
    expect(Math.abs(derivativeCovariance(phi, q, q, c * q) / derivative - 1)).toBeLessThan(4e-12);
  },
);

test('impossible covariances are refused', () => {
  const tanh = activation('tanh');
  expect(() => covariance(tanh, 1, 1, 1.01)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: covariance: k must be a covariance of variances q1 = 1 and q2 = 1, at most 1 in size, got 1.01]`,
  );
  expect(() => covariance(tanh, -1, 1, 0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: covariance: q1 must be finite and not negative, got -1]`,
  );
  expect(() => derivativeCovariance(tanh, 1, NaN, 0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: derivativeCovariance: q2 must be finite and not negative, got NaN]`,
  );
  expect(covariance(activation('sigmoid'), 0, 1, 0)).toBeCloseTo(0.25, 15);
  expect(derivativeCovariance(activation('relu'), 0, 0, 0)).toBe(0.25);
});
