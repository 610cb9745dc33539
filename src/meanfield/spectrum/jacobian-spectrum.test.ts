import { expect, test } from 'vitest';
import { activation, type Nonlinearity } from '../../activation/index.ts';
import { brent, normalCdf } from '../../numeric/index.ts';
import {
  chi1At,
  jacobianSpectrum,
  limitSpectrum,
  linearSpectrum,
  type JacobianOptions,
  type JacobianSpectrum as Spectrum,
} from '../index.ts';

/** The spectrum at criticality, `σw² = 1/E φ'²`. */
function critical(
  name: string,
  q: number,
  rest: Pick<JacobianOptions, 'weights' | 'depth' | 'points'>,
): Spectrum {
  const phi = activation(name);
  return jacobianSpectrum(phi, { ...rest, q, sigmaW2: 1 / chi1At(phi, 1, q) });
}

/** q at which σw² is critical. */
function criticalQ(name: string, sigmaW2: number): number {
  return brent((q) => chi1At(activation(name), sigmaW2, q) - 1, 1e-6, 10);
}

// "fig" in the golden values of the theory: coincide with published figures of Pennington et al. 2017 and 2018, given to 7 or
// 8 digits; deciles computed twice by independent quadrature, to 1e-3.
test.each([
  ['linear', 'gaussian', 2, 1, 1, 2.598076],
  ['linear', 'gaussian', 128, 1, 1, 18.689525],
  ['relu', 'orthogonal', 8, 1, 2, 4.513535],
  ['relu', 'orthogonal', 128, 1, 2, 18.61666],
  ['relu', 'gaussian', 32, 1, 2, 13.190307],
  ['hard_tanh', 'orthogonal', 32, 0.25, null, 2.020284],
  ['hard_tanh', 'orthogonal', 128, 0.25, null, 4.064628],
  ['tanh', 'orthogonal', 200, null, 1.05, 2.036522],
  ['tanh', 'gaussian', 200, null, 1.05, 23.395294],
  ['tanh', 'orthogonal', 32, null, 2, 6.57111981],
] as const)(
  'the largest singular value of %s with %s weights at depth %i is the published one',
  (name, weights, depth, q, sigmaW2, sMax) => {
    const at = q ?? criticalQ(name, sigmaW2);
    const found = critical(name, at, { weights, depth });
    expect(Math.abs(found.sMax / sMax - 1)).toBeLessThan(5e-7);
  },
);

test('the deciles of tanh at depth 32 are the reference values', () => {
  const want = [0.714, 0.7973, 0.8672, 0.9308, 0.9909, 1.0494, 1.1079, 1.1681, 1.2343];
  const q = criticalQ('tanh', 1.05);
  const { deciles } = critical('tanh', q, { weights: 'orthogonal', depth: 32 });
  for (const [i, s] of want.entries()) expect(Math.abs(deciles[i] - s)).toBeLessThan(1e-3);
});

test.each([1, 2, 3, 8, 128, 10_000])(
  'without nonlinearity Gaussian weights have the closed Fuss-Catalan law, depth %i',
  (depth) => {
    const law = linearSpectrum({ weights: 'gaussian', depth });
    const found = critical('linear', 1, { weights: 'gaussian', depth });
    expect(Math.abs(found.sMax / law.sMax - 1)).toBeLessThan(1e-10);
    for (const [i, s] of law.deciles.entries()) {
      // ln s is as large as L, and 1e-15 of it, times the digits that small angles lose, is left.
      if (s > 0) expect(Math.abs(Math.log(found.deciles[i] / s))).toBeLessThan(1e-10 * depth);
    }
  },
);

const trapezoid = (x: readonly number[], y: readonly number[]): number => {
  let sum = 0;
  for (let i = 1; i < x.length; i++) sum += ((x[i] - x[i - 1]) * (y[i] + y[i - 1])) / 2;
  return sum;
};

/** Mean of `s^power` over density, in ln s, and atoms, and over what lies below the first point at s = 0. */
function momentOf({ density, atoms }: Spectrum, power: number): number {
  const lnS = density.s.map(Math.log);
  const part = trapezoid(
    lnS,
    density.s.map((s, i) => s ** (power + 1) * density.rho[i]),
  );
  return part + atoms.reduce((sum, { s, mass }) => sum + mass * s ** power, 0);
}

const SMOOTH = [
  'tanh',
  'erf',
  'arctan',
  'sin',
  'gelu',
  'silu',
  'mish',
  'softplus',
  'softsign',
  'sigmoid',
];
const KINKED = ['relu', 'leaky_relu:0.2', 'hard_tanh', 'relu6', 'hard_swish', 'elu', 'selu'];

