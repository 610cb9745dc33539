import { expect, test } from 'vitest';
import { meanAndError, normals } from '../../../test/wide-network.ts';
import { sigmoid } from '../../numeric/index.ts';
import { key } from '../../random/index.ts';
import { cellLaw, type CellInputs } from './cell-law.ts';

test('half of the old cell and half of a random sign make a cell that is even on [-1, 1]', () => {
  // c = Σ ±2^-k / 2 is the binary expansion of a uniform number; g is a sign up to 1e-7 of its mass.
  const law = cellLaw({ meanF: 0, qF: 0, meanI: 0, qI: 0, qG: 1e14 });
  expect(Math.abs(law.second - 1 / 3)).toBeLessThan(2e-7);
  expect(Math.abs(law.squash - (1 - Math.tanh(1)))).toBeLessThan(2e-7);
  const alone = law.growth({ f: 0, i: 0, g: 0, output2: 0.3, output: 0 });
  expect(alone).toBeCloseTo(0.25, 8);
});

test('gates that forget everything leave the law of i g, those that write little a small cell', () => {
  const fresh = cellLaw({ meanF: -40, qF: 0, meanI: 40, qI: 0, qG: 1 });
  // c = tanh(z): E c², c: computed twice by independent quadrature.
  expect(fresh.second).toBeCloseTo(0.3942944904, 9);
  const small = cellLaw({ meanF: 0, qF: 0.5, meanI: -6, qI: 0.1, qG: 1 });
  // tanh² c = c² - (2/3) c⁴ + …
  expect(small.squash / small.second).toBeGreaterThan(1 - 10 * small.second);
  expect(small.squash / small.second).toBeLessThan(1);
});

test.each([
  { meanF: 1, qF: 0.5, meanI: 0, qI: 0.5, qG: 1 },
  { meanF: 0, qF: 9, meanI: 1, qI: 4, qG: 9 },
  { meanF: 3, qF: 1, meanI: 0, qI: 1, qG: 2 },
] satisfies CellInputs[])('random cells have these moments: %o', (inputs) => {
  const { meanF, qF, meanI, qI, qG } = inputs;
  const law = cellLaw(inputs);
  const [cells, steps] = [400, 220];
  const f = normals(key(1), 'f', cells * steps, qF);
  const i = normals(key(1), 'i', cells * steps, qI);
  const g = normals(key(1), 'g', cells * steps, qG);
  const ends = Array.from({ length: cells }, (_, cell) => {
    let c = 0;
    for (let t = cell * steps; t < (cell + 1) * steps; t++) {
      c = sigmoid(meanF + f[t]) * c + sigmoid(meanI + i[t]) * Math.tanh(g[t]);
    }
    return c;
  });
  for (const [quantity, value, samples] of [
    ['second', law.second, ends.map((c) => c * c)],
    ['squash', law.squash, ends.map((c) => Math.tanh(c) ** 2)],
  ] as const) {
    const { mean, error } = meanAndError(samples);
    // Four standard errors over independent cells; 220 steps forget the start to 1e-9.
    expect(Math.abs(mean - value), `${quantity}: ${mean} ± ${error}, ${value}`).toBeLessThan(
      4 * error,
    );
  }
});

test('without recurrent weights to the gates the growth is that of the hand-made two-by-two system', () => {
  // Only the candidate feeds back: E δc² → E f² E δc² + σ² E i² E g'² E δh², E δh² = E o² E tanh'(c)² δc². For cells so small
  // that tanh'(c) = 1, the two follow each other: χ = E f² + σ² E i² E g'² E o².
  const inputs = { meanF: 0, qF: 0, meanI: -9, qI: 0, qG: 1e-6 };
  const chi = cellLaw(inputs).growth({ f: 0, i: 0, g: 1e7, output2: 0.2, output: 0 });
  const i2 = sigmoid(-9) ** 2;
  expect(chi / (0.25 + 1e7 * i2 * 0.2)).toBeCloseTo(1, 5);
});
