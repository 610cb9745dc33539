import { expect, test } from 'vitest';
import { activation } from '../../activation/index.ts';
import { normalCdf, normalPdf, singularValues } from '../../numeric/index.ts';
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

/** Singular values of `J = D_L W_L … D_1 W_1` of one random network with biases from the second layer on. */
function simulate(layers: readonly ChainLayer[], sigmaB2: number, seed: number): Float64Array {
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
    const h =
      l === 0
        ? new Float64Array(WIDTH)
        : normals(fold(root, `bias/${l}`), WIDTH, Math.sqrt(sigmaB2));
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
  ['tanh', 'orthogonal', 1.21, 0],
  ['tanh', 'orthogonal', 1.1, 0.5],
  ['tanh', 'gaussian', 1.21, 0],
  ['hard_tanh', 'orthogonal', 1.5, 0],
] as const)(
  'random networks of %s with %s weights, σw² %f and σb² %f, scatter around the law of their chain as said',
  (name, weights, sigmaW2, sigmaB2) => {
    const phi = activation(name);
    const layers: ChainLayer[] = [];
    for (let q = 1; layers.length < DEPTH; q = varianceMap(phi, { sigmaW2, sigmaB2 }, q)) {
      layers.push({ phi, weights, sigmaW2, q });
    }
    const { deciles, mean, sMax } = chainSpectrum(layers, 20);
    const places = deciles.slice(5, 9);
    const errors = chainErrors(layers, WIDTH, places);
    const draws = Array.from({ length: DRAWS }, (_, seed) => simulate(layers, sigmaB2, seed));
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

const layer = (name: string, weights: ChainLayer['weights'], q: number = 1): ChainLayer => ({
  phi: activation(name),
  weights,
  sigmaW2: 1,
  q,
});

test('the largest singular value of one Gaussian matrix scatters as Johnstone has it', () => {
  const width = 300;
  const { lnMean, lnSMax } = chainErrors([layer('linear', 'gaussian')], width, []);
  // λ_max of a square Wishart matrix is 4 N + 2^(4/3) N^(1/3) TW₁: relative to 4 N a scale of (2 N)^(-2/3); s goes by half.
  // Johnstone 2001, theorem 1.1; mean and deviation of TW₁ are -1.20653 and 1.26798.
  const scale = 0.5 * (2 * width) ** (-2 / 3);
  // The density at 1e-4 below the edge is a root up to a part of that order.
  expect(lnSMax!.error / (1.26798 * scale)).toBeCloseTo(1, 3);
  expect(lnSMax!.shift / (-1.20653 * scale)).toBeCloseTo(1, 3);
  // Of the mean of N² squares of normal weights the relative variance is 2/N².
  expect(lnMean).toBeCloseTo(Math.SQRT2 / width, 12);
});

test('orthogonal matrices alone have no soft edge and no scatter', () => {
  const alone = [layer('linear', 'orthogonal'), layer('linear', 'orthogonal')];
  expect(chainErrors(alone, 100, [])).toEqual({
    lnMean: expect.closeTo(0, 12),
    lnVariance: null,
    lnSMax: null,
    cdf: [],
  });
});

test('of one orthogonal layer the slopes are a sample on a sphere, with layers that change nothing or without', () => {
  const [width, q] = [200, 0.7];
  const one = layer('tanh', 'orthogonal', q);
  const place = 0.6;
  const alone = chainErrors([one], width, [place]);
  // s = 1 - tanh² h is at most 0.6 where |z| is at least the z of it.
  const z = Math.atanh(Math.sqrt(1 - place)) / Math.sqrt(q);
  const p = 2 * (1 - normalCdf(z));
  // E (z² - 1) over |z| > a is 2 a n(a).
  const norm = 2 * z * normalPdf(z);
  const want = Math.sqrt((p * (1 - p) - 0.5 * norm ** 2) / width);
  // A panel of 16 nodes, where it is steepest as wide as 1/2, is cut at a node: 2 % of the mass of z at most.
  expect(Math.abs(alone.cdf[0] / want - 1)).toBeLessThan(0.02);
  expect(alone.lnSMax).toBeNull();
  const among = chainErrors([layer('linear', 'orthogonal', q), one], width, [place]);
  expect(among.cdf[0]).toBeCloseTo(alone.cdf[0], 12);
});

test('positions have units of their own and share their matrices', () => {
  const [width, positions] = [1000, 25];
  const units = Array.from({ length: 5 }, () => layer('tanh', 'orthogonal'));
  const s = chainSpectrum(units, 20).deciles.slice(3, 8);
  const [alone, together] = [1, positions].map((count) => chainErrors(units, width, s, count));
  // What is left is of the matrices, in the order of ln N/N² against 1/N.
  const root = Math.sqrt(positions);
  for (const [i, error] of together.cdf.entries()) {
    expect(error).toBeGreaterThan(alone.cdf[i] / root);
    expect(error ** 2).toBeLessThan((alone.cdf[i] / root) ** 2 + 1.5 / width ** 2);
  }
  expect(together.lnMean).toBeLessThan((1.1 * alone.lnMean) / root);
  expect(together.lnSMax!.shift).toBe(alone.lnSMax!.shift);
  expect(together.lnSMax!.error).toBeCloseTo(alone.lnSMax!.error, 12);
  const matrices = [layer('linear', 'gaussian'), layer('linear', 'gaussian')];
  const [one, many] = [1, positions].map((count) => chainErrors(matrices, width, [1], count));
  // Of slopes of 1 nothing scatters, but for the rounding of sums.
  expect(many.cdf[0] / one.cdf[0]).toBeCloseTo(1, 9);
  expect(many.lnMean / one.lnMean).toBeCloseTo(1, 9);
});

test('a width that is no number of units is refused', () => {
  const layers = [layer('tanh', 'orthogonal'), layer('tanh', 'orthogonal')];
  expect(() => chainErrors(layers, 0, [])).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: chainErrors: width must be a whole number from 1 on, got 0]`,
  );
  expect(() => chainErrors(layers, 9, [], 1.5)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: chainErrors: positions must be a whole number from 1 on, got 1.5]`,
  );
});