test.each([...SMOOTH, ...KINKED])(
  'the density of %s has the mass, the mean and the variance of the exact moments',
  (name) => {
    for (const weights of ['gaussian', 'orthogonal'] as const) {
      for (const depth of [2, 8, 200]) {
        const found = critical(name, 1, { weights, depth });
        const { cdf } = found.density;
        const atoms = found.atoms.reduce((sum, { s, mass }) => sum + (s > 0 ? mass : 0), 0);
        // The trapezoidal rule over 600 points, fewest digits where a density is infinite inside or at an edge.
        const mass =
          momentOf(found, 0) - momentOf({ ...found, density: { s: [], rho: [], cdf: [] } }, 0);
        if (cdf.length > 0) expect(mass + cdf[0] + atoms).toBeCloseTo(1, 2);
        expect(found.mean).toBeCloseTo(1, 9);
        expect(momentOf(found, 2) / found.mean).toBeCloseTo(1, 2);
        const second = momentOf(found, 4) / found.mean ** 2;
        expect(Math.abs(second / (1 + found.variance) - 1)).toBeLessThan(5e-3);
      }
    }
  },
);

test('deciles and cdf are the same law, and it rises from atom to 1', () => {
  for (const name of ['tanh', 'gelu', 'relu', 'selu']) {
    for (const weights of ['gaussian', 'orthogonal'] as const) {
      const { density, deciles } = critical(name, 1, { weights, depth: 4 });
      for (let i = 1; i < density.s.length; i++) {
        expect(density.s[i]).toBeGreaterThan(density.s[i - 1]);
        expect(density.cdf[i]).toBeGreaterThanOrEqual(density.cdf[i - 1]);
      }
      for (const [k, s] of deciles.entries()) {
        const i = density.s.findIndex((at) => at > s);
        if (i < 1) continue;
        expect(density.cdf[i - 1]).toBeLessThanOrEqual((k + 1) / 10);
        expect(density.cdf[i]).toBeGreaterThanOrEqual((k + 1) / 10);
      }
    }
  }
});

test('one layer of orthogonal weights has the law of the slopes themselves', () => {
  const phi = activation('tanh');
  for (const q of [1e-6, 0.3, 1, 100]) {
    const { deciles, sMax } = jacobianSpectrum(phi, {
      weights: 'orthogonal',
      depth: 1,
      sigmaW2: 4,
      q,
    });
    expect(sMax).toBeCloseTo(2, 12);
    for (const [i, s] of deciles.entries()) {
      // s = σw (1 - tanh² x) falls with |x|: P(s' ≤ s) = P(|√q z| ≥ x).
      const x = s < 1 ? Math.acosh(Math.sqrt(2 / s)) : Math.atanh(Math.sqrt(1 - s / 2));
      const p = 2 * normalCdf(-x / Math.sqrt(q));
      // 1 - s/σw ≈ q z² has an error of some ten ε, of which p gets n(z)/(q z), z ≥ 0.126.
      expect(Math.abs(p - (i + 1) / 10)).toBeLessThan(1e-10 + 1e-14 / q);
    }
  }
});

test('two layers of ReLU with orthogonal weights have the arcsine law of two projections', () => {
  const { deciles, sMax, atoms } = critical('relu', 1, { weights: 'orthogonal', depth: 2 });
  expect(sMax).toBeCloseTo(2, 9);
  expect(atoms).toHaveLength(1);
  expect(atoms[0].mass).toBeCloseTo(0.5, 14);
  for (let i = 5; i < 9; i++) {
    expect(deciles[i]).toBeCloseTo(2 * Math.sin(Math.PI * ((i + 1) / 10 - 0.5)), 9);
  }
});

