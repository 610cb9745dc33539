import { expect, test } from 'vitest';
import { meanAndError, normals } from '../../../test/wide-network.ts';
import { activation, type Nonlinearity } from '../../activation/index.ts';
import { fold, key, type Key } from '../../random/index.ts';
import { batchNormPoint } from './batch-norm.ts';

const relu = activation('relu');
const tanh = activation('tanh');
const variances = { sigmaW2: 2, sigmaB2: 0 };

test.each([4, 5, 8, 16, 64, 1000, 1e6])('a linear batch of %d has (B - 2) / (B - 3)', (batch) => {
  const { chi, c } = batchNormPoint(activation('linear'), variances, batch);
  // Each of the moments is a sum of some hundred terms, and T a difference of them.
  expect(Math.abs(chi / ((batch - 2) / (batch - 3)) - 1)).toBeLessThan(1e-10);
  // Examples of a batch are as far apart as they can be.
  expect(c).toBeCloseTo(-1 / (batch - 1), 12);
});

/** ReLU needs no radius: averages over a sphere are those of Gaussians of correlation -1 / (B - 1). */
function reluFactor(batch: number): number {
  const rho = -1 / (batch - 1);
  const theta = Math.acos(rho);
  const slopes = (Math.PI - theta) / Math.PI;
  const product = (Math.sin(theta) + (Math.PI - theta) * rho) / Math.PI;
  const trace = batch - 2 - (batch - 2 - (batch - 1) * (product + slopes)) / batch;
  return (batch * trace) / ((batch - 1) * (batch - 3) * (1 - product));
}

test.each([4, 5, 6, 7, 8, 16, 64, 4096])('a ReLU batch of %d has its closed form', (batch) => {
  const { chi } = batchNormPoint(relu, variances, batch);
  expect(Math.abs(chi / reluFactor(batch) - 1)).toBeLessThan(1e-11);
});

test('the ReLU factor tends to π / (π - 1), that of an odd φ to the one of layer normalisation', () => {
  expect(batchNormPoint(relu, variances, Infinity).chi).toBeCloseTo(Math.PI / (Math.PI - 1), 12);
  expect(batchNormPoint(relu, variances, 1e6).chi).toBeCloseTo(Math.PI / (Math.PI - 1), 5);
  // c: computed twice by independent quadrature.
  expect(batchNormPoint(tanh, variances, Infinity).chi).toBeCloseTo(1.1778072323, 9);
  const biased = batchNormPoint(tanh, { sigmaW2: 2, sigmaB2: 3 }, Infinity);
  expect(biased.chi).toBeCloseTo(1.1778072323, 9);
});

test('the normalised batch of 4 lies on a sphere in 3 dimensions, whose coordinates are even', () => {
  // E tanh(y)² over y = √3 t, t even on [-1, 1] (Archimedes).
  const { q } = batchNormPoint(tanh, { sigmaW2: 1, sigmaB2: 0 }, 4);
  const root = Math.sqrt(3);
  // ∫ tanh² = y - tanh y.
  expect(q).toBeCloseTo((root - Math.tanh(root)) / root, 13);
});

test('simulated before: widths 1024 to 2048 gave ReLU 1.799, 1.591, 1.494 for batches of 8, 16, 64', () => {
  for (const [batch, simulated] of [
    [8, 1.799],
    [16, 1.591],
    [64, 1.494],
  ]) {
    // One number of a run of some 10 layers: within its standard error of about 1 %.
    expect(Math.abs(batchNormPoint(relu, variances, batch).chi / simulated - 1)).toBeLessThan(0.01);
  }
  // Six networks of width 1024 and 8 layers, float32: 1.1828 ± 0.0003, with a bias of B / n of χ - 1.
  expect(Math.abs(batchNormPoint(tanh, variances, 256).chi - 1.1828)).toBeLessThan(0.01);
});

/** Mean factor per layer of gradients in one random network of layers BN, φ, W. */
function simulate(run: Key, phi: Nonlinearity, batch: number, n: number, depth: number): number {
  const inputs: { y: Float64Array; scale: number }[][] = [];
  const weights: Float64Array[] = [];
  let h = Array.from({ length: n }, (_, i) => normals(run, `x${i}`, batch));
  for (let l = 0; l < depth; l++) {
    const layer = h.map((row) => {
      const mean = row.reduce((sum, x) => sum + x, 0) / batch;
      const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / batch;
      const scale = 1 / Math.sqrt(variance);
      return { y: row.map((x) => scale * (x - mean)), scale };
    });
    const w = normals(run, `w${l}`, n * n, 1 / n);
    const active = layer.map(({ y }) => y.map(phi.f));
    inputs.push(layer);
    weights.push(w);
    h = h.map((_, i) => mixed(batch, active, (j) => w[i * n + j]));
  }
  let gradient = Array.from({ length: n }, (_, i) => normals(run, `g${i}`, batch));
  const powers: number[] = [];
  for (let l = depth - 1; l >= 0; l--) {
    const above = gradient;
    gradient = inputs[l].map(({ y, scale }, i) => {
      const into = mixed(batch, above, (j) => weights[l][j * n + i]);
      const delta = into.map((value, b) => value * phi.df(y[b]));
      const mean = delta.reduce((sum, x) => sum + x, 0) / batch;
      const along = delta.reduce((sum, x, b) => sum + x * y[b], 0) / batch;
      return delta.map((value, b) => scale * (value - mean - along * y[b]));
    });
    powers.push(gradient.reduce((sum, row) => sum + row.reduce((s, x) => s + x * x, 0), 0));
  }
  // The last layer meets gradients that no normalisation has shaped yet, the first an input of another scale.
  return (powers[depth - 2] / powers[0]) ** (1 / (depth - 2));
}

function mixed(
  batch: number,
  rows: readonly Float64Array[],
  weight: (j: number) => number,
): Float64Array {
  const sum = new Float64Array(batch);
  for (const [j, row] of rows.entries()) {
    const w = weight(j);
    for (let b = 0; b < batch; b++) sum[b] += w * row[b];
  }
  return sum;
}

test.each([
  ['relu', 8],
  ['tanh', 8],
  ['gelu', 16],
] as const)(
  'gradients of random %s networks with batches of %d grow by this factor',
  (name, batch) => {
    const phi = activation(name);
    const [n, depth, draws] = [160, 6, 6];
    const samples = Array.from({ length: draws }, (_, i) =>
      simulate(fold(key(3), `${name}/${i}`), phi, batch, n, depth),
    );
    const { mean, error } = meanAndError(samples);
    const { chi } = batchNormPoint(phi, variances, batch);
    // Four standard errors of the mean over networks, and a bias of B / n.
    const tolerance = 4 * error + (batch / n) * chi;
    expect(Math.abs(mean - chi), `${mean} ± ${error}, ${chi}`).toBeLessThan(tolerance);
  },
);

test('an activation that jumps has an infinite factor, as a plain layer of it has', () => {
  expect(batchNormPoint(activation('sign'), variances, 16).chi).toBe(Infinity);
});

test('small batches and constant outputs are refused with the reason', () => {
  expect(() => batchNormPoint(relu, variances, 3)).toThrow(
    new RangeError(
      'batchNormPoint: batch must be a whole number from 4 on, as E 1/Var of a smaller batch is infinite, got 3',
    ),
  );
  expect(() => batchNormPoint(relu, { sigmaW2: 0, sigmaB2: 1 }, 8)).toThrow(
    new RangeError(
      'batchNormPoint: outputs must differ within a batch, got a variance of 0 for relu and sigmaW2 = 0',
    ),
  );
});
