import { expect, test } from 'vitest';
import { filled, gradientsOf, outputsOf, unrolled } from '../../test/rolled-fixture.ts';
import { gradient } from '../autodiff/index.ts';
import type { Attribute, Graph, Node } from '../graph/index.ts';
import { buildArchitecture } from '../network/index.ts';
import { toFloat64 } from '../tensor/index.ts';
import { checkpointed, rollUp } from './index.ts';

/** The nodes of a graph and of all graphs inside of it. */
function nodesIn(graph: Graph): readonly Node[] {
  const all = [...graph.nodes];
  for (const { attributes } of graph.nodes) {
    for (const value of Object.values(attributes)) all.push(...nodesOf(value));
  }
  return all;
}

function nodesOf(value: Attribute): readonly Node[] {
  return typeof value === 'object' && 'nodes' in value ? nodesIn(value) : [];
}

const count = (graph: Graph, operator: string): number =>
  nodesIn(graph).filter((node) => node.operator === operator).length;

test.each([
  ['mlp:6-8x10-3:tanh', 3],
  ['cnn:1x5x5-4x14-3:tanh', 4],
  ['cnn:1x5x5-4x9-3:relu', 4],
  ['resnet:26', 2],
  ['transformer:v16-8x6h2-16', 2],
])('%s: blocks of layers give the same gradients, bit for bit', async (spec, every) => {
  const rolled = rollUp(filled(buildArchitecture(spec)));
  const blocks = checkpointed(rolled, every);
  expect(blocks.graph.nodes.length).toBeGreaterThan(rolled.graph.nodes.length);
  expect(await outputsOf(blocks.graph)).toEqual(await outputsOf(rolled.graph));
  expect(await gradientsOf(blocks)).toEqual(await gradientsOf(rolled));
});

test.each(['mlp:6-8x10-3:tanh', 'cnn:1x5x5-4x8-3:relu', 'resnet:26', 'transformer:v16-8x6h2-16'])(
  '%s: a loop over its layers has the gradients of the layers one by one',
  async (spec) => {
    const graph = filled(buildArchitecture(spec));
    const one = await gradientsOf(unrolled(graph));
    const all = await gradientsOf(rollUp(graph));
    expect([...all.keys()].sort()).toEqual([...one.keys()].sort());
    for (const [name, value] of one) {
      const own = all.get(name) ?? value;
      if (!('data' in value) || !('data' in own)) continue;
      const numbers = toFloat64(own);
      let [most, difference] = [0, 0];
      toFloat64(value).forEach((number, index) => {
        most = Math.max(most, Math.abs(number));
        difference = Math.max(difference, Math.abs(number - numbers[index]));
      });
      // Sums of up to a thousand float32 numbers in another order.
      expect(difference, name).toBeLessThanOrEqual(1e-4 * most + 1e-7);
    }
  },
);

test('nothing that a layer multiplies is multiplied again on the way back', () => {
  const { graph } = rollUp(buildArchitecture('cnn:1x8x8-4x20-3:tanh'));
  const weights = [...graph.constants.keys()].filter((name) => name.endsWith('weight)'));
  const slopes = gradient(graph, { withRespectTo: weights });
  // One convolution in a layer, one for the cotangent of what it reads, and the first layer that stands alone.
  expect(count(graph, 'Conv')).toBe(2);
  expect(count(slopes, 'Conv')).toBe(3);
  expect(count(slopes, 'Tanh')).toBe(2);
});

test('a block of one layer, or of as many as there are, changes nothing', () => {
  const rolled = rollUp(buildArchitecture('mlp:6-8x10-3:tanh'));
  expect(checkpointed(rolled, 1)).toEqual(rolled);
  expect(checkpointed(rolled, 9)).toEqual(rolled);
  expect(() => checkpointed(rolled, 0)).toThrow(
    new RangeError('checkpointed: every must be a whole number of at least 1, got 0'),
  );
});