test('the atoms are those of free products', () => {
  const masses = (name: string, q: number, weights: 'gaussian' | 'orthogonal', depth: number) =>
    critical(name, q, { weights, depth }).atoms;
  // No nonlinearity, or slopes ±1: every singular value is the same.
  expect(masses('linear', 1, 'orthogonal', 7)).toEqual([{ s: 1, mass: 1 }]);
  expect(masses('abs', 1, 'orthogonal', 7)).toEqual([{ s: 1, mass: 1 }]);
  expect(masses('linear', 1, 'gaussian', 7)).toEqual([]);
  // Leaky ReLU: two slopes at one layer; at two no mass is left.
  const [low, high] = masses('leaky_relu:0.5', 1, 'orthogonal', 1);
  expect(low.mass).toBeCloseTo(0.5, 14);
  expect(high.s / low.s).toBeCloseTo(2, 14);
  expect(masses('leaky_relu:0.5', 1, 'orthogonal', 2)).toEqual([]);
  // Hard tanh: what saturates in any layer is lost once, what does in none stays with p^{-L/2}.
  const p = 1 - 2 * normalCdf(-2);
  for (const depth of [1, 2, 8, 21]) {
    const [zero, top] = masses('hard_tanh', 0.25, 'orthogonal', depth);
    expect(zero.s).toBe(0);
    expect(zero.mass).toBeCloseTo(1 - p, 12);
    expect(top.mass).toBeCloseTo(1 - depth * (1 - p), 12);
    expect(top.s).toBeCloseTo(p ** (-depth / 2), 12);
  }
  expect(masses('hard_tanh', 0.25, 'orthogonal', 22)).toHaveLength(1);
  expect(masses('hard_tanh', 0.25, 'gaussian', 8)).toHaveLength(1);
});

test('SELU at one layer has an atom inside its density', () => {
  const { atoms, density, sMin, sMax } = critical('selu', 1, { weights: 'orthogonal', depth: 1 });
  expect(atoms).toHaveLength(1);
  expect(atoms[0].mass).toBeCloseTo(0.5, 12);
  expect(sMin).toBeLessThan(atoms[0].s);
  expect(sMax / atoms[0].s).toBeCloseTo(1.6732632423543772, 9);
  expect(density.cdf.at(-1)).toBeCloseTo(1, 4);
});

test('deep networks approach the law of their universality class, smooth ones like 1/√L, others like 1/L', () => {
  // Not a decile: up to this mass there is density, then for the Bernoulli class an atom.
  const sigma02 = 0.75;
  const q = (name: string, depth: number): number =>
    brent(
      (at) => {
        const { variance } = critical(name, at, { weights: 'orthogonal', depth });
        return variance - sigma02;
      },
      1e-7,
      3,
      1e-12,
    );
  for (const [name, kind] of [
    ['tanh', 'smooth'],
    ['erf', 'smooth'],
    ['hard_tanh', 'bernoulli'],
  ] as const) {
    const limit = limitSpectrum(kind, sigma02);
    const errors = [100, 1000].map((depth) => {
      const found = critical(name, q(name, depth), { weights: 'orthogonal', depth });
      return Math.max(...limit.deciles.map((s, i) => Math.abs(found.deciles[i] - s)));
    });
    expect(errors[0]).toBeLessThan(0.1);
    // A smooth class has q ∝ 1/√L and third cumulants L q³; a Bernoulli class has 1 - p ∝ 1/L.
    const exponent = Math.log10(errors[0] / errors[1]);
    expect(Math.abs(exponent - (kind === 'smooth' ? 0.5 : 1))).toBeLessThan(0.05);
  }
});

test('the scale of the weights scales the singular values', () => {
  const phi = activation('gelu');
  const one = jacobianSpectrum(phi, { weights: 'gaussian', depth: 5, sigmaW2: 1, q: 2 });
  const three = jacobianSpectrum(phi, { weights: 'gaussian', depth: 5, sigmaW2: 3, q: 2 });
  const factor = 3 ** 2.5;
  expect(three.sMax / one.sMax).toBeCloseTo(factor, 9);
  for (const [i, s] of one.deciles.entries()) expect(three.deciles[i] / s).toBeCloseTo(factor, 8);
  expect(three.variance / one.variance).toBeCloseTo(factor ** 4, 6);
});

test.each(['tanh', 'gelu', 'softplus', 'selu'])(
  '%s has a spectrum at every depth and size of q, with increasing deciles below s_max',
  (name) => {
    for (const q of [1e-20, 1e-14, 1e-6, 1e3]) {
      for (const weights of ['gaussian', 'orthogonal'] as const) {
        for (const depth of [1, 2, 10_000]) {
          const { sMax, sMin, deciles, density } = critical(name, q, {
            weights,
            depth,
            points: 50,
          });
          for (const value of [sMax, sMin, ...deciles, ...density.s, ...density.rho]) {
            expect(Number.isFinite(value)).toBe(true);
          }
          // ln λ is a sum of L terms.
          const slack = depth * Number.EPSILON * 10;
          expect(Math.min(...deciles)).toBeGreaterThanOrEqual(sMin * (1 - slack));
          expect(Math.max(...deciles)).toBeLessThanOrEqual(sMax * (1 + slack));
          for (let i = 1; i < 9; i++) expect(deciles[i]).toBeGreaterThanOrEqual(deciles[i - 1]);
        }
      }
    }
  },
  120_000,
);

