import { expect, test } from 'vitest';
import { activation, activations, activationText, secondMoment } from '../../activation/index.ts';
import type { Network } from '../../network/index.ts';
import { hiddenSteps, operatingPoint, pointAt } from './operating-point.ts';

const network = (depth: number, rest: Partial<Network> = {}): Network => ({
  parameters: [],
  depth,
  links: [],
  branches: 0,
  mirrors: { layers: [], isAdditive: true, problem: null },
  residuals: [],
  attentions: [],
  normalised: false,
  activations: [],
  layers: [],
  stored: [],
  ...rest,
});

const named = activations.map((record) => activationText(record));

// GELU, SiLU, tanh: differences of ln E φ(√q z)² by ln q at q = 1, integrated by mpmath with 30 digits. ReLU and |x| are homogeneous.
test('χ_q is the logarithmic slope of the variance map', () => {
  const at = (name: string, q: number): number => pointAt(activation(name), q).chiQ;
  expect(at('relu', 3)).toBeCloseTo(1, 9);
  expect(at('abs', 0.3)).toBeCloseTo(1, 9);
  expect(at('gelu', 1)).toBeCloseTo(1.144063197, 5);
  expect(at('silu', 1)).toBeCloseTo(1.172594054, 5);
  expect(at('tanh', 1)).toBeCloseTo(0.4610708305, 5);
});

test.each(named)('at the operating point of %s the gain keeps q, at every depth', (name) => {
  for (const depth of [1, 2, 5, 10, 50, 1000]) {
    const { q, gain, chiQ } = operatingPoint(name, network(depth));
    expect(gain ** 2 * secondMoment(activation(name), q)).toBeCloseTo(q, 8 - Math.log10(q));
    // Errors grow by at most 10 where the network is shallow enough to stay at 1, else by 1.2 (q has three digits).
    const growth = chiQ ** hiddenSteps(depth);
    expect(growth).toBeLessThan(q === 1 ? 10.000001 : 1.205);
  }
});

test('shallow, normalised and residual networks work at unit size, where GELU has gain 1.5335', () => {
  for (const some of [
    network(12),
    network(50, { normalised: true }),
    network(50, { branches: 9 }),
  ]) {
    expect(operatingPoint('gelu', some)).toMatchObject({ q: 1 });
    expect(operatingPoint('gelu', some).gain).toBeCloseTo(1.5335304, 7);
  }
  expect(operatingPoint('tanh', network(50, { normalised: true })).q).toBe(1);
});

test('deep plain networks of GELU, SiLU, Mish and hard-swish work at large signals, others do not', () => {
  const large = named.filter((name) => operatingPoint(name, network(50)).q > 10.5);
  expect(large).toEqual(['hard_swish', 'gelu', 'gelu_tanh', 'silu', 'mish']);
  for (const name of large) {
    const qs = [10, 50, 100, 1000].map((depth) => operatingPoint(name, network(depth)).q);
    expect(qs).toEqual(qs.toSorted((a, b) => a - b));
  }
});

test('a network whose hidden weights are fed by different things works at unit size', () => {
  const parameter = (precededBy: string | null) =>
    ({ position: 'hidden', precededBy }) as Network['parameters'][number];
  const gated = network(50, { parameters: [parameter('silu'), parameter(null)] });
  expect(operatingPoint('silu', gated).q).toBe(1);
  const uniform = network(50, { parameters: [parameter('silu'), parameter('silu')] });
  expect(operatingPoint('silu', uniform).q).toBeGreaterThan(1);
});
