import { expect, test } from 'vitest';
import { activation } from '../../activation/index.ts';
import { singularValues } from '../../numeric/index.ts';
import { fold, key, plainKernels, type Key } from '../../random/index.ts';
import { chainErrors, chainSpectrum, varianceMap, type ChainLayer } from '../index.ts';

const WIDTH = 64;
const DEPTH = 6;
const DRAWS = 120;
const DEVIATIONS = 4.5;

function normals(from: Key, count: number, std: number): Float64Array {
  const values = new Float64Array(count);
  plainKernels.normal(from, values, 0, std);
  return values;
}

/** Singular values of `J = D_L W_L … D_1 W_1` of one random network without biases. */
function simulate(layers: readonly ChainLayer[], seed: number): Float64Array {
  const root = fold(key(seed), 'chain');
  let x = normals(fold(root, 'input'), WIDTH, 1);
  const size = Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / WIDTH);
  const [{ q, sigmaW2: first }] = layers;
  x = x.map((value) => (value * Math.sqrt(q / first)) / size);
  let J = Float64Array.from({ length: WIDTH ** 2 }, (_, i) => (i % (WIDTH + 1) === 0 ? 1 : 0));
  for (const [l, { phi, weights, sigmaW2 }] of layers.entries()) {
    const own = fold(root, `weight/${l}`);
    const W =
      weights === 'gaussian'
        ? normals(own, WIDTH ** 2, Math.sqrt(sigmaW2 / WIDTH))
        : Float64Array.from(
            plainKernels.haar(own, WIDTH, WIDTH, 'float64'),
            (value) => value * Math.sqrt(sigmaW2),
          );
    const product = new Float64Array(WIDTH ** 2);
    const h = new Float64Array(WIDTH);
    for (let i = 0; i < WIDTH; i++) {
      for (let j = 0; j < WIDTH; j++) h[i] += W[i * WIDTH + j] * x[j];
      const slope = phi.df(h[i]);
      for (let k = 0; k < WIDTH; k++) {
        const factor = slope * W[i * WIDTH + k];
        for (let j = 0; j < WIDTH; j++) product[i * WIDTH + j] += factor * J[k * WIDTH + j];
      }
    }
    J = product;
    x = h.map(phi.f);
  }
  return singularValues(J, WIDTH, WIDTH);
}

function deviation(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

test.each([
  ['tanh', 'orthogonal', 1.21],
  ['tanh', 'gaussian', 1.21],
  ['hard_tanh', 'orthogonal', 1.5],
] as const)(
  'random networks of %s with %s weights scatter around the law of their chain as said',
  (name, weights, sigmaW2) => {
    const phi = activation(name);
    const layers: ChainLayer[] = [];
    for (let q = 1; layers.length < DEPTH; q = varianceMap(phi, { sigmaW2, sigmaB2: 0 }, q)) {
      layers.push({ phi, weights, sigmaW2, q });
    }
    const { deciles, mean, sMax } = chainSpectrum(layers, 20);
    const places = deciles.slice(5, 9);
    const errors = chainErrors(layers, WIDTH, places);
    const draws = Array.from({ length: DRAWS }, (_, seed) => simulate(layers, seed));
    // The error of a standard deviation of so many draws, and the next order in 1/N.
    const slack = DEVIATIONS / Math.sqrt(2 * DRAWS) + DEPTH / WIDTH;
    for (const [i, s] of places.entries()) {
      const found = deviation(draws.map((all) => all.filter((own) => own <= s).length / WIDTH));
      expect(Math.abs(found.deviation / errors.cdf[i] - 1)).toBeLessThan(slack);
      const offset = Math.abs(found.mean - (i + 6) / 10);
      expect(offset).toBeLessThan((DEVIATIONS * errors.cdf[i]) / Math.sqrt(DRAWS) + 1 / WIDTH);
    }
    const lnMean = deviation(
      draws.map((all) => Math.log(all.reduce((sum, s) => sum + s * s, 0) / WIDTH / mean)),
    );
    expect(Math.abs(lnMean.deviation / errors.lnMean - 1)).toBeLessThan(slack);
    const lnVariance = deviation(
      draws.map((all) => {
        const second = all.reduce((sum, s) => sum + s * s, 0) / WIDTH;
        return Math.log(all.reduce((sum, s) => sum + (s * s - second) ** 2, 0) / WIDTH);
      }),
    );
    expect(Math.abs(lnVariance.deviation / (errors.lnVariance ?? 0) - 1)).toBeLessThan(slack);
    if (errors.lnSMax === null) return;
    const top = deviation(draws.map((all) => Math.log(Math.max(...all) / sMax)));
    expect(Math.abs(top.deviation / errors.lnSMax.error - 1)).toBeLessThan(2 * slack);
  },
  60_000,
);

test('a width that is no number of units is refused', () => {
  const layer: ChainLayer = {
    phi: activation('tanh'),
    weights: 'orthogonal',
    sigmaW2: 1,
    q: 1,
  };
  expect(() => chainErrors([layer, layer], 0, [])).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: chainErrors: width must be a whole number from 1 on, got 0]`,
  );
});
