import { describe, expect, test } from 'vitest';
import {
  chain,
  drawn,
  inputsOf,
  measure,
  normals,
  tensorOf,
  withWeights,
} from '../../test/jacobian-fixture.ts';
import { modelOf } from '../graph/index.ts';
import { buildArchitecture } from '../network/index.ts';
import { fold, haarColumns, key } from '../random/index.ts';
import { measureJacobian } from './jacobian.ts';

describe('orthogonal layers', () => {
  const n = 40;
  const graph = chain(n, 5, null);
  const weights = Object.fromEntries(
    Array.from({ length: 5 }, (_, l) => [
      `w${l}`,
      tensorOf([n, n], haarColumns(fold(key(3), `w${l}`), n, n)),
    ]),
  );

  test.each(['exact', 'lanczos'] as const)('have singular values 1, by %s', async (method) => {
    const found = await measureJacobian(
      modelOf(graph),
      withWeights(graph, weights),
      inputsOf(graph, 1),
      { method },
    );
    // Five layers of float32: each some units of 2⁻²⁴.
    expect(Math.abs(found.sMax - 1)).toBeLessThan(2e-6);
    expect(Math.abs(found.sMin - 1)).toBeLessThan(2e-6);
    for (const decile of found.deciles) expect(Math.abs(decile - 1)).toBeLessThan(2e-6);
    expect(Math.abs(found.variance)).toBeLessThan(1e-10);
  });
});

test('half of the units of a ReLU layer are off: the Jacobian has that rank, by both methods', async () => {
  const n = 60;
  const graph = chain(n, 2, 'Relu');
  const weights = Object.fromEntries(
    [0, 1].map((l) => [
      `w${l}`,
      tensorOf(
        [n, n],
        normals(`r${l}`, n * n).map((x) => x / 8),
      ),
    ]),
  );
  const ensemble = withWeights(graph, weights);
  const feeds = inputsOf(graph, 1);
  const ends = { from: 'x', to: 'h1_output' };
  const exact = await measureJacobian(modelOf(graph), ensemble, feeds, {
    ...ends,
    method: 'exact',
  });
  const rank = exact.singularValues?.filter((s) => s > 0).length ?? 0;
  const { data } = (() => {
    const out = new Float64Array(n);
    const x = Array.from(feeds['x'].data, Number);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) out[i] += Number(weights['w0'].data[i * n + j]) * x[j];
    }
    return { data: out };
  })();
  expect(rank).toBe(data.filter((h) => h > 0).length);
  expect(exact.sMin).toBe(0);
  const found = await measureJacobian(modelOf(graph), ensemble, feeds, {
    ...ends,
    method: 'lanczos',
  });
  expect(found.sMin).toBe(0);
  const atZero = (found.density?.s ?? [])
    .map((s, i) => (s === 0 ? (found.density?.weight[i] ?? 0) : 0))
    .reduce((sum, w) => sum + w, 0);
  // Eight starts see the share p of the null space with a variance of 2 p (1 - p) / (8 n).
  const share = 1 - rank / n;
  const error = Math.sqrt((2 * share * (1 - share)) / (8 * n));
  expect(Math.abs(atZero - share)).toBeLessThan(4 * error);
  expect(Math.abs(found.sMax / exact.sMax - 1)).toBeLessThan(1e-6);
});

describe('Lanczos on 250 dimensions', () => {
  const n = 250;

  test('finds extremes, moments and deciles where the smallest value is no small part of the largest', async () => {
    const graph = chain(n, 2, 'Tanh');
    const weights = Object.fromEntries(
      Array.from({ length: 2 }, (_, l) => [
        `w${l}`,
        tensorOf([n, n], haarColumns(fold(key(3), `w${l}`), n, n)),
      ]),
    );
    const work = [modelOf(graph), withWeights(graph, weights), inputsOf(graph, 1)] as const;
    const exact = await measureJacobian(...work, { method: 'exact' });
    const found = await measureJacobian(...work, { method: 'lanczos' });
    expect(found).toMatchObject({ rows: n, cols: n, method: 'lanczos', singularValues: null });
    expect(exact.sMin / exact.sMax).toBeGreaterThan(0.01);
    expect(Math.abs(found.sMax / exact.sMax - 1)).toBeLessThan(1e-5);
    expect(found.sMin / exact.sMin).toBeGreaterThan(1 - 1e-5);
    expect(found.sMin / exact.sMin).toBeLessThan(1.05);
    // Of a start of random direction vᵀ f(JᵀJ) v has the variance 2 Var f / n; there are 8 of them.
    const error = Math.sqrt((2 * exact.variance) / (8 * n));
    expect(Math.abs(found.mean - exact.mean)).toBeLessThan(4 * error);
    for (let k = 1; k < 10; k++) {
      // The share below a decile: its sampling error, and half of a point of the 100 of a start.
      const below = (exact.singularValues ?? []).filter((s) => s <= found.deciles[k]).length / n;
      const p = k / 10;
      const spread = Math.sqrt((2 * p * (1 - p)) / (8 * n));
      expect(Math.abs(below - p)).toBeLessThan(4 * spread + 0.01);
    }
    expect(found.density?.weight.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 10);
  });

  test('bounds extremes and finds moments where most values are small', async () => {
    const graph = drawn(buildArchitecture(`mlp:${n}-${n}x4-${n}:tanh`));
    const feeds = inputsOf(graph);
    const exact = await measure(graph, feeds, { method: 'exact' });
    const found = await measure(graph, feeds, { method: 'lanczos' });
    expect(Math.abs(found.sMax / exact.sMax - 1)).toBeLessThan(1e-5);
    expect(found.sMin).toBeGreaterThanOrEqual(exact.sMin - 1e-6 * exact.sMax);
    expect(found.sMin).toBeLessThan(exact.sMax / 100);
    const error = Math.sqrt((2 * exact.variance) / (8 * n));
    expect(Math.abs(found.mean - exact.mean)).toBeLessThan(4 * error);
    // Krylov spaces of 100 dimensions tell values apart that are π / 200 of the largest apart.
    for (let k = 1; k < 10; k++) {
      const difference = Math.abs(found.deciles[k] - exact.deciles[k]);
      expect(difference).toBeLessThan(0.02 * exact.sMax + 4 * error);
    }
  });
});
