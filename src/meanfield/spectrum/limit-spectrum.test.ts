import { expect, test } from 'vitest';
import {
  limitSpectrum,
  linearSpectrum,
  residualSpectrum,
  type JacobianSpectrum as Spectrum,
} from '../index.ts';

/** Mass, mean and mean square of `s²`, by the trapezoidal rule in s over many points. */
function moments({ density: { s, rho }, atoms }: Spectrum): [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0];
  for (let k = 0; k < 3; k++) {
    for (let i = 1; i < s.length; i++) {
      sums[k] +=
        ((s[i] - s[i - 1]) * (s[i] ** (2 * k) * rho[i] + s[i - 1] ** (2 * k) * rho[i - 1])) / 2;
    }
    for (const atom of atoms) sums[k] += atom.mass * atom.s ** (2 * k);
  }
  return sums;
}

test.each([0.01, 0.853781, 4, 30])(
  'the smooth class has its edges, moments and symmetry at σ₀² = %f',
  (sigma02) => {
    const law = limitSpectrum('smooth', sigma02, 6000);
    const edge = (sign: number): number => {
      const m = (-1 + sign * Math.sqrt(1 + 4 / sigma02)) / 2;
      return Math.sqrt(((1 + m) / m) * Math.exp(sigma02 * m));
    };
    expect(law.sMax / edge(1)).toBeCloseTo(1, 10);
    expect(law.sMin / edge(-1)).toBeCloseTo(1, 10);
    // What the trapezoidal rule leaves at 6000 points, which cluster at the edges.
    const [mass, mean, square] = moments(law);
    expect(mass + law.density.cdf[0]).toBeCloseTo(1, 4);
    expect(mean).toBeCloseTo(1, 4);
    expect(square / (1 + sigma02)).toBeCloseTo(1, 4);
    // 1/λ has the law of λ e^{σ₀²}: s_p s_{1-p} = e^{-σ₀²/2}.
    for (let i = 0; i < 9; i++) {
      expect(law.deciles[i] * law.deciles[8 - i] * Math.exp(sigma02 / 2)).toBeCloseTo(1, 9);
    }
  },
);

test('the largest singular value of the smooth class is the reference value', () => {
  // Computed by expansion and confirmed numerically, three decimals.
  expect(limitSpectrum('smooth', 0.853781).sMax).toBeCloseTo(2.101, 3);
});

test.each([0.01, 0.25, 0.99, 1, 1.5, 4, 100])(
  'the Bernoulli class has its edge, atom and moments at σ₀² = %f',
  (sigma02) => {
    const law = limitSpectrum('bernoulli', sigma02, 6000);
    const [, mean, square] = moments(law);
    expect(mean).toBeCloseTo(1, 2);
    expect(square / (1 + sigma02)).toBeCloseTo(1, 2);
    expect(law.sMin).toBe(0);
    if (sigma02 < 1) {
      expect(law.atoms).toHaveLength(1);
      expect(law.atoms[0].mass).toBeCloseTo(1 - sigma02, 14);
      expect(law.sMax).toBeCloseTo(Math.exp(sigma02 / 2), 12);
      expect(law.density.s.at(-1)).toBeLessThan(Math.sqrt(Math.E * sigma02));
    } else {
      expect(law.atoms).toEqual([]);
      expect(law.sMax).toBeCloseTo(Math.sqrt(Math.E * sigma02), 10);
    }
  },
);

test('a residual network has the reference law', () => {
  const law = residualSpectrum({ c: 0.5, points: 6000 });
  // Edges as given with the simulation of 50 layers of ReLU, s_max 2.83 and s_min 0.353.
  expect(law.sMax).toBeCloseTo(2.83, 2);
  expect(law.sMin).toBeCloseTo(0.353, 3);
  const [mass, mean, square] = moments(law);
  expect(mass).toBeCloseTo(1, 4);
  expect(law.mean).toBeCloseTo(Math.exp(0.5), 12);
  expect(mean / law.mean).toBeCloseTo(1, 4);
  expect(square / law.mean ** 2).toBeCloseTo(2, 3);
  expect(law.variance / law.mean ** 2).toBeCloseTo(1, 12);
  // G = (zG - 1) e^{c(1 - 2zG)} is symmetric in ln z.
  for (let i = 0; i < 9; i++) expect(law.deciles[i] * law.deciles[8 - i]).toBeCloseTo(1, 10);
});

test('a residual network with small branches keeps all singular values near 1', () => {
  const { sMin, sMax } = residualSpectrum({ c: 1e-10 });
  // λ± ≈ e^{±2√(2c)}.
  expect((sMax - 1) / Math.sqrt(2e-10)).toBeCloseTo(1, 4);
  expect((1 - sMin) / Math.sqrt(2e-10)).toBeCloseTo(1, 4);
});

test('one Gaussian layer has the quarter circle, more the edges of Fuss and Catalan', () => {
  const { density, sMax } = linearSpectrum({ weights: 'gaussian', depth: 1, sigmaW2: 4 });
  expect(sMax).toBeCloseTo(4, 12);
  for (const [i, s] of density.s.entries()) {
    expect(density.rho[i]).toBeCloseTo(Math.sqrt(16 - s * s) / (4 * Math.PI), 10);
  }
  for (const L of [2, 128, 10_000]) {
    const found = linearSpectrum({ weights: 'gaussian', depth: L });
    expect(found.sMax ** 2 / ((L + 1) * (1 + 1 / L) ** L)).toBeCloseTo(1, 10);
    expect([found.mean, found.variance]).toEqual([1, L]);
  }
});

test('parameters without a law are refused with the reason', () => {
  expect(() => limitSpectrum('smooth', 0)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: limitSpectrum: sigma02 must be positive and at most 600, where the eigenvalues at both edges are float64, got 0]`,
  );
  expect(() => limitSpectrum('bernoulli', 1e4)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: limitSpectrum: sigma02 must be positive and at most 600, where the eigenvalues at both edges are float64, got 10000]`,
  );
  expect(() => residualSpectrum({ c: -1 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: residualSpectrum: c must be positive and at most 150, where the eigenvalues at both edges are float64, got -1]`,
  );
  expect(() => residualSpectrum({ c: 1, points: 0.5 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: residualSpectrum: points must be a whole number from 1 to 1000000, got 0.5]`,
  );
  expect(() =>
    linearSpectrum({ weights: 'gaussian', depth: 0 }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: linearSpectrum: depth must be a whole number from 1 on, got 0]`,
  );
  expect(() =>
    linearSpectrum({ weights: 'gaussian', depth: 10_000, sigmaW2: 2 }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: linearSpectrum: the squared singular values must be float64, got a mean of 2^10000; take sigmaW2 nearer to 1]`,
  );
});
