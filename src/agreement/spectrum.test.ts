import { describe, expect, test } from 'vitest';
import type { JacobianMeasurement } from '../measure/index.ts';
import type { Law, Laws } from '../meanfield/index.ts';
import { buildArchitecture, describeNetwork } from '../network/index.ts';
import { agreeSpectrum, predictedSpectrum, type SpectrumPrediction } from './spectrum.ts';

/** The law of a chain of so many units with Gaussian weights. */
function lawOf(width: number, activation = 'tanh'): SpectrumPrediction {
  const graph = buildArchitecture(`mlp:${width}-${width}-${width}:${activation}`);
  const none: Law = { mean: 0, variance: 0, caveat: null };
  const laws: Laws = (name) => (name.endsWith('weight') ? { ...none, variance: 1 / width } : none);
  return predictedSpectrum(graph, describeNetwork(graph), laws, {
    from: 'input',
    to: 'output',
    q: 1,
  });
}

test('a handful of singular values is not held against the law of infinitely many', () => {
  expect(lawOf(1).reason).toBe(
    'The law of the singular values is not known here: layers of 1 unit are too narrow for a law of wide ones.',
  );
  expect(lawOf(9).reason).toBe(
    'The law of the singular values is not known here: layers of 9 units are too narrow for a law of wide ones.',
  );
  expect(lawOf(10).spectrum).not.toBeNull();
});

describe('of a ReLU layer half of the singular values are 0', () => {
  const width = 40;
  const law = lawOf(width, 'relu');

  /** What the law says, but for the singular values at half of them. */
  function verdictOf(median: number): string | undefined {
    if (law.spectrum === null) throw new Error(law.reason);
    const { sMax, mean, variance, deciles } = law.spectrum;
    const found = deciles.map((s, i) => (i === 4 ? median : s));
    const measured = {
      rows: width,
      cols: width,
      mean,
      variance,
      deciles: [0, ...found, sMax],
      draws: { sMax: [sMax], sMin: [0], mean: [mean] },
    } as unknown as JacobianMeasurement;
    return agreeSpectrum(measured, law).deciles[4].verdict;
  }

  test('of 40 units 17 may be closed in place of 20, so that the median is not 0', () => {
    // One unit more or less in place of the other scatters by √(40/4) = 3.2 units, 8 % of them all.
    if (law.spectrum === null) throw new Error(law.reason);
    expect(law.spectrum.deciles[4]).toBe(0);
    const { s, cdf } = law.spectrum.density;
    const next = s[cdf.findIndex((below) => below > 0.5 + 3 / 40)];
    expect(next).toBeGreaterThan(0);
    expect(verdictOf(next)).toBe('agrees');
  });

  test('a median at the largest is none of them', () => {
    expect(verdictOf(law.spectrum?.sMax ?? 0)).toBe('differs');
  });
});
