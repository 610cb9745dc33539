import { expect, test } from 'vitest';
import { activation, type Nonlinearity } from '../../activation/index.ts';
import {
  chainSpectrum,
  chi1At,
  jacobianSpectrum,
  varianceMap,
  type ChainLayer,
  type JacobianSpectrum as Spectrum,
} from '../index.ts';

const tanh = activation('tanh');
const hardTanh = activation('hard_tanh');

/** Layers from q on, where the variance map of σw² leads. */
function chain(
  q: number,
  sigmaW2: number,
  weights: ChainLayer['weights'],
  depth: number,
  phi: Nonlinearity = tanh,
): ChainLayer[] {
  const layers: ChainLayer[] = [];
  for (let at = q; layers.length < depth; at = varianceMap(phi, { sigmaW2, sigmaB2: 0 }, at)) {
    layers.push({ phi, weights, sigmaW2, q: at });
  }
  return layers;
}

test.each([
  ['tanh', 0.5, 'orthogonal', 8],
  ['tanh', 0.5, 'gaussian', 4],
  ['relu', 1, 'orthogonal', 3],
  ['leaky_relu:0.5', 1, 'orthogonal', 3],
  ['hard_tanh', 0.25, 'orthogonal', 8],
  ['hard_tanh', 0.25, 'orthogonal', 32],
  ['gelu', 2, 'gaussian', 3],
  ['linear', 1, 'gaussian', 5],
  ['linear', 1, 'orthogonal', 5],
  ['tanh', 2, 'orthogonal', 1],
  ['tanh', 0.0255, 'orthogonal', 100],
  ['gelu', 0.5, 'orthogonal', 4],
] as const)(
  'a chain of equal layers of %s has the law of one of them, q %d, %s, %i layers',
  (name, q, weights, depth) => {
    const phi = activation(name);
    const sigmaW2 = 1 / chi1At(phi, 1, q);
    const want = jacobianSpectrum(phi, { weights, depth, sigmaW2, q });
    const found = chainSpectrum(
      Array.from({ length: depth }, () => ({ phi, weights, sigmaW2, q })),
    );
    expect(found.sMax / want.sMax).toBeCloseTo(1, 9);
    if (want.sMin === 0) expect(found.sMin).toBe(0);
    else expect(found.sMin / want.sMin).toBeCloseTo(1, 7);
    expect(found.mean).toBeCloseTo(want.mean, 12);
    expect(found.variance).toBeCloseTo(want.variance, 10);
    for (const [i, s] of want.deciles.entries()) expect(found.deciles[i]).toBeCloseTo(s, 9);
    expect(found.atoms).toHaveLength(want.atoms.length);
    for (const [i, { s, mass }] of want.atoms.entries()) {
      expect(found.atoms[i].s).toBeCloseTo(s, 12);
      expect(found.atoms[i].mass).toBeCloseTo(mass, 12);
    }
  },
);

test('two layers of hard tanh have the law of a product of two projections', () => {
  for (const [q1, q2] of [
    [0.6, 1.5],
    [1, 4],
    [0.3, 0.4],
  ]) {
    const layers = [q1, q2].map((q): ChainLayer => ({
      phi: hardTanh,
      weights: 'orthogonal',
      sigmaW2: 1,
      q,
    }));
    const [p1, p2] = layers.map(({ q }) => chi1At(hardTanh, 1, q));
    const { sMax, atoms, density, mean } = chainSpectrum(layers);
    // Free product of Bernoulli laws, Voiculescu 1987: density between λ± and the common atoms.
    const edge = p1 + p2 - 2 * p1 * p2 + Math.sqrt(4 * p1 * p2 * (1 - p1) * (1 - p2));
    expect(mean).toBeCloseTo(p1 * p2, 12);
    expect(atoms[0]).toEqual({ s: 0, mass: expect.closeTo(1 - Math.min(p1, p2), 12) });
    expect(density.s.at(-1)).toBeLessThan(Math.sqrt(edge));
    expect(density.s.at(-1)! / Math.sqrt(edge)).toBeCloseTo(1, 3);
    if (p1 + p2 > 1) {
      expect(atoms[1]).toEqual({
        s: expect.closeTo(1, 12),
        mass: expect.closeTo(p1 + p2 - 1, 12),
      });
    } else {
      expect(sMax).toBeCloseTo(Math.sqrt(edge), 9);
    }
  }
});

/** Mean of `s^power` over the density, in ln s. */
function momentOf({ density: { s, rho } }: Spectrum, power: number): number {
  let sum = 0;
  for (let i = 1; i < s.length; i++) {
    const step = Math.log(s[i] / s[i - 1]);
    sum += 0.5 * step * (s[i] ** (power + 1) * rho[i] + s[i - 1] ** (power + 1) * rho[i - 1]);
  }
  return sum;
}

