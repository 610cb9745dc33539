import { expect, test } from 'vitest';
import type { Law, Laws } from '../meanfield/index.ts';
import { buildArchitecture, describeNetwork } from '../network/index.ts';
import { predictedSpectrum, type SpectrumPrediction } from './spectrum.ts';

/** The law of a chain of so many units with Gaussian weights. */
function lawOf(width: number): SpectrumPrediction {
  const graph = buildArchitecture(`mlp:${width}-${width}-${width}:tanh`);
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
  expect(lawOf(3).reason).toBe(
    'The law of the singular values is not known here: layers of 3 units are too narrow for a law of wide ones.',
  );
  expect(lawOf(4).spectrum).not.toBeNull();
});
