import { expect, test } from 'vitest';
import { activation, derivativeSecondMoment, secondMoment } from '../../activation/index.ts';
import { gaussianMean } from '../../numeric/index.ts';
import { plainNetwork, subnetFunction } from './map-network.ts';
import { shapeActivation } from './shape.ts';
import { shapedNonlinearity } from './shaped.ts';

const network = subnetFunction(plainNetwork(12));

test.each([
  ['tanh', 'dks'],
  ['softplus', 'tat'],
  ['elu', 'dks'],
  ['leaky_relu', 'dks'],
  ['leaky_relu', 'tat'],
  ['relu', 'dks'],
] as const)('shaped %s by %s is what the formula says', (name, method) => {
  const base = activation(name);
  const shaping = shapeActivation(base, { method, network, eta: 0.7 });
  const phi = shapedNonlinearity(base, shaping);
  const { inputScale, inputShift, outputShift, outputScale, negativeSlope } = shaping;
  const inner = negativeSlope === null ? base : activation(`leaky_relu:${negativeSlope}`);
  for (const x of [-3, -0.7, 0.2, 1.9]) {
    const expected = outputScale * (inner.f(inputScale * x + inputShift) + outputShift);
    expect(phi.f(x)).toBe(expected);
    const h = 1e-6;
    // h² and rounding / h.
    expect(phi.df(x)).toBeCloseTo((phi.f(x + h) - phi.f(x - h)) / (2 * h), 7);
  }
  for (const q of [0.3, 1, 4]) {
    const breakpoints = phi.breakpoints.map((x) => x / Math.sqrt(q));
    const mean = (g: (x: number) => number): number =>
      gaussianMean((z) => g(Math.sqrt(q) * z), { breakpoints });
    expect(secondMoment(phi, q)).toBeCloseTo(
      mean((x) => phi.f(x) ** 2),
      11,
    );
    expect(derivativeSecondMoment(phi, q)).toBeCloseTo(
      mean((x) => phi.df(x) ** 2),
      11,
    );
  }
});

test('only a scale keeps a function homogeneous or odd', () => {
  const leaky = activation('leaky_relu');
  const byTat = shapedNonlinearity(
    leaky,
    shapeActivation(leaky, { method: 'tat', network, eta: 0.5 }),
  );
  const byDks = shapedNonlinearity(leaky, shapeActivation(leaky, { method: 'dks', network }));
  expect([byTat.homogeneous, byDks.homogeneous]).toEqual([true, false]);
  const tanh = activation('tanh');
  const scaled = {
    inputScale: 2,
    inputShift: 0,
    outputShift: 0,
    outputScale: 3,
    negativeSlope: null,
  };
  expect(shapedNonlinearity(tanh, scaled).odd).toBe(true);
  expect(shapedNonlinearity(tanh, { ...scaled, inputShift: 1 }).odd).toBe(false);
});
