import { describe, expect, test } from 'vitest';
import { activation, secondMoment } from '../../activation/index.ts';
import { builder, type Graph } from '../../graph/index.ts';
import { buildArchitecture, describeNetwork } from '../../network/index.ts';
import { jacobianChain } from './chain.ts';
import type { Laws } from './prediction.ts';

const lawsOf = (graph: Graph, sigmaW2: number, sigmaB2: number): Laws => {
  const infos = new Map(describeNetwork(graph).parameters.map((info) => [info.name, info]));
  return (name) => {
    const fanIn = infos.get(name)?.fanIn ?? null;
    return { mean: 0, variance: fanIn === null ? sigmaB2 : sigmaW2 / fanIn, caveat: null };
  };
};

const chainOf = (
  graph: Graph,
  from: string,
  to: string,
): Exclude<ReturnType<typeof jacobianChain>, string> => {
  const chain = jacobianChain(graph, describeNetwork(graph), lawsOf(graph, 1.5, 0.1), {
    from,
    to,
    q: 0.6,
  });
  if (typeof chain === 'string') throw new Error(chain);
  return chain;
};

test('the layers of a chain are those of the variance map, one linear layer at the end', () => {
  const graph = buildArchitecture('mlp:20-20x3-20:tanh');
  const { layers, width } = chainOf(graph, 'input', 'output');
  expect(width).toBe(20);
  expect(layers).toHaveLength(4);
  expect(layers.every(({ weights }) => weights === 'gaussian')).toBe(true);
  for (const { sigmaW2 } of layers) expect(sigmaW2).toBeCloseTo(1.5, 12);
  const qs = layers
    .flatMap(({ phi, q }) => (phi.name === 'identity' ? [] : [q]))
    .toSorted((a, b) => a - b);
  let q = 1.5 * 0.6 + 0.1;
  const want: number[] = [];
  for (let l = 0; l < 3; l++) {
    want.push(q);
    q = 1.5 * secondMoment(activation('tanh'), q) + 0.1;
  }
  expect(qs).toHaveLength(3);
  const sorted = want.toSorted((a, b) => a - b);
  // Quadrature of both is good to 1e-11.
  qs.forEach((found, i) => expect(found).toBeCloseTo(sorted[i], 10));
});

test('between two values inside only what lies between counts', () => {
  const graph = buildArchitecture('mlp:20-20x3-20:tanh');
  expect(chainOf(graph, 'layers.0_output', 'activations.1_output').layers).toHaveLength(2);
  expect(chainOf(graph, 'activations.0_output', 'layers.1_output').layers).toHaveLength(1);
});

describe('what is no chain says why', () => {
  const reason = (graph: Graph, from: string, to: string): unknown =>
    jacobianChain(graph, describeNetwork(graph), lawsOf(graph, 1, 0), { from, to });

  test.each([
    ['widths', 'mlp:20-30-20:tanh', 'input', 'output'],
    ['the wrong way', 'mlp:20-20-20:tanh', 'output', 'input'],
    ['no such value', 'mlp:20-20-20:tanh', 'nowhere', 'output'],
    ['convolutions that mix', 'cnn:8x8-8x2-8:relu', 'input', 'activations.1_output'],
  ])('%s', (_, text, from, to) => {
    expect(reason(buildArchitecture(text), from, to)).toMatchSnapshot();
  });

  test('a sum of two paths', () => {
    const b = builder('sum');
    const x = b.input('x', 'float32', ['batch', 8]);
    const y = b.node('y', 'MatMul', [x, b.parameter('w', [8, 8])]);
    b.output('z', b.node('sum', 'Add', [x, y]), 'float32', ['batch', 8]);
    expect(reason(b.build(), 'x', 'sum_output')).toBe('Add (sum) is no layer of a chain');
  });
});