test('the density of layers with different q has the moments of the product of their transforms', () => {
  const mixed = chain(3, 1.44, 'gaussian', 3).concat(chain(1, 0.9, 'orthogonal', 4));
  for (const layers of [
    chain(4, 1.21, 'orthogonal', 20),
    chain(0.2, 0.81, 'orthogonal', 30),
    chain(2, 1.5, 'gaussian', 6),
    chain(1, 1.5, 'orthogonal', 6, hardTanh),
    mixed,
  ]) {
    const found = chainSpectrum(layers);
    const chi = layers.reduce(
      (product, { phi, sigmaW2, q }) => product * chi1At(phi, sigmaW2, q),
      1,
    );
    expect(found.mean / chi).toBeCloseTo(1, 10);
    // The trapezoidal rule over 600 points.
    expect(Math.abs(momentOf(found, 0) + found.density.cdf[0] - 1)).toBeLessThan(2e-3);
    for (const [i, s] of found.deciles.entries()) {
      const next = found.density.s.findIndex((at) => at > s);
      if (next > 0) expect(found.density.cdf[next]).toBeGreaterThan((i + 1) / 10 - 1e-9);
      if (next > 0) expect(found.density.cdf[next - 1]).toBeLessThan((i + 1) / 10 + 1e-9);
    }
    expect(Math.abs(momentOf(found, 2) / found.mean - 1)).toBeLessThan(2e-3);
    const second = found.mean ** 2 + found.variance;
    expect(Math.abs(momentOf(found, 4) / second - 1)).toBeLessThan(5e-3);
  }
});

test('layers whose slopes are all but the same have the law of equal ones, with an atom at 0 too', () => {
  // ReLU6 has the slopes of ReLU up to a probability of 1e-9 where q is near 1.
  const relu6 = activation('relu6');
  const relu = activation('relu');
  for (const weights of ['orthogonal', 'gaussian'] as const) {
    const near = [1, 1.1, 0.9].map((q): ChainLayer => ({ phi: relu6, weights, sigmaW2: 2, q }));
    const found = chainSpectrum(near, 50);
    const want = jacobianSpectrum(relu, { weights, depth: 3, sigmaW2: 2, q: 1 });
    for (const [i, s] of want.deciles.entries()) expect(found.deciles[i]).toBeCloseTo(s, 6);
    expect(found.sMax).toBeCloseTo(want.sMax, 6);
  }
});

test('the order of the layers does not matter, nor do orthogonal layers without slopes', () => {
  const layers = chain(2, 1.21, 'orthogonal', 5);
  const want = chainSpectrum(layers, 50);
  const linear: ChainLayer = {
    phi: activation('linear'),
    weights: 'orthogonal',
    sigmaW2: 4,
    q: 1,
  };
  const found = chainSpectrum([linear, ...[...layers].reverse(), linear], 50);
  for (const [i, s] of want.deciles.entries()) expect(found.deciles[i] / s / 4).toBeCloseTo(1, 9);
  const [single] = layers;
  const one = chainSpectrum([linear, single, linear], 50);
  const alone = jacobianSpectrum(tanh, { ...single, depth: 1 });
  for (const [i, s] of alone.deciles.entries()) expect(one.deciles[i] / s / 4).toBeCloseTo(1, 9);
});

test('what is no chain is refused with the reason', () => {
  const layer: ChainLayer = { phi: tanh, weights: 'orthogonal', sigmaW2: 1, q: 1 };
  expect(() => chainSpectrum([])).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: chainSpectrum: a chain must have at least 1 layer, got none]`,
  );
  expect(() => chainSpectrum([layer, { ...layer, q: -1 }])).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: chainSpectrum: q of layer 2 must be a second moment, finite and not negative, got -1]`,
  );
  expect(() => chainSpectrum([{ ...layer, sigmaW2: 0 }])).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: chainSpectrum: sigmaW2 of layer 1 must be positive and finite, got 0]`,
  );
  expect(() => chainSpectrum([layer], 0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: chainSpectrum: points must be a whole number from 1 to 1000000, got 0]`,
  );
  expect(() =>
    chainSpectrum(Array.from({ length: 1000 }, () => ({ ...layer, sigmaW2: 0.3 }))),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: chainSpectrum: the mean of the squared singular values and its fourth power must be float64, got ln m₁ = -1970.9755836152883 for 1000 layers; take variances nearer to criticality]`,
  );
});
