import { expect, test } from 'vitest';
import { activation, derivativeSecondMoment } from '../../activation/index.ts';
import { chainScatter } from './chain-scatter.ts';
import type { ChainLayer } from './chain-spectrum.ts';

const layer = (name: string, weights: ChainLayer['weights'], q: number = 1): ChainLayer => ({
  phi: activation(name),
  weights,
  sigmaW2: 1,
  q,
});

test('the largest singular value of one Gaussian matrix scatters as Johnstone has it', () => {
  const width = 300;
  const { edge, mean } = chainScatter([layer('linear', 'gaussian')], width);
  // λ_max of a square Wishart matrix is 4 N + 2^(4/3) N^(1/3) TW₁: relative to 4 N a scale of (2 N)^(-2/3); s goes by half.
  // Johnstone 2001, theorem 1.1; mean and deviation of TW₁ are -1.20653 and 1.26798.
  const scale = 0.5 * (2 * width) ** (-2 / 3);
  expect(edge!.deviation / (1.26798 * scale)).toBeCloseTo(1, 3);
  expect(edge!.shift / (-1.20653 * scale)).toBeCloseTo(1, 3);
  // Nothing but weights is random in it, of which the mean of squares has 1/N² alone.
  expect(mean).toBeLessThan(1e-12);
});

test('the mean of the squares scatters by the slopes of every layer being a sample', () => {
  const [width, depth, q] = [200, 5, 0.7];
  const phi = activation('tanh');
  const { mean } = chainScatter(
    Array.from({ length: depth }, () => layer('tanh', 'orthogonal', q)),
    width,
  );
  let fourth = 0;
  for (let i = -800; i <= 800; i++) {
    const z = i / 100;
    const slope = phi.df(Math.sqrt(q) * z);
    fourth += (0.01 * Math.exp(-0.5 * z * z) * slope ** 4) / Math.sqrt(2 * Math.PI);
  }
  const spread = fourth / derivativeSecondMoment(phi, q) ** 2 - 1;
  expect(mean / ((depth * spread) / width)).toBeCloseTo(1, 8);
});

test('orthogonal matrices alone have no soft edge and no scatter', () => {
  const { edge, mean, variance } = chainScatter(
    [layer('linear', 'orthogonal'), layer('linear', 'orthogonal')],
    100,
  );
  expect(edge).toBeNull();
  expect(mean).toBeLessThan(1e-12);
  expect(variance).toBeLessThan(1e-12);
});
