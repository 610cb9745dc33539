import { expect, test } from 'vitest';
import { buildArchitecture, describeNetwork, type Network } from '../network/index.ts';
import type { FloatDType, Tensor } from '../tensor/index.ts';
import { advise, applyPlan, certifyPlan, type Plan } from './index.ts';
import type { Overrides } from './overrides.ts';

interface Drawn {
  readonly network: Network;
  readonly plan: Plan;
  readonly draws: ReadonlyMap<string, () => Tensor<FloatDType>>;
}

function drawn(architecture: string, overrides: Overrides = {}): Drawn {
  const network = describeNetwork(buildArchitecture(architecture));
  const plan = advise(network, { model: architecture, seed: 3, ...overrides });
  return { network, plan, draws: applyPlan(plan, network) };
}

const certified = ({ plan, network, draws }: Drawn, budget?: number) =>
  certifyPlan(plan, network, draws, budget);

test('every orthogonal weight of a tanh network has singular values that are its gain', () => {
  const all = drawn('mlp:20-32x6-4:tanh');
  const { certificates, left } = certified(all);
  const orthogonal = all.plan.parameters.filter(({ scheme }) => scheme.endsWith('orthogonal'));
  expect(certificates.map(({ name }) => name)).toEqual(orthogonal.map(({ name }) => name));
  expect(left).toEqual([]);
  for (const { scheme, options, sMin, sMax, of, block } of certificates) {
    expect([of, block]).toEqual(['matrix', null]);
    // The first layer, from 20 to 32, keeps mean squares.
    const gain = Number(options['gain']) * (scheme === 'orthogonal' ? 1 : Math.sqrt(32 / 20));
    // Elements of float32 are off by 2^-24 of their size: a matrix of norm at most 2^-24 √32 gain.
    const error = 2 ** -24 * Math.sqrt(32) * gain;
    expect(Math.abs(sMin - gain)).toBeLessThan(error);
    expect(Math.abs(sMax - gain)).toBeLessThan(error);
  }
});

test('packed gates are certified block by block, where the whole is not orthogonal', () => {
  const { certificates } = certified(drawn('lstm:8-16-3'));
  expect(certificates.map(({ block }) => block)).toEqual([
    'forward/input',
    'forward/output',
    'forward/forget',
    'forward/cell',
  ]);
  for (const { sMin, sMax } of certificates) {
    expect(Math.abs(sMin - 1)).toBeLessThan(4e-7);
    expect(Math.abs(sMax - 1)).toBeLessThan(4e-7);
  }
});

test('kernels are certified as what their scheme promises', () => {
  const { certificates } = certified(
    drawn('cnn:3x8x8-16x3-10:tanh', { set: ['layers.2.weight=conv_orthogonal'] }),
  );
  expect(certificates.map(({ scheme, of, taps }) => [scheme, of, taps?.nonZero])).toEqual([
    ['scaled_orthogonal', 'matrix', 9],
    ['delta_orthogonal', 'convolution', 1],
    ['conv_orthogonal', 'convolution', 9],
  ]);
  for (const { sMin, sMax } of certificates) expect(sMax / sMin - 1).toBeLessThan(1e-6);
});

test('whatever promises equal singular values is certified', () => {
  for (const scheme of [
    'orthogonal',
    'scaled_orthogonal',
    'special_orthogonal',
    'spectral',
    'hadamard',
  ]) {
    const { certificates } = certified(drawn('mlp:32-64x3-16:tanh', { scheme }));
    expect(certificates).toHaveLength(4);
    for (const { sMin, sMax } of certificates) expect(sMax / sMin - 1).toBeLessThan(1e-6);
  }
});

test('schemes that promise no singular values have no certificates', () => {
  const { certificates, left } = certified(drawn('mlp:20-32x6-4:relu'));
  expect([certificates, left]).toEqual([[], []]);
});

test('where the budget does not hold all, the cheapest are certified and the others named', () => {
  const all = drawn('mlp:100-64-8x3-4:tanh', { scheme: 'orthogonal' });
  const whole = certified(all);
  expect(whole.certificates).toHaveLength(5);
  const some = certified(all, 2e4);
  const names = some.certificates.map(({ name }) => name);
  expect(names.length).toBeGreaterThan(0);
  expect([...names, ...some.left].sort()).toEqual(
    whole.certificates.map(({ name }) => name).sort(),
  );
  expect(some.certificates).toEqual(whole.certificates.filter(({ name }) => names.includes(name)));
  expect(some.left).toContain('layers.0.weight');
  expect(certified(all, 0).certificates).toEqual([]);
});

test('what is left out is not drawn', () => {
  const { network, plan, draws } = drawn('mlp:100-64x3-4:tanh', { scheme: 'orthogonal' });
  let count = 0;
  const watched = new Map(
    [...draws].map(([name, draw]) => [
      name,
      () => {
        count++;
        return draw();
      },
    ]),
  );
  certifyPlan(plan, network, watched, 0);
  expect(count).toBe(0);
  certifyPlan(plan, network, watched);
  expect(count).toBe(4);
});
