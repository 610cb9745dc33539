import { expect, test } from 'vitest';
import { buildArchitecture, describeNetwork, type Network } from '../network/index.ts';
import { advise } from './advise.ts';
import { calibrate } from './calibrate.ts';
import type { Overrides } from './overrides.ts';
import type { Plan } from './plan.ts';

const networkOf = (text: string): Network => describeNetwork(buildArchitecture(text));
const planOf = (network: Network, overrides: Overrides = {}): Plan =>
  advise(network, { model: 'm', seed: 0, ...overrides });

/** A network in which link i multiplies the second moment by `drawn[i]` times the squared gain of its weight. */
function measured(network: Network, plan: Plan, drawn: readonly number[]) {
  const moments = new Map<string, number>();
  const gains = new Map(plan.parameters.map(({ name, options }) => [name, options['gain']]));
  for (const [i, { parameter, from, to }] of network.links.entries()) {
    const start = moments.get(from) ?? 2;
    moments.set(from, start);
    moments.set(to, start * drawn[i % drawn.length] * Number(gains.get(parameter) ?? 1) ** 2);
  }
  return (name: string): number | null => moments.get(name) ?? null;
}

const CHAINS = [
  'mlp:20-30x8-3:relu',
  'mlp:20-30-40-20-30-40-3:leaky_relu:0.2',
  'mlp:20-30x8-3:abs',
  'cnn:3x8x8-6x8-3:relu',
];

test.each(CHAINS)(
  'every link of %s that wandered off passes on what it gets afterwards',
  (text) => {
    const network = networkOf(text);
    expect(network.links.length).toBeGreaterThanOrEqual(4);
    const plan = planOf(network);
    const drawn = [1.3, 0.7, 1.6, 1.4, 1.2];
    const result = calibrate(plan, network, measured(network, plan, drawn));
    if (result === null) throw new Error('the chain must have been calibrated');
    const after = measured(network, result, drawn);
    for (const { from, to } of network.links) {
      // Factors have four digits.
      expect((after(to) ?? 0) / (after(from) ?? 1)).toBeCloseTo(1, 3);
    }
    for (const [i, entry] of result.parameters.entries()) {
      const before = plan.parameters[i];
      const gain = Number(entry.options['gain'] ?? 1);
      if (entry === before) continue;
      expect(entry.std).toBeCloseTo((before.std ?? NaN) * gain, 12);
      expect(entry.bound).toBeCloseTo(Math.sqrt(3) * (entry.std ?? NaN), 12);
    }
    expect(calibrate(result, network, after)).toBeNull();
  },
);

test('a chain that stays within a factor 1.5 is left as drawn', () => {
  const network = networkOf('mlp:20-30x8-3:relu');
  const plan = planOf(network);
  expect(calibrate(plan, network, measured(network, plan, [1.4, 1 / 1.4]))).toBeNull();
});

test.each([
  'resnet:20',
  'resnet:20:nonorm',
  'transformer:v10-8x3-5:relu',
  'transformer:v10-8x3-5:nonorm:relu',
  'mlp:20-30x8-3:tanh',
  'mlp:20-30x8-3:gelu',
  'mlp:20-30x2-3:relu',
  'linear:20-20x8-20',
  'rnn:3-4x6-2:relu',
])('%s is left alone, whatever is measured', (text) => {
  const network = networkOf(text);
  const plan = planOf(network);
  expect(calibrate(plan, network, measured(network, plan, [100, 3]))).toBeNull();
  let scale = 1;
  expect(calibrate(plan, network, () => (scale *= 10))).toBeNull();
});

test('what a person asked for is left alone and does not count as wandering', () => {
  const network = networkOf('mlp:20-30x8-3:relu');
  const overrides = { set: ['layers.3.weight=he_normal(gain=3)'] };
  const plan = planOf(network, overrides);
  const steady = measured(network, plan, [1]);
  expect(calibrate(plan, network, steady)).toBeNull();
  const result = calibrate(plan, network, measured(network, plan, [1.5]));
  const changed = result?.parameters.filter((entry, i) => entry !== plan.parameters[i]);
  expect(changed?.map(({ name }) => name)).not.toContain('layers.3.weight');
  expect(changed?.length).toBe(network.links.length - 1);
});

test('a signal that is zero, not finite or not measured calibrates nothing', () => {
  const network = networkOf('mlp:20-30x8-3:relu');
  const plan = planOf(network);
  for (const moment of [0, NaN, Infinity, null]) {
    expect(calibrate(plan, network, () => moment)).toBeNull();
  }
});
