import { expect, test } from 'vitest';
import { activation, activations, firstMoment, secondMoment } from '../../activation/index.ts';
import { gaussianMean } from '../../numeric/index.ts';
import { covariance } from '../covariance.ts';
import { localMomentsOf } from './local-moments.ts';
import { plainNetwork, subnetFunction } from './map-network.ts';
import { localMaps, shapeActivation } from './shape.ts';
import { shapedNonlinearity } from './shaped.ts';

const RULE = { reach: 9, width: 1, span: 1, curved: true } as const;

test.each(activations.map((phi) => [phi.name, phi] as const))(
  'the averages of %s are those of an adaptive rule',
  (_, phi) => {
    for (const [scale, shift] of [
      [0.05, 0.3],
      [0.7, -0.4],
      [2, 0.9],
    ] as const) {
      const found = localMomentsOf(phi, RULE)(scale, shift);
      const breakpoints = phi.breakpoints.map((x) => (x - shift) / scale);
      const mean = (g: (u: number, z: number) => number): number =>
        gaussianMean((z) => g(scale * z + shift, z), { breakpoints });
      const average = mean((u) => phi.f(u));
      const df = (u: number): number => scale * phi.df(u);
      // Both rules leave about 1e-13 of E |g|.
      expect(Math.abs(found.mean - average)).toBeLessThan(1e-12);
      expect(found.variance).toBeCloseTo(
        mean((u) => (phi.f(u) - average) ** 2),
        12,
      );
      expect(found.slope).toBeCloseTo(
        mean((u) => df(u) ** 2),
        12,
      );
      expect(found.radial).toBeCloseTo(
        mean((u, z) => (phi.f(u) - average) * z * df(u)),
        12,
      );
      expect(found.bend).toBeCloseTo(
        mean((u, z) => z * df(u)),
        12,
      );
    }
  },
);

test('the curvature of tanh, sin and softplus is that of their second derivatives', () => {
  const second: Readonly<Record<string, (x: number) => number>> = {
    tanh: (x) => -2 * Math.tanh(x) * (1 - Math.tanh(x) ** 2),
    sin: (x) => -Math.sin(x),
    softplus: (x) => 1 / (2 + 2 * Math.cosh(x)),
  };
  for (const [name, d2f] of Object.entries(second)) {
    for (const [scale, shift] of [
      [0.05, 0.5],
      [0.8, -0.3],
      [3, 1],
    ] as const) {
      const found = localMomentsOf(activation(name), RULE)(scale, shift).curvature;
      const expected = gaussianMean((z) => (scale ** 2 * d2f(scale * z + shift)) ** 2);
      // A derivative over 16 nodes magnifies the rounding of φ' by about 100, panels below 1e-12.
      expect(Math.abs(found / expected - 1)).toBeLessThan(1e-10);
    }
  }
});

/** Derivatives of a function from the left at 1, from values at 1 - jh: polynomials through six of them. */
function slopesAtOne(f: (x: number) => number, h: number): readonly [number, number] {
  const y = Array.from({ length: 6 }, (_, j) => f(1 - j * h));
  const first = [137 / 60, -5, 5, -10 / 3, 5 / 4, -1 / 5];
  const second = [15 / 4, -77 / 6, 107 / 6, -13, 61 / 12, -5 / 6];
  const dot = (weights: readonly number[]): number =>
    weights.reduce((sum, weight, j) => sum + weight * y[j], 0);
  return [dot(first) / h, dot(second) / (h * h)];
}

test.each([
  ['tanh', 'dks'],
  ['tanh', 'tat'],
  ['softplus', 'tat'],
  ['gelu', 'dks'],
  ['silu', 'tat'],
  ['sigmoid', 'dks'],
] as const)('the local maps of %s by %s are those of its C and Q maps', (name, method) => {
  const base = activation(name);
  const shaping = shapeActivation(base, { method, network: subnetFunction(plainNetwork(20)) });
  const phi = shapedNonlinearity(base, shaping);
  const { local } = shaping;
  const h = 0.05;
  const [cSlope, cCurvature] = slopesAtOne((c) => covariance(phi, 1, 1, c), h);
  // Values good to 1e-12 with weights up to 18, and a remainder of h⁵ and h⁴ times the sixth derivative,
  // which is below the curvature here.
  expect(Math.abs(cSlope - local.cSlope)).toBeLessThan(2e-11 / h + h ** 5);
  expect(Math.abs(cCurvature - (local.cCurvature ?? Number.NaN))).toBeLessThan(
    2e-11 / h ** 2 + 10 * h ** 4 * (local.cCurvature ?? 0),
  );
  expect(Math.abs(firstMoment(phi, 1) ** 2 - local.c0)).toBeLessThan(1e-12);
  expect(Math.abs(secondMoment(phi, 1) - local.q)).toBeLessThan(1e-12);
  const k = 1e-3;
  const qSlope = (secondMoment(phi, 1 + k) - secondMoment(phi, 1 - k)) / (2 * k);
  // k² / 6 times Q''', which is below 10 for these.
  expect(Math.abs(qSlope - local.qSlope)).toBeLessThan(2e-6);
});

test('C″(1) is not given where φ′ jumps', () => {
  const transform = { inputScale: 1, inputShift: 0, outputShift: 0, outputScale: 1 };
  expect(localMaps(activation('relu'), transform, false)).toMatchObject({ cCurvature: null });
});