test('at q = 0 both sides of a kink count, as at every small q', () => {
  for (const name of ['relu', 'leaky_relu:0.3', 'selu', 'tanh']) {
    const phi = activation(name);
    const at = (q: number): Spectrum =>
      jacobianSpectrum(phi, { weights: 'gaussian', depth: 3, sigmaW2: 1, q });
    const [zero, small] = [at(0), at(1e-20)];
    expect(zero.sMax / small.sMax).toBeCloseTo(1, 8);
    expect(zero.mean / small.mean).toBeCloseTo(1, 8);
    expect(zero.atoms.length).toBe(small.atoms.length);
  }
});

test('a slope by differences has the spectrum of the derivative, atoms and all', () => {
  const relu = activation('relu');
  const f = relu.f;
  const df = (x: number): number => {
    const h = 1e-5 * Math.max(1, Math.abs(x));
    return (f(x + h) - f(x - h)) / (2 * h);
  };
  const byDifferences: Nonlinearity = { ...relu, df };
  for (const depth of [1, 4]) {
    const options = { weights: 'orthogonal', depth, sigmaW2: 2, q: 1 } as const;
    const found = jacobianSpectrum(byDifferences, options);
    const want = jacobianSpectrum(relu, options);
    // The differences err by 1e-16 / 1e-5 and the kink is 1e-5 wide.
    expect(Math.abs(found.sMax / want.sMax - 1)).toBeLessThan(1e-3);
    for (const [i, s] of want.deciles.entries()) {
      expect(Math.abs(found.deciles[i] - s)).toBeLessThan(1e-3);
    }
  }
});

test('a slope that is zero all over makes all singular values zero', () => {
  const flat: Nonlinearity = {
    name: 'flat',
    f: () => 1,
    df: () => 0,
    breakpoints: [],
    homogeneous: false,
    odd: false,
  };
  const found = jacobianSpectrum(flat, { weights: 'orthogonal', depth: 2, sigmaW2: 1, q: 1 });
  expect(found.atoms).toEqual([{ s: 0, mass: 1 }]);
  expect([found.sMin, found.sMax, found.mean, found.variance]).toEqual([0, 0, 0, 0]);
});

test('what is no spectrum is refused with the reason', () => {
  const ask =
    (options: Partial<JacobianOptions>, phi: Nonlinearity = activation('leaky_relu')) =>
    () =>
      jacobianSpectrum(phi, { weights: 'gaussian', depth: 3, sigmaW2: 1, q: 1, ...options });
  expect(ask({ depth: 0 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: jacobianSpectrum: depth must be a whole number from 1 on, got 0]`,
  );
  expect(ask({ sigmaW2: -1 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: jacobianSpectrum: sigmaW2 must be positive and finite, got -1]`,
  );
  expect(ask({ q: Infinity })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: jacobianSpectrum: q must be a second moment, finite and not negative, got Infinity]`,
  );
  expect(ask({ points: 0 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: jacobianSpectrum: points must be a whole number from 1 to 1000000, got 0]`,
  );
  expect(ask({ depth: 10_000, sigmaW2: 3 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: jacobianSpectrum: the mean χ₁^L of the squared singular values and its square must be float64, got χ₁ = 1.5001500000000014 and L = 10000; at this χ₁ depths up to 838 have one]`,
  );
  expect(ask({ depth: 10_000, sigmaW2: 1.5 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: jacobianSpectrum: the mean χ₁^L of the squared singular values and its square must be float64, got χ₁ = 0.7500750000000007 and L = 10000; at this χ₁ depths up to 2399 have one]`,
  );
  const broken: Nonlinearity = { ...activation('tanh'), name: 'mine', df: () => Number.NaN };
  expect(ask({}, broken)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: jacobianSpectrum: the derivative of mine must be a number whose square is a float64, got NaN at x = 8.502649766252087; with E φ'(√q z)² infinite there is no spectrum at q = 1]`,
  );
  const steep: Nonlinearity = { ...activation('tanh'), name: 'steep', df: (x) => Math.exp(x ** 4) };
  expect(ask({}, steep)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: jacobianSpectrum: the derivative of steep must be a number whose square is a float64, got Infinity at x = 8.502649766252087; with E φ'(√q z)² infinite there is no spectrum at q = 1]`,
  );
});
