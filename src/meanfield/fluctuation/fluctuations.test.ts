import { describe, expect, test } from 'vitest';
import { activation } from '../../activation/index.ts';
import { builder, type Graph } from '../../graph/index.ts';
import { buildArchitecture, describeNetwork } from '../../network/index.ts';
import { finiteWidth } from '../architectures/index.ts';
import type { Laws } from '../predict/prediction.ts';
import { fluctuations, type LayerFluctuation } from './fluctuations.ts';

/** Weights of variance `σ_w²/fan_in`, orthogonal or independent, and biases of zero. */
function lawsOf(graph: Graph, sigmaW2: number, isOrthogonal: boolean = false): Laws {
  const infos = new Map(describeNetwork(graph).parameters.map((info) => [info.name, info]));
  return (name) => {
    const info = infos.get(name);
    if (info?.role === 'norm_scale') return { mean: 1, variance: 0, caveat: null };
    const variance = info === undefined || info.fanIn === null ? 0 : sigmaW2 / info.fanIn;
    return { mean: 0, variance, caveat: null, ...(isOrthogonal ? { isOrthogonal } : {}) };
  };
}

function scatterOf(
  text: string,
  laws: (graph: Graph) => Laws,
  options: Parameters<typeof fluctuations>[3] = {},
): ReadonlyMap<string, LayerFluctuation> {
  const graph = buildArchitecture(text);
  return fluctuations(graph, describeNetwork(graph), laws(graph), options);
}

describe('one example in a network of a homogeneous activation', () => {
  test.each(['relu', 'leaky_relu:0.2'])(
    'has the second moment of %s layers scatter as Hanin and Rolnick derive it',
    (name) => {
      const [width, depth] = [200, 6];
      const found = scatterOf(`mlp:64-${width}x${depth}-10:${name}`, (g) => lawsOf(g, 2), {
        examples: 1,
      });
      const widths = Array.from({ length: depth }, () => width);
      const exact = finiteWidth(activation(name), { widths, linear: 10 });
      const { q } = found.get(`layers.${depth}_output`)!;
      // The closed form is of the logarithm of a product; to first order in 1/n both are β Σ 1/n. The second order is half the
      // square of the largest term, 2/10; and the rule for the average over units is good to 1 %.
      const first = exact.logVariance - Math.log1p(2 / 10) + 2 / 10;
      expect(Math.abs(q!.variance! / first - 1)).toBeLessThan(0.03);
      // No bias: the mean of the second moment is exact.
      expect(Math.abs(q!.bias)).toBeLessThan(1e-6);
    },
  );

  test('of two inputs alike the scatter is that of one, of independent ones half of it for odd functions', () => {
    const at = (c: number, examples: number): number =>
      scatterOf('mlp:4096-100x1-10:tanh', (g) => lawsOf(g, 1), { c, examples }).get(
        'layers.0_output',
      )!.q!.variance!;
    expect(at(1, 16)).toBeCloseTo(2 / 100, 4);
    expect(at(0, 1)).toBeCloseTo(2 / 100, 4);
    // And what 4096 inputs have in common by chance: pairs are not exactly orthogonal.
    expect(at(0, 2) / (1 / 100)).toBeCloseTo(1, 2);
  });
});

test('orthogonal square weights keep lengths and angles', () => {
  const found = scatterOf('linear:64-64x5-64', (g) => lawsOf(g, 1, true), { c: 0.3, examples: 4 });
  for (const { q, c } of found.values()) {
    // The rounding of covariances of size 1.
    expect(q!.variance).toBeLessThan(1e-15);
    expect(c!.variance).toBeLessThan(1e-15);
  }
});

test('a projection onto fewer units scatters by what it leaves out', () => {
  const of = (isOrthogonal: boolean): number =>
    [
      ...scatterOf('linear:4096-1024', (g) => lawsOf(g, 1, isOrthogonal), { examples: 1 }).values(),
    ][0].q!.variance!;
  // 2/m of m independent outputs; of m out of n orthogonal ones (2/m)(1 - m/n).
  expect(of(true) / of(false)).toBeCloseTo(0.75, 6);
});

test('a normalisation leaves nothing of what q was, and all of what the correlation was', () => {
  const b = builder('normed');
  const dense = (name: string, x: string): string =>
    b.node(name, 'MatMul', [x, b.parameter(`${name}.w`, [64, 64])]);
  const first = dense('first', b.input('x', 'float32', ['batch', 64]));
  const norm = b.node('norm', 'LayerNormalization', [first, b.parameter('scale', [64])], {
    epsilon: 1e-12,
  });
  b.output('y', dense('second', norm), 'float32', ['batch', 64]);
  const graph = b.build();
  const found = fluctuations(graph, describeNetwork(graph), lawsOf(graph, 1), {
    c: 0.5,
    examples: 8,
  });
  const [before, after] = [found.get('first_output')!, found.get('norm_output')!];
  expect(after.q!.variance).toBeLessThan(1e-20);
  expect(after.c!.variance! / before.c!.variance!).toBeCloseTo(1, 6);
});

test('a thousand layers are as quick as their number, by projections that keep lengths', () => {
  const short = scatterOf('mlp:32-100x40-10:relu', (g) => lawsOf(g, 2), { examples: 1 });
  const long = scatterOf('mlp:32-100x400-10:relu', (g) => lawsOf(g, 2), { examples: 1 });
  const of = (found: ReadonlyMap<string, LayerFluctuation>): number =>
    found.get('layers.39_output')!.q!.variance!;
  // The long one has more noises than are kept one by one: lengths are right to √(2/512) and three times that.
  expect(Math.abs(of(long) / of(short) - 1)).toBeLessThan(0.19);
});

test('where an operator has no analysis only orders of magnitude are said', () => {
  const found = scatterOf('lstm:16-32-4', (g) => lawsOf(g, 1), { examples: 4 });
  const cell = [...found.entries()].find(([name]) => name.includes('rnn'))![1];
  expect(cell.q).toMatchObject({ variance: null, bias: 1 / 32 });
});
